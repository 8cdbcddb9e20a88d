"""What a released output cites, as migration `released_citations` of the portal's database has it.

The columns are empty for what was released before, so that its digests and signatures hold.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "released_output_citations"
down_revision = "released_text_headings"
branch_labels = None
depends_on = None

NAMES = ("mandates", "action_lines")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in NAMES:
        op.add_column("output", sa.Column(name, JSONB(), nullable=True), schema="release")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in reversed(NAMES):
        op.drop_column("output", name, schema="release")
