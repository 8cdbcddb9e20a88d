"""Which paragraphs of the text of a file are headings, and of which level.

The new columns are empty for what there is, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "heading_levels"
down_revision = "pdf_of_outputs"
branch_labels = None
depends_on = None

TABLES = ("rendition", "contribution_rendition")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in TABLES:
        op.add_column(table, sa.Column("heading_levels", sa.ARRAY(sa.Integer()), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in TABLES:
        op.drop_column(table, "heading_levels", schema="portal")
