"""Which paragraphs of a released text are headings, and of which level.

The new column is empty for what was released before, so that the signatures of those texts hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "released_headings"
down_revision = "upload_pieces"
branch_labels = None
depends_on = None

ONE_FOR_EACH_PARAGRAPH = """heading_levels IS NULL OR coalesce(array_ndims(heading_levels), 1) = 1
    AND array_position(heading_levels, NULL) IS NULL AND cardinality(heading_levels) = cardinality(paragraphs)"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("text", sa.Column("heading_levels", sa.ARRAY(sa.Integer()), nullable=True), schema="release")
    op.create_check_constraint(op.f("ck_text_levels_are_whole"), "text", ONE_FOR_EACH_PARAGRAPH, schema="release")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(op.f("ck_text_levels_are_whole"), "text", schema="release")
    op.drop_column("text", "heading_levels", schema="release")
