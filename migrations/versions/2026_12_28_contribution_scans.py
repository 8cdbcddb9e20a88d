"""Verdicts of the virus scanner on files of contributions: each contribution has its own, so that they tell no one that
somebody else has the same bytes."""

import sqlalchemy as sa
from alembic import op

revision = "contribution_scans"
down_revision = "returned_mail"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.contribution_scan
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{contribution_id,sha256}', '{asked_at,checked_at}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.contribution_scan', '{contribution_id,sha256}', '{asked_at,checked_at}')
"""
# The verdicts of `scan` stay: one that was wanted twice is given twice, and none is ever missing.
FILL = """
INSERT INTO portal.contribution_scan (sha256, contribution_id, state, what, asked_at, checked_at)
SELECT s.sha256, f.contribution_id, s.state, s.what, s.asked_at, s.checked_at
FROM portal.scan s JOIN (
    SELECT contribution_id, sha256 FROM portal.contribution_file
    UNION SELECT contribution_id, sha256 FROM portal.original_file
) f ON f.sha256 = s.sha256
"""
# Whichever table has a column of files is asked, so that a later one is never forgotten and its files swept.
# `upload` names what lies elsewhere; the tables of verdicts, `document_text` and the keys of renditions tell of files,
# and hold none.
NAMED_FILES = """
CREATE OR REPLACE FUNCTION portal.named_files() RETURNS TABLE (sha256 text, size bigint)
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
            AND c.relname NOT IN ({verdicts}, 'upload', 'document_text', 'fixity_check')
            AND NOT (c.relname IN ('rendition', 'contribution_rendition') AND a.attname = 'sha256')
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %I::text, %s::bigint FROM portal.%I WHERE %I IS NOT NULL AND %s',
            named.attname, coalesce(quote_ident(named.length), 'NULL'), named.relname, named.attname,
            CASE WHEN named.relname IN ('rendition', 'contribution_rendition') AND named.attname = 'pdf'
                THEN 'pdf <> sha256' ELSE 'true' END
        );
    END LOOP;
END $$
"""
# As the other parts of a contribution: who may read that may read them.
OF_OURS = "EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "contribution_scan",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["portal.contribution.id"],
            name=op.f("fk_contribution_scan_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "sha256", name=op.f("pk_contribution_scan")),
        schema="portal",
    )
    op.create_index(op.f("ix_contribution_scan_sha256"), "contribution_scan", ["sha256"], schema="portal")
    op.execute(FILL)
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(NAMED_FILES.format(verdicts="'scan', 'contribution_scan'"))
    op.execute("ALTER TABLE portal.contribution_scan ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_ours ON portal.contribution_scan TO cwg_portal USING ({OF_OURS})")
    op.execute("CREATE POLICY checked ON portal.contribution_scan TO cwg_worker USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.contribution_scan TO cwg_portal")
    op.execute("GRANT DELETE ON portal.contribution_scan TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.contribution_scan'")
    op.drop_table("contribution_scan", schema="portal")
    op.execute(NAMED_FILES.format(verdicts="'scan'"))
