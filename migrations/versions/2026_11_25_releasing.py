"""Releases: a signed manifest of each, numbered and chained, and plans with an instant and addressees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "releasing"
down_revision = "silence"
branch_labels = None
depends_on = None

PLAN_POINTS_TO = (("output_id", "output"), ("set_by", "person"), ("called_back_by", "person"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "manifest",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_manifest")),
        schema="release",
    )
    op.execute("GRANT SELECT, INSERT ON release.manifest TO cwg_portal")
    op.execute("GRANT SELECT ON release.manifest TO cwg_reader")
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.manifest EXECUTE FUNCTION release.tell()"
    )
    # Until now files kept the name under which they came in. Nobody was shown it, and a manifest would tell it.
    op.execute(
        "UPDATE release.file SET name = output.slug || '-' || language || '.' || substring(name from '[^.]*$')"
        " FROM release.output WHERE output.id = output_id"
    )
    _plans()


def _plans() -> None:
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
        *(_to("release_plan", *each) for each in PLAN_POINTS_TO),
        sa.PrimaryKeyConstraint("output_id", "number", name=op.f("pk_release_plan")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.release_plan TO cwg_portal")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_{table}_{column}_{target}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("release_plan", schema="portal")
    op.drop_column("output", "addressees", schema="release")
    op.drop_column("output", "release_at", schema="portal")
    op.drop_table("manifest", schema="release")
