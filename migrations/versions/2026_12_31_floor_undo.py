"""What the last act of the chair on the floor changed, so that it can be undone for a minute."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "floor_undo"
down_revision = "interrupted_renditions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("sitting", sa.Column("last_act", postgresql.JSONB(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("sitting", "last_act", schema="portal")
