"""Withdrawals: proposed and decided in the portal; in schema `release` a tombstone in the place of what was there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "withdrawals"
down_revision = "ledger"
branch_labels = None
depends_on = None

POINTS_TO = (
    ("output_id", "output"),
    ("replaced_by", "output"),
    ("proposed_by", "person"),
    ("ended_by", "person"),
)
# The portal's role removes nothing that was released. It may only ask for this, once a tombstone is in its place.
BURY = """
CREATE FUNCTION release.bury(gone uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM release.withdrawal WHERE id = gone) THEN
        RAISE EXCEPTION 'no tombstone stands for %', gone;
    END IF;
    DELETE FROM release.text t USING release.file f
    WHERE f.output_id = gone AND t.sha256 = f.sha256
        AND NOT EXISTS (SELECT 1 FROM release.file o WHERE o.sha256 = t.sha256 AND o.output_id <> gone);
    DELETE FROM release.file WHERE output_id = gone;
    DELETE FROM release.statement WHERE output_id = gone;
    DELETE FROM release.topic WHERE output_id = gone;
    DELETE FROM release.output WHERE id = gone;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("output", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
    op.create_table(
        "withdrawal",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_how", sa.String(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_capacity", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_to(*each) for each in POINTS_TO),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        schema="portal",
    )
    op.create_index(op.f("ix_withdrawal_output_id"), "withdrawal", ["output_id"], unique=False, schema="portal")
    op.create_index(
        "uq_withdrawal_waiting",
        "withdrawal",
        ["output_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("ended_how IS NULL"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.withdrawal TO cwg_portal")
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_names", JSONB(), nullable=False),
        sa.Column("meeting", sa.Integer(), nullable=False),
        sa.Column("titles", JSONB(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("decided_by", ARRAY(sa.String()), nullable=False),
        sa.Column("replaced_by", sa.String(), nullable=True),
        sa.Column("replaced_by_slug", sa.String(), nullable=True),
        sa.Column("topics", ARRAY(sa.String()), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("manifest", sa.Integer(), nullable=False),
        sa.Column("manifest_digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("slug", name=op.f("uq_withdrawal_slug")),
        sa.UniqueConstraint("symbol", name=op.f("uq_withdrawal_symbol")),
        schema="release",
    )
    op.execute("GRANT SELECT, INSERT ON release.withdrawal TO cwg_portal")
    op.execute("GRANT SELECT ON release.withdrawal TO cwg_reader")
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.withdrawal EXECUTE FUNCTION release.tell()"
    )
    op.execute(BURY)
    op.execute("REVOKE ALL ON FUNCTION release.bury(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION release.bury(uuid) TO cwg_portal")


def _to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_withdrawal_{column}_{target}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP FUNCTION release.bury(uuid)")
    op.drop_table("withdrawal", schema="release")
    op.drop_table("withdrawal", schema="portal")
    op.drop_column("output", "withdrawn_at", schema="portal")
