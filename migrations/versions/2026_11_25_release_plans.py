"""Plans of releases: an instant that is set, addressees, and calling back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "release_plans"
down_revision = "drafting"
branch_labels = None
depends_on = None

POINTS_TO = (("output_id", "output"), ("set_by", "person"), ("called_back_by", "person"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("output", sa.Column("release_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
    op.execute("UPDATE portal.output SET release_at = let_out_at")
    op.add_column(
        "output",
        sa.Column("addressees", ARRAY(sa.String()), nullable=False, server_default="{membership}"),
        schema="release",
    )
    op.alter_column("output", "addressees", server_default=None, schema="release")
    op.create_table(
        "release_plan",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("addressees", ARRAY(sa.String()), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_back_by", sa.Uuid(), nullable=True),
        sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_back_because", sa.String(), nullable=True),
        *(_to(*each) for each in POINTS_TO),
        sa.PrimaryKeyConstraint("output_id", "number", name=op.f("pk_release_plan")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.release_plan TO cwg_portal")


def _to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_release_plan_{column}_{target}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("release_plan", schema="portal")
    op.drop_column("output", "addressees", schema="release")
    op.drop_column("output", "release_at", schema="portal")
