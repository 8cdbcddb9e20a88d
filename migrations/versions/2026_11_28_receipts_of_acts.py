"""Receipts of what the system does itself: no person is named in them."""

from alembic import op

revision = "receipts_of_acts"
down_revision = "alone"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.alter_column("receipt", "person_id", nullable=True, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.receipt WHERE person_id IS NULL")
    op.alter_column("receipt", "person_id", nullable=False, schema="portal")
