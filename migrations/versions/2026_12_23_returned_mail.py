"""The status code with which an e-mail was returned as undeliverable."""

import sqlalchemy as sa
from alembic import op

revision = "returned_mail"
down_revision = "reader_zones"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("letter", sa.Column("returned_code", sa.String(), nullable=True), schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("UPDATE portal.letter SET fate = 'sent' WHERE fate = 'returned'")
    op.drop_column("letter", "returned_code", schema="portal")
