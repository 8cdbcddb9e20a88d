"""Who was refused very often within ten minutes, for a day: people by id, addresses by a digest of that day."""

import sqlalchemy as sa
from alembic import op

revision = "refused_often"
down_revision = "ended_reader_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "refused_often",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_refused_often")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.refused_often TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("refused_often", schema="portal")
