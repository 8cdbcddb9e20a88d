"""The time zone that a person chose, in which times are shown to them in addition to that of the meeting."""

import sqlalchemy as sa
from alembic import op

revision = "reader_zones"
down_revision = "contribution_renditions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("person", sa.Column("zone", sa.String(), nullable=True), schema="portal")
    op.execute("GRANT UPDATE (zone) ON portal.person TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("person", "zone", schema="portal")
