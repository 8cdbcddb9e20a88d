"""The findings about which it was decided, when a contribution was submitted, that its file is registered as it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "file_answers"
down_revision = "message_lines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column(
        "contribution_file", sa.Column("answers", postgresql.ARRAY(sa.String()), nullable=True), schema="portal"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("contribution_file", "answers", schema="portal")
