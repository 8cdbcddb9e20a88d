"""What the PDF of a file does not show of its original.

The new column is empty for what there is, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "undrawn_content"
down_revision = "files_after_arrival"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("rendition", sa.Column("undrawn", JSONB(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("rendition", "undrawn", schema="portal")
