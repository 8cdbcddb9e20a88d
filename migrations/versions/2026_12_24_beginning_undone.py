"""What a meeting was before it began, until its first act: so that beginning it can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "beginning_undone"
down_revision = "digests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("meeting", sa.Column("life_before_session", sa.String(), nullable=True), schema="portal")
    op.add_column("meeting", sa.Column("first_day_before_session", sa.Date(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("meeting", "first_day_before_session", schema="portal")
    op.drop_column("meeting", "life_before_session", schema="portal")
