"""Commands that work on the database and the file stores: the worker, and what an operator runs by hand."""

import json
import sys
from argparse import Namespace
from typing import cast

from app import migrate as migration
from app import verify as verification
from app.core.db import make_engine, transaction, writers
from app.core.store import open_store
from app.domain.bodies import roster as rosters
from app.housing import housed
from app.jobs import worker
from app.jobs.audit import expected, seen_by
from app.jobs.reactions import react
from app.opening import insist_on_open
from app.settings import Settings


def work(settings: Settings, _asked: Namespace) -> int:
    """Run the worker until it is stopped."""
    with housed(settings, "database_url") as resolved:
        insist_on_open(cast("str", resolved.database_url))
        worker.work(resolved)
    return 0


def migrate(settings: Settings, _asked: Namespace) -> int:
    """Migrate schema, roles and grants to the newest revision."""
    with housed(settings, "owner_database_url", "database_url", "reader_database_url") as resolved:
        addresses = (resolved.owner_database_url, resolved.database_url, resolved.reader_database_url)
        migration.migrate(*(cast("str", address) for address in addresses))
    print("The database is at head.")
    return 0


def roster(settings: Settings, asked: Namespace) -> int:
    """Import a JSON list of people into the roster, all or none, and print one line for each."""
    try:
        entries = rosters.read(json.loads(asked.file.read_bytes()))
        with housed(settings, "database_url") as resolved:
            imported = _import_entries(resolved, entries)
    except rosters.NotEntered as refusal:
        print("Nothing was entered.", *refusal.faults, sep="\n", file=sys.stderr)
        return 1
    for entered in imported:
        print(_format_entered(entered))
    return 0


def _import_entries(settings: Settings, entries: list[rosters.Entry]) -> list[rosters.Entered]:
    """Import the entries in one transaction."""
    engine = make_engine(cast("str", settings.database_url), pool=1, application="cwg-roster")
    try:
        with transaction(writers(engine, {"react": react})) as session:
            return rosters.enter(session, entries)
    finally:
        engine.dispose()


def _format_entered(entered: rosters.Entered) -> str:
    """Format one imported entry as a line."""
    entry = entered.entry
    where = f" of {entry.body}" if entry.body else ""
    status = "new here" if entered.is_new_person else "known here"
    return f"{entry.name} ({status}): {entry.capacity}{where}, {'granted' if entered.is_granted else 'held already'}"


def verify(settings: Settings, _asked: Namespace) -> int:
    """Check the whole record and print a line for each fault; return 1 if there is any."""
    with housed(settings, "owner_database_url") as resolved:
        stores = (open_store(resolved.store_url), open_store(resolved.release_store_url))
        result = verification.verify(
            cast("str", resolved.owner_database_url), *stores, expected(resolved), seen_by(resolved)
        )
    for fault in result.faults:
        print(fault)
    if not result.faults:
        print(
            f"All is whole: {result.lines} lines of the journal, {result.heads} heads, {result.files} files,"
            f" {result.released} released files, {result.numbers} numbers, of which {result.explained}"
            " void or withdrawn, each with its reason."
        )
    return 1 if result.faults else 0
