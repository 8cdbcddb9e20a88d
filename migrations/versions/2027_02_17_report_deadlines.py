"""Until when corrections of a circulated report can be requested; empty: until it is adopted."""

import sqlalchemy as sa
from alembic import op

revision = "report_deadlines"
down_revision = "outgoing_transmissions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    due_at = sa.Column("corrections_due_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("report", due_at, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("report", "corrections_due_at", schema="portal")
