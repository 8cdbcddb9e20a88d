"""A session keeps when, and in which class, its person authenticated at the identity provider.

Sessions of before have neither: acts that need a recent sign-in ask for one.
"""

import sqlalchemy as sa
from alembic import op

revision = "recent_sign_in"
down_revision = "publication"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column(
        "user_session", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True), schema="portal"
    )
    op.add_column("user_session", sa.Column("acr", sa.String(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("user_session", "acr", schema="portal")
    op.drop_column("user_session", "authenticated_at", schema="portal")
