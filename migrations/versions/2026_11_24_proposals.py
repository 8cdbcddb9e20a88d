"""Until when agenda items may be proposed; without a day, until contributions are due."""

import sqlalchemy as sa
from alembic import op

revision = "proposals"
down_revision = "agendas"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("meeting", sa.Column("proposals_due_at", sa.DateTime(timezone=True), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("meeting", "proposals_due_at", schema="portal")
