"""The person who is responsible for an action point."""

import sqlalchemy as sa
from alembic import op

revision = "action_point_person"
down_revision = "floor_tools"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("action_point", sa.Column("owner_person", sa.Uuid(), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f("fk_action_point_owner_person_person"),
        "action_point",
        "person",
        ["owner_person"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("action_point", "owner_person", schema="portal")
