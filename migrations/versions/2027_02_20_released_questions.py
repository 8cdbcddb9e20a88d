"""The Questions of a released output, the names of parties that are no States with their statements, and what a
withdrawn output cited.

The columns are empty for what was released or withdrawn before, so that its digests and signatures hold.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "released_questions"
down_revision = "citing_agenda_items"
branch_labels = None
depends_on = None

COLUMNS = (
    ("output", "questions", JSONB()),
    ("statement", "names", JSONB()),
    ("withdrawal", "mandates", ARRAY(sa.String())),
    ("withdrawal", "action_lines", ARRAY(sa.String())),
    ("withdrawal", "questions", ARRAY(sa.String())),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True), schema="release")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table, name, _kind in reversed(COLUMNS):
        op.drop_column(table, name, schema="release")
