"""What the worker measures of the system itself."""

import sqlalchemy as sa
from alembic import op

revision = "measured"
down_revision = "release_plain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "measured",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_measured")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.measured TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("measured", schema="portal")
