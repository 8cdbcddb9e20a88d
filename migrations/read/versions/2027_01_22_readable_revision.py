"""The read path sees which migrations its database has: it is not ready while one lacks."""

from alembic import op

revision = "readable_revision"
down_revision = "released_pdf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("GRANT SELECT ON release.alembic_version TO cwg_reader")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("REVOKE SELECT ON release.alembic_version FROM cwg_reader")
