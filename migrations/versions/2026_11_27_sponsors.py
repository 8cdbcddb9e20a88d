"""Whose documents a text was made from when it was put before the States; a State's position is its own to write."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "sponsors"
down_revision = "measured"
branch_labels = None
depends_on = None

WE = "current_setting('cwg.entity', true)"
CIRCULATED = """
    UPDATE portal.output AS o SET sponsored_by = ARRAY(
        SELECT d.entity FROM portal.circulated_version v CROSS JOIN unnest(v.sources) AS s (id)
            JOIN portal.document d ON d.id = s.id::uuid WHERE v.output_id = o.id
        UNION SELECT p.entity FROM portal.circulated_version v CROSS JOIN unnest(v.sources) AS s (id)
            JOIN portal.edition e ON e.document_id = s.id::uuid JOIN portal.sponsor p ON p.edition_id = e.id
            WHERE v.output_id = o.id
        ORDER BY 1)
"""
SAID_IN_SILENCE = """
    EXISTS (SELECT 1 FROM portal.silence_position p JOIN portal.silence_procedure s ON s.id = p.procedure_id
        WHERE s.output_id = output_statement.output_id AND p.entity = output_statement.entity
        AND p.stance = output_statement.kind AND p.text = output_statement.text AND p.lang = output_statement.lang)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    sponsors: sa.Column[object] = sa.Column("sponsored_by", ARRAY(sa.String()), nullable=False, server_default="{}")
    op.add_column("output", sponsors, schema="portal")
    op.execute(CIRCULATED)
    op.alter_column("output", "sponsored_by", server_default=None, schema="portal")
    op.execute("ALTER TABLE portal.silence_position ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY seen ON portal.silence_position FOR SELECT TO cwg_portal USING (true)")
    op.execute(f"CREATE POLICY taken ON portal.silence_position FOR INSERT TO cwg_portal WITH CHECK (entity = {WE})")
    op.execute(
        f"CREATE POLICY own_words ON portal.silence_position FOR UPDATE TO cwg_portal"
        f" USING (entity = {WE}) WITH CHECK (entity = {WE})"
    )
    # The system attaches what a State said while silence ran, whichever person acts: those words and no others.
    op.execute("DROP POLICY attached ON portal.output_statement")
    op.execute(
        f"CREATE POLICY attached ON portal.output_statement FOR INSERT TO cwg_portal"
        f" WITH CHECK (entity = {WE} OR {SAID_IN_SILENCE})"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP POLICY attached ON portal.output_statement")
    op.execute("CREATE POLICY attached ON portal.output_statement FOR INSERT TO cwg_portal WITH CHECK (true)")
    for name in ("own_words", "taken", "seen"):
        op.execute(f"DROP POLICY {name} ON portal.silence_position")
    op.execute("ALTER TABLE portal.silence_position DISABLE ROW LEVEL SECURITY")
    op.drop_column("output", "sponsored_by", schema="portal")
