"""What agenda items cite: mandates with their clauses, and action lines of WSIS, in the draft and in each release.

The columns are empty where there is no citation, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "citing_agenda_items"
down_revision = "reporting_duties"
branch_labels = None
depends_on = None

CITING = ("agenda_item", "released_item")
NAMES = ("mandates", "action_lines")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in CITING:
        for name in NAMES:
            op.add_column(table, sa.Column(name, postgresql.ARRAY(sa.String()), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in reversed(CITING):
        for name in NAMES:
            op.drop_column(table, name, schema="portal")
