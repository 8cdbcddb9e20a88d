"""Who of the secretariat registers a contribution; and the filters of lists that a person keeps under a name."""

import sqlalchemy as sa
from alembic import op

revision = "registration"
down_revision = "action_point_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("contribution", sa.Column("assigned_to", sa.Uuid(), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f("fk_contribution_assigned_to_person"),
        *("contribution", "person", ["assigned_to"], ["id"]),
        source_schema="portal",
        referent_schema="portal",
    )
    op.create_table(
        "saved_filter",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_saved_filter_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("person_id", "list", "name", name=op.f("uq_saved_filter_person_id_list_name")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.saved_filter TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("saved_filter", schema="portal")
    op.drop_column("contribution", "assigned_to", schema="portal")
