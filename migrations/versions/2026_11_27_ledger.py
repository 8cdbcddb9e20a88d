"""The ledger over the journal: tiles, signed heads, what is known of witnesses; and proofs of releases."""

import sqlalchemy as sa
from alembic import op

revision = "ledger"
down_revision = "release_texts"
branch_labels = None
depends_on = None

# The portal's role may add a cosignature to a head, and take none away.
GROW = """
CREATE FUNCTION portal.cosignatures_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.cosignatures @> OLD.cosignatures THEN
        RAISE EXCEPTION 'a cosignature is never taken away';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_ledger_tile")),
        schema="portal",
    )
    op.create_table(
        "ledger_head",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cosignatures", sa.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_head")),
        schema="portal",
    )
    op.create_index(op.f("ix_ledger_head_at"), "ledger_head", ["at"], schema="portal")
    op.create_table(
        "ledger_witness",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.String(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_witness")),
        schema="portal",
    )
    op.create_index(
        "ix_journal_line_receipt",
        "journal_line",
        [sa.text("(facts ->> 'receipt')")],
        schema="portal",
        postgresql_where=sa.text("facts ->> 'receipt' IS NOT NULL"),
    )
    op.create_table(
        "proof",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_proof")),
        schema="release",
    )
    op.execute(GROW)
    op.execute(
        "CREATE TRIGGER grow BEFORE UPDATE ON portal.ledger_head FOR EACH ROW"
        " EXECUTE FUNCTION portal.cosignatures_grow()"
    )
    op.execute("GRANT SELECT, INSERT ON portal.ledger_tile TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, UPDATE (cosignatures) ON portal.ledger_head TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.ledger_witness TO cwg_portal")
    op.execute("GRANT SELECT, INSERT ON release.proof TO cwg_portal")
    op.execute("GRANT SELECT ON release.proof TO cwg_reader")
    op.execute("CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.proof EXECUTE FUNCTION release.tell()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("proof", schema="release")
    op.drop_index("ix_journal_line_receipt", "journal_line", schema="portal")
    op.drop_table("ledger_witness", schema="portal")
    op.drop_table("ledger_head", schema="portal")
    op.drop_table("ledger_tile", schema="portal")
    op.execute("DROP FUNCTION portal.cosignatures_grow()")
