"""What contributions, documents, their texts and outputs cite: mandates with their clauses, and action lines of WSIS.

The columns are empty where there is no citation, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "citations"
down_revision = "mandates"
branch_labels = None
depends_on = None

CITING = ("contribution", "document", "edition", "output")
NAMES = ("mandates", "action_lines")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in CITING:
        for name in NAMES:
            op.add_column(table, sa.Column(name, postgresql.ARRAY(sa.String()), nullable=True), schema="portal")
    op.execute("GRANT UPDATE (mandates, action_lines) ON portal.document TO cwg_portal")
    for name in NAMES:
        op.create_index(op.f(f"ix_document_{name}"), "document", [name], schema="portal", postgresql_using="gin")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in NAMES:
        op.drop_index(op.f(f"ix_document_{name}"), table_name="document", schema="portal", postgresql_using="gin")
    for table in reversed(CITING):
        for name in NAMES:
            op.drop_column(table, name, schema="portal")
