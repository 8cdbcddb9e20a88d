"""When each file was read, what the nightly check found, copies, what came back; every digest that a table names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "preservation"
down_revision = "withdrawals"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

# The worker may not read other States' drafts, and has to know which files they name: it is given digests and lengths.
# Whichever table has a column of files is asked, so that a later one is never forgotten and its files swept.
# `upload` names what lies elsewhere; `scan` and `document_text` tell of files, and hold none.
NAMED_FILES = """
CREATE FUNCTION portal.named_files() RETURNS TABLE (sha256 text, size bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named record;
BEGIN
    FOR named IN
        SELECT c.relname, a.attname, l.attname AS length
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        LEFT JOIN pg_attribute l ON l.attrelid = c.oid AND NOT l.attisdropped
            AND l.attname = CASE a.attname WHEN 'sha256' THEN 'size' ELSE a.attname || '_size' END
        WHERE n.nspname = 'portal' AND c.relkind = 'r' AND a.attname IN ('sha256', 'pdf', 'picture')
            AND c.relname NOT IN ('upload', 'scan', 'document_text', 'fixity_check')
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %I::text, %s::bigint FROM portal.%I WHERE %I IS NOT NULL',
            named.attname, coalesce(quote_ident(named.length), 'NULL'), named.relname, named.attname
        );
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "fixity_check",
        sa.Column("shelf", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("shelf", "sha256", name=op.f("pk_fixity_check")),
        schema="portal",
    )
    op.create_index(op.f("ix_fixity_check_checked_at"), "fixity_check", ["checked_at"], schema="portal")
    op.create_table(
        "verification",
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("faults", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
        schema="portal",
    )
    op.create_index(op.f("ix_verification_began_at"), "verification", ["began_at"], schema="portal")
    op.create_table(
        "backup",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_backup")),
        schema="portal",
    )
    op.create_index(op.f("ix_backup_taken_at"), "backup", ["taken_at"], schema="portal")
    op.create_table(
        "restoration",
        sa.Column("backup", sa.String(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("restored_at", INSTANT, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("head_lines", sa.BigInteger(), nullable=True),
        sa.Column("doubt", sa.String(), nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
        schema="portal",
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("doubt", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_hold_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        schema="release",
    )
    op.execute(NAMED_FILES)
    op.execute("REVOKE ALL ON FUNCTION portal.named_files() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION portal.named_files() TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.fixity_check TO cwg_portal")
    op.execute("GRANT SELECT, INSERT ON portal.verification TO cwg_portal")
    op.execute("GRANT SELECT ON portal.backup, portal.restoration TO cwg_portal")
    op.execute("GRANT SELECT ON release.hold TO cwg_portal, cwg_reader")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP FUNCTION portal.named_files()")
    op.drop_table("hold", schema="release")
    for table in ("restoration", "backup", "verification", "fixity_check"):
        op.drop_table(table, schema="portal")
