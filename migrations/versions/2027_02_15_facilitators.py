"""Roles of facilitators of action lines, and the right to keep their entries.

The new columns may be empty, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "facilitators"
down_revision = "addressees"
branch_labels = None
depends_on = None

KEPT = "organization, confirmed, from_on, until_on, basis, role, version"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("facilitation", sa.Column("role", sa.String(), nullable=True), schema="portal")
    op.add_column("facilitation", sa.Column("version", sa.Integer(), nullable=True), schema="portal")
    op.execute(f"GRANT INSERT, UPDATE ({KEPT}) ON portal.facilitation TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(f"REVOKE INSERT, UPDATE ({KEPT}) ON portal.facilitation FROM cwg_portal")
    op.drop_column("facilitation", "version", schema="portal")
    op.drop_column("facilitation", "role", schema="portal")
