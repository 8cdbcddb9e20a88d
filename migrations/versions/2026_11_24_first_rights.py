"""Who may do what in the database itself: grants for the portal and the reader, and the second wall for drafts."""

from alembic import op

revision = "first_rights"
down_revision = "jobs"
branch_labels = None
depends_on = None

# The register, the journal, receipts and what was released are only ever added to by the portal.
ADDED_TO = (
    "portal.journal_line",
    "portal.document",
    "portal.edition",
    "portal.language_version",
    "portal.document_relation",
    "portal.document_correction",
    "portal.sponsor",
    "portal.approval",
    "portal.receipt",
)
KEPT = (
    "portal.member_state",
    "portal.person",
    "portal.user_session",
    "portal.body",
    "portal.accreditation",
    "portal.appointment",
    "portal.series",
    "portal.counter",
    "portal.rendition",
    "portal.document_text",
    "portal.scan",
    "portal.meeting",
    "portal.output",
)
CLEARED_AS_WELL = (
    "portal.used_once",
    "portal.agenda_item",
    "portal.allocation",
    "portal.contribution",
    "portal.contribution_file",
    "portal.cosponsor",
    "portal.clearance",
    "portal.output_file",
    "portal.output_source",
    "portal.upload",
)
# Of a document only what is in force may change: never its symbol, number, body or date.
IN_FORCE = (
    "original, titles, abstract, revision, access, version, ended_as, ended_at, ended_by, ended_side, ended_because"
)
RELEASED = ("release.output", "release.file")

# A draft exists for those alone who write it or are asked to sign it. The portal says for whom a transaction reads
# (`app.core.db.set_row_security_entity`); a statement that forgets to ask finds and changes no other State's draft.
WE = "current_setting('cwg.entity', true)"
MINE = f"status <> 'draft' OR {WE} IN (entity, by_entity) OR {WE} = ANY (invited)"
OF_MINE = "EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id)"

PARTS = ("portal.contribution_file", "portal.cosponsor")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("GRANT USAGE ON SCHEMA portal, jobs, release TO cwg_portal")
    op.execute("GRANT USAGE ON SCHEMA release TO cwg_reader")
    for tables, rights in (
        (ADDED_TO, "SELECT, INSERT"),
        (KEPT, "SELECT, INSERT, UPDATE"),
        (CLEARED_AS_WELL, "SELECT, INSERT, UPDATE, DELETE"),
        (RELEASED, "SELECT, INSERT"),
    ):
        op.execute(f"GRANT {rights} ON {', '.join(tables)} TO cwg_portal")
    op.execute(f"GRANT UPDATE ({IN_FORCE}) ON portal.document TO cwg_portal")
    op.execute("GRANT SELECT ON release.output, release.file TO cwg_reader")
    op.execute("GRANT ALL ON ALL TABLES IN SCHEMA jobs TO cwg_portal")
    op.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA jobs TO cwg_portal")
    op.execute("GRANT SELECT ON portal.alembic_version TO cwg_portal")
    op.execute("ALTER TABLE portal.contribution ENABLE ROW LEVEL SECURITY")
    for table in PARTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_drafts ON {table} TO cwg_portal USING ({OF_MINE})")
    op.execute(f"CREATE POLICY own_drafts ON portal.contribution TO cwg_portal USING ({MINE}) WITH CHECK ({MINE})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in PARTS:
        op.execute(f"DROP POLICY own_drafts ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP POLICY own_drafts ON portal.contribution")
    op.execute("ALTER TABLE portal.contribution DISABLE ROW LEVEL SECURITY")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA jobs FROM cwg_portal")
    for schema in ("portal", "jobs", "release"):
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM cwg_portal, cwg_reader")
        op.execute(f"REVOKE ALL ON SCHEMA {schema} FROM cwg_portal, cwg_reader")
