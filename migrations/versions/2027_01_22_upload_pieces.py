"""The objects that hold the received part of an upload, where uploads are in a bucket. Empty for those in a folder."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "upload_pieces"
down_revision = "invitation_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column(
        "upload", sa.Column("pieces", ARRAY(sa.String()), server_default="{}", nullable=False), schema="portal"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("upload", "pieces", schema="portal")
