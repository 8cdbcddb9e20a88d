"""The languages in which the title of a Question was compared with its source; empty where this was not noted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "question_titles"
down_revision = "groups_of_staff"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("question", sa.Column("confirmed", ARRAY(sa.String()), nullable=True), schema="portal")
    op.execute("GRANT UPDATE (confirmed) ON portal.question TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("question", "confirmed", schema="portal")
