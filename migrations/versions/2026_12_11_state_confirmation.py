"""What the secretariat submits in the name of a State is confirmed by that State, or registered under another heading.

Contributions of before that the secretariat submitted and no one registered yet wait for their State too.
"""

import sqlalchemy as sa
from alembic import op

revision = "state_confirmation"
down_revision = "draft_policies"
branch_labels = None
depends_on = None

PEOPLE = ("confirmed_by", "confirmation_declined_by")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("contribution", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
    for name in PEOPLE:
        op.add_column("contribution", sa.Column(name, sa.Uuid(), nullable=True), schema="portal")
        op.create_foreign_key(
            op.f(f"fk_contribution_{name}_person"),
            *("contribution", "person", [name], ["id"]),
            source_schema="portal",
            referent_schema="portal",
        )
    for table in ("document", "edition"):
        op.add_column(table, sa.Column("at_request", sa.Boolean(), nullable=True), schema="portal")
    # That of a document is that of its text in force.
    op.execute("GRANT UPDATE (at_request) ON portal.document TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in ("edition", "document"):
        op.drop_column(table, "at_request", schema="portal")
    for name in ("confirmed_at", *PEOPLE):
        op.drop_column("contribution", name, schema="portal")
