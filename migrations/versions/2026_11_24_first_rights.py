"""Who may do what in the database itself: grants for the portal and the reader, and the second wall for drafts."""

from alembic import op

revision = "first_rights"
down_revision = "jobs"
branch_labels = None
depends_on = None

# The register, the journal and what was released are only ever added to by the portal.
ADDED_TO = (
    "portal.journal_line",
    "portal.document",
    "portal.edition",
    "portal.language_version",
    "portal.document_relation",
    "portal.document_correction",
    "portal.approval",
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
    "portal.meeting",
    "portal.output",
)
CLEARED_AS_WELL = (
    "portal.sign_in_attempt",
    "portal.logout_token",
    "portal.agenda_item",
    "portal.allocation",
    "portal.contribution",
    "portal.contribution_file",
    "portal.output_file",
    "portal.output_source",
)
# Of a document only what is in force may change: never its symbol, number, body or date.
IN_FORCE = (
    "original, titles, abstract, revision, access, version, ended_as, ended_at, ended_by, ended_side, ended_because"
)
RELEASED = ("release.output", "release.file")

# A draft exists for its own State alone. The portal says for whom a transaction reads (`app.core.db.act_for`);
# a statement that forgets to ask finds no other State's draft, and can change none.
MINE = "status <> 'draft' OR entity = current_setting('cwg.entity', true)"
OF_MINE = "EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id)"


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
    op.execute("ALTER TABLE portal.contribution_file ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_drafts ON portal.contribution TO cwg_portal USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"CREATE POLICY own_drafts ON portal.contribution_file TO cwg_portal USING ({OF_MINE})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP POLICY own_drafts ON portal.contribution_file")
    op.execute("DROP POLICY own_drafts ON portal.contribution")
    op.execute("ALTER TABLE portal.contribution_file DISABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE portal.contribution DISABLE ROW LEVEL SECURITY")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA jobs FROM cwg_portal")
    for schema in ("portal", "jobs", "release"):
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM cwg_portal, cwg_reader")
        op.execute(f"REVOKE ALL ON SCHEMA {schema} FROM cwg_portal, cwg_reader")
