"""The worker has a role of its own: what is released, and the ledger, is written by it alone."""

from alembic import op

revision = "worker_role"
down_revision = "row_digests"
branch_labels = None
depends_on = None

# The rights of the portal's role on these tables. `cwg_worker` is a member of `cwg_portal` (`app.cli.migrate`), so it
# has all others.
OF_THE_WORKER = {
    "release.output": "INSERT",
    "release.file": "INSERT",
    "release.statement": "INSERT",
    "release.text": "INSERT",
    "release.topic": "INSERT",
    "release.manifest": "INSERT",
    "release.public_manifest": "INSERT",
    "release.proof": "INSERT",
    "release.withdrawal": "INSERT",
    "portal.ledger_tile": "INSERT",
    "portal.ledger_head": "INSERT, UPDATE (cosignatures)",
    "portal.ledger_witness": "INSERT, UPDATE",
    "portal.verification": "INSERT",
    "portal.fixity_check": "INSERT, UPDATE, DELETE",
    "portal.measured": "INSERT, UPDATE, DELETE",
}
FUNCTIONS = ("release.bury(uuid)", "release.complete(uuid, timestamptz, jsonb, text[], integer, text)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    move_rights("cwg_portal", "cwg_worker")
    # A trigger of one role on a table of jobs would run with the rights of the other.
    op.execute("REVOKE TRIGGER, REFERENCES, TRUNCATE ON ALL TABLES IN SCHEMA jobs FROM cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    move_rights("cwg_worker", "cwg_portal")


def move_rights(from_role: str, to_role: str) -> None:
    """Take the rights from one role, and give them to the other."""
    for table, rights in OF_THE_WORKER.items():
        op.execute(f"REVOKE {rights} ON {table} FROM {from_role}")
        op.execute(f"GRANT {rights} ON {table} TO {to_role}")
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM {from_role}")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {to_role}")
