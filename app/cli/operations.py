"""Commands that work on the database and the file stores: the worker, and what an operator runs by hand."""

import json
import sys
from argparse import Namespace
from typing import cast

from app import record_verification as verification
from app.cli import migrate as migration
from app.core.db import create_database_engine, transaction, write_session_factory
from app.core.storage import open_store
from app.domain.bodies.actions import roster_import as rosters
from app.http.restore_hold import require_no_restore_hold
from app.server.database_urls import ROLES_BY_SETTING, get_role_urls, with_embedded_database_if_unset
from app.settings import Settings
from app.worker import app
from app.worker.nightly_verification import build_expected_signers, fetch_witnessed_heads
from app.worker.subscriptions import queue_jobs


def run_worker(settings: Settings, _args: Namespace) -> int:
    """Run the worker until it is stopped."""
    with with_embedded_database_if_unset(settings, "worker_database_url") as resolved:
        require_no_restore_hold(cast("str", resolved.worker_database_url))
        app.run_worker(resolved)
    return 0


def migrate_database(settings: Settings, _args: Namespace) -> int:
    """Migrate schema, roles and grants to the newest revision."""
    with with_embedded_database_if_unset(settings, *ROLES_BY_SETTING) as resolved:
        migration.migrate(*get_role_urls(resolved))
    print("The database is at head.")
    return 0


def import_roster(settings: Settings, args: Namespace) -> int:
    """Import a JSON list of people into the roster, all or none, and print one line for each."""
    try:
        entries = rosters.parse_roster(json.loads(args.file.read_bytes()))
        with with_embedded_database_if_unset(settings, "database_url") as resolved:
            imported = _import_entries(resolved, entries)
    except rosters.RosterError as refusal:
        print("Nothing was entered.", *refusal.faults, sep="\n", file=sys.stderr)
        return 1
    for entered in imported:
        print(_format_entered(entered))
    return 0


def _import_entries(settings: Settings, entries: list[rosters.RosterEntry]) -> list[rosters.RosterEntryResult]:
    """Import the entries in one transaction."""
    engine = create_database_engine(cast("str", settings.database_url), pool_size=1, application_name="cwg-roster")
    try:
        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            return rosters.import_roster(session, entries)
    finally:
        engine.dispose()


def _format_entered(entered: rosters.RosterEntryResult) -> str:
    """Format one imported entry as a line."""
    entry = entered.entry
    where = f" of {entry.body}" if entry.body else ""
    status = "new here" if entered.is_new_person else "known here"
    return f"{entry.name} ({status}): {entry.capacity}{where}, {'granted' if entered.is_granted else 'held already'}"


def run_verification(settings: Settings, _args: Namespace) -> int:
    """Check the whole record and print a line for each fault; return 1 if there is any."""
    with with_embedded_database_if_unset(settings, "owner_database_url") as resolved:
        stores = (open_store(resolved.store_url), open_store(resolved.release_store_url))
        result = verification.verify_record(
            cast("str", resolved.owner_database_url),
            *stores,
            build_expected_signers(resolved),
            fetch_witnessed_heads(resolved),
        )
    for fault in result.faults:
        print(fault)
    if not result.faults:
        print(
            f"All is whole: {result.journal_lines} lines of the journal, {result.row_changes} changes of rows,"
            f" {result.heads} heads, {result.files} files, {result.released_files} released files, {result.numbers}"
            f" numbers, of which {result.explained_numbers} void or withdrawn, each with its reason."
        )
    return 1 if result.faults else 0
