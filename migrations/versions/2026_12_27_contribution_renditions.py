"""Renditions of files of contributions: each contribution has its own, so that they tell no one that somebody else has
the same bytes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "contribution_renditions"
down_revision = "accreditation_requests"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.contribution_rendition
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{contribution_id,sha256}', '{asked_at,state,tries}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.contribution_rendition', '{contribution_id,sha256}', '{asked_at,state,tries}')
"""
FILL = """
INSERT INTO portal.contribution_rendition
    (sha256, contribution_id, state, asked_at, made_at, tries, pages, pdf, pdf_size, picture, paragraphs, undrawn)
SELECT r.sha256, f.contribution_id, r.state, r.asked_at, r.made_at, r.tries, r.pages, r.pdf, r.pdf_size, r.picture,
    r.paragraphs, r.undrawn
FROM portal.rendition r JOIN (
    SELECT contribution_id, sha256 FROM portal.contribution_file
    UNION SELECT contribution_id, sha256 FROM portal.original_file
) f ON f.sha256 = r.sha256
WHERE r.made_at IS NOT NULL
"""
# Renditions that were made for what a contribution does not have any more. Who else has the same bytes is not asked, so
# that they are made again if it gets them again.
LIST_FORMER = """
CREATE FUNCTION portal.list_former_renditions(before timestamptz) RETURNS TABLE (sha256 text, contribution_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
SELECT r.sha256, r.contribution_id FROM portal.contribution_rendition r
WHERE coalesce(r.made_at, r.asked_at) < before
    AND NOT EXISTS (
        SELECT FROM portal.contribution_file f WHERE f.contribution_id = r.contribution_id AND f.sha256 = r.sha256
    )
    AND NOT EXISTS (
        SELECT FROM portal.original_file f WHERE f.contribution_id = r.contribution_id AND f.sha256 = r.sha256
    )
$$
"""
# Whichever table has a column of files is asked, so that a later one is never forgotten and its files swept.
# `upload` names what lies elsewhere; `scan`, `document_text` and the keys of renditions tell of files, and hold none.
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
            AND NOT ({rendered} AND a.attname = 'sha256')
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %I::text, %s::bigint FROM portal.%I WHERE %I IS NOT NULL AND %s',
            named.attname, coalesce(quote_ident(named.length), 'NULL'), named.relname, named.attname,
            CASE WHEN {named} AND named.attname = 'pdf' THEN 'pdf <> sha256' ELSE 'true' END
        );
    END LOOP;
END $$
"""
# The PDF of a PDF is the file itself.
OF_BOTH = {
    "rendered": "c.relname IN ('rendition', 'contribution_rendition')",
    "named": "named.relname IN ('rendition', 'contribution_rendition')",
}
OF_ONE = {"rendered": "c.relname = 'rendition'", "named": "named.relname = 'rendition'"}
# As the other parts of a contribution: who may read that may read them.
OF_OURS = "EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "contribution_rendition",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("pdf", sa.String(64), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("picture", sa.String(64), nullable=True),
        sa.Column("paragraphs", ARRAY(sa.String()), nullable=True),
        sa.Column("undrawn", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["portal.contribution.id"],
            name=op.f("fk_contribution_rendition_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "sha256", name=op.f("pk_contribution_rendition")),
        schema="portal",
    )
    op.execute(FILL)
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(NAMED_FILES.format(**OF_BOTH))
    op.execute(LIST_FORMER)
    op.execute("REVOKE ALL ON FUNCTION portal.list_former_renditions(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION portal.list_former_renditions(timestamptz) TO cwg_worker")
    op.execute("ALTER TABLE portal.contribution_rendition ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_ours ON portal.contribution_rendition FOR SELECT TO cwg_portal USING ({OF_OURS})")
    op.execute("CREATE POLICY made ON portal.contribution_rendition TO cwg_worker USING (true)")
    op.execute("REVOKE ALL ON portal.contribution_rendition FROM cwg_portal")
    op.execute("GRANT SELECT ON portal.contribution_rendition TO cwg_portal")
    op.execute("GRANT INSERT, UPDATE, DELETE ON portal.contribution_rendition TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP FUNCTION portal.list_former_renditions(timestamptz)")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.contribution_rendition'")
    op.drop_table("contribution_rendition", schema="portal")
    op.execute(NAMED_FILES.format(**OF_ONE))
