"""A verification says of each read database whether it was compared, and what was found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "read_database_results"
down_revision = "state_confirmation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("verification", sa.Column("read_databases", JSONB(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("verification", "read_databases", schema="portal")
