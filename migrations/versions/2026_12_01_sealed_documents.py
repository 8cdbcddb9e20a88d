"""Documents made from something that was adopted are sealed: forwarded outputs, and reports of meetings.

What of them was revised or corrected before is named in the log, and by `python -m app verify`. Those that more people
can read than what they were made from are closed to them, since no page can do that afterwards, and are named too.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "sealed_documents"
down_revision = "letters"
branch_labels = None
depends_on = None

LOG = logging.getLogger("alembic")

SEAL = """
    UPDATE portal.document SET sealed = true WHERE id IN (
        SELECT document_id FROM portal.forwarding
        UNION SELECT document_id FROM portal.report WHERE document_id IS NOT NULL
    )
"""
CHANGED = """
    SELECT symbol FROM portal.document d WHERE sealed AND (
        EXISTS (SELECT FROM portal.edition e WHERE e.document_id = d.id AND e.step <> 'text')
        OR EXISTS (SELECT FROM portal.document_correction c WHERE c.document_id = d.id)
    ) ORDER BY symbol
"""
# A forwarded output is for those it was released to, by its last plan; for its body alone if it was withdrawn.
CLOSED = """
    WITH meant AS (
        SELECT f.document_id AS id, CASE
            WHEN o.status <> 'released' THEN 'group'
            WHEN (
                SELECT 'public' = ANY (addressees) FROM portal.release_plan p
                WHERE p.output_id = o.id ORDER BY number DESC LIMIT 1
            ) THEN 'public'
            ELSE 'membership'
        END AS access
        FROM portal.forwarding f JOIN portal.output o ON o.id = f.output_id
        UNION ALL SELECT document_id, 'group' FROM portal.report WHERE document_id IS NOT NULL
    )
    UPDATE portal.document d SET access = meant.access FROM meant
    WHERE d.id = meant.id AND d.ended_as IS NULL AND CASE d.access
        WHEN 'public' THEN meant.access <> 'public' WHEN 'membership' THEN meant.access = 'group' ELSE false END
    RETURNING d.symbol
"""
# A portal of the version before forwards and registers without naming the column, which its role cannot set later.
FUNCTION = """
CREATE FUNCTION portal.seal_document() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
    UPDATE portal.document SET sealed = true WHERE id = NEW.document_id AND NOT sealed;
    RETURN NULL;
END
$$
"""
TRIGGERS = (
    "CREATE TRIGGER seal_document AFTER INSERT ON portal.forwarding"
    " FOR EACH ROW EXECUTE FUNCTION portal.seal_document()",
    "CREATE TRIGGER seal_document AFTER INSERT OR UPDATE OF document_id ON portal.report"
    " FOR EACH ROW EXECUTE FUNCTION portal.seal_document()",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    # The default stays: a portal of the version before registers documents without naming the column.
    op.add_column(
        "document", sa.Column("sealed", sa.Boolean(), server_default=sa.false(), nullable=False), schema="portal"
    )
    op.execute(SEAL)
    op.execute(FUNCTION)
    for trigger in TRIGGERS:
        op.execute(trigger)
    for symbol in op.get_bind().execute(sa.text(CHANGED)).scalars():
        LOG.warning("%s was adopted, and was changed before it was sealed", symbol)
    for symbol in sorted(op.get_bind().execute(sa.text(CLOSED)).scalars()):
        LOG.warning("%s was open to more readers than what it was made from, and is closed to them", symbol)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in ("forwarding", "report"):
        op.execute(f"DROP TRIGGER seal_document ON portal.{table}")
    op.execute("DROP FUNCTION portal.seal_document()")
    op.drop_column("document", "sealed", schema="portal")
