"""What liaisons cite: mandates with their clauses, and action lines of WSIS.

The columns are empty where there is no citation, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "citing_liaisons"
down_revision = "incoming_withdrawals"
branch_labels = None
depends_on = None

NAMES = ("mandates", "action_lines")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in NAMES:
        op.add_column("liaison", sa.Column(name, postgresql.ARRAY(sa.String()), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in NAMES:
        op.drop_column("liaison", name, schema="portal")
