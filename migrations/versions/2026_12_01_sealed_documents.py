"""Documents made from something that was adopted are sealed: forwarded outputs, and reports of meetings.

What of them was revised, translated or corrected before is named in the log, and by `python -m app verify`.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "sealed_documents"
down_revision = "letters"
branch_labels = None
depends_on = None

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


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    # The default stays: a portal of the version before registers documents without naming the column.
    op.add_column(
        "document", sa.Column("sealed", sa.Boolean(), server_default=sa.false(), nullable=False), schema="portal"
    )
    op.execute(SEAL)
    for symbol in op.get_bind().execute(sa.text(CHANGED)).scalars():
        logging.getLogger("alembic").warning("%s was adopted, and was changed before it was sealed", symbol)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("document", "sealed", schema="portal")
