"""What liaisons cite: mandates with their clauses, and action lines of WSIS.

The columns are empty where there is no citation, so that no digest of a row changes. And the portal reads the text of a
file of a liaison before it is that of a document.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "citing_liaisons"
down_revision = "incoming_withdrawals"
branch_labels = None
depends_on = None

NAMES = ("mandates", "action_lines")
OF_A_LIAISON = "EXISTS (SELECT FROM portal.liaison_file f WHERE f.sha256 = rendition.sha256)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in NAMES:
        op.add_column("liaison", sa.Column(name, postgresql.ARRAY(sa.String()), nullable=True), schema="portal")
    op.execute(f"CREATE POLICY of_a_liaison ON portal.rendition FOR SELECT TO cwg_portal USING ({OF_A_LIAISON})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP POLICY of_a_liaison ON portal.rendition")
    for name in NAMES:
        op.drop_column("liaison", name, schema="portal")
