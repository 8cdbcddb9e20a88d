"""Renditions of files to which nothing refers any more: they name no file, not even their own, and the worker may
delete them."""

from alembic import op

revision = "orphaned_renditions"
down_revision = "original_files"
branch_labels = None
depends_on = None

# Whichever table has a column of files is asked, so that a later one is never forgotten and its files swept.
# `upload` names what lies elsewhere; `scan`, `document_text` and the key of `rendition` tell of files, and hold none.
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
            AND c.relname NOT IN ('upload', 'scan', 'document_text', 'fixity_check')
            AND {counted}
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %I::text, %s::bigint FROM portal.%I WHERE %I IS NOT NULL AND %s',
            named.attname, coalesce(quote_ident(named.length), 'NULL'), named.relname, named.attname, {condition}
        );
    END LOOP;
END $$
"""
OF_OTHERS = {
    "counted": "NOT (c.relname = 'rendition' AND a.attname = 'sha256')",
    # That of a PDF is the file itself.
    "condition": "CASE WHEN named.relname = 'rendition' AND named.attname = 'pdf' THEN 'pdf <> sha256' ELSE 'true' END",
}
OF_ALL = {"counted": "true", "condition": "'true'"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(NAMED_FILES.format(**OF_OTHERS))
    op.execute("GRANT DELETE ON portal.rendition TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("REVOKE DELETE ON portal.rendition FROM cwg_worker")
    op.execute(NAMED_FILES.format(**OF_ALL))
