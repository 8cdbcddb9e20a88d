"""To whom outputs go, the decisions they were made from; versions before the delegations, and comments of States."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "drafting"
down_revision = "silence"
branch_labels = None
depends_on = None

WHOM = ("for_action", "for_information")


def key(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema in ("portal", "release"):
        for name in WHOM:
            column: sa.Column[object] = sa.Column(name, ARRAY(sa.String()), nullable=False, server_default="{}")
            op.add_column("output", column, schema=schema)
        op.add_column("output", sa.Column("reply_by", sa.Date(), nullable=True), schema=schema)
    for name in WHOM:
        op.alter_column("output", name, server_default=None, schema="portal")
    op.create_table(
        "output_decision",
        key("output_id"),
        key("decision_id"),
        to("output_decision", "output_id", "output"),
        to("output_decision", "decision_id", "decision"),
        sa.PrimaryKeyConstraint("output_id", "decision_id", name=op.f("pk_output_decision")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.output_decision TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("output_decision", schema="portal")
    for schema in ("portal", "release"):
        for name in ("reply_by", *WHOM):
            op.drop_column("output", name, schema=schema)
