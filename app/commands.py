"""Commands that work on the database and the stores: the worker, and what an operator does by hand."""

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
    """Run the worker."""
    with housed(settings, "database_url") as ours:
        insist_on_open(cast("str", ours.database_url))
        worker.work(ours)
    return 0


def migrate(settings: Settings, _asked: Namespace) -> int:
    """Bring schema, roles and grants to head."""
    with housed(settings, "owner_database_url", "database_url", "reader_database_url") as ours:
        addresses = (ours.owner_database_url, ours.database_url, ours.reader_database_url)
        migration.migrate(*(cast("str", address) for address in addresses))
    print("The database is at head.")
    return 0


def roster(settings: Settings, asked: Namespace) -> int:
    """Put the people of a list on the roster, all or none; say what was done."""
    try:
        entries = rosters.read(json.loads(asked.file.read_bytes()))
        with housed(settings, "database_url") as ours:
            done = _enter(ours, entries)
    except rosters.NotEntered as refusal:
        print("Nothing was entered.", *refusal.faults, sep="\n", file=sys.stderr)
        return 1
    for entered in done:
        print(_told(entered))
    return 0


def _enter(settings: Settings, entries: list[rosters.Entry]) -> list[rosters.Entered]:
    engine = make_engine(cast("str", settings.database_url), pool=1, application="cwg-roster")
    try:
        with transaction(writers(engine, {"react": react})) as session:
            return rosters.enter(session, entries)
    finally:
        engine.dispose()


def _told(entered: rosters.Entered) -> str:
    entry = entered.entry
    where = f" of {entry.body}" if entry.body else ""
    known = "new here" if entered.is_new_person else "known here"
    return f"{entry.name} ({known}): {entry.capacity}{where}, {'granted' if entered.is_granted else 'held already'}"


def verify(settings: Settings, _asked: Namespace) -> int:
    """Check everything; a line for each fault."""
    with housed(settings, "owner_database_url") as ours:
        stores = (open_store(ours.store_url), open_store(ours.release_store_url))
        found = verification.verify(cast("str", ours.owner_database_url), *stores, expected(ours), seen_by(ours))
    for fault in found.faults:
        print(fault)
    if not found.faults:
        print(
            f"All is whole: {found.lines} lines of the journal, {found.heads} heads, {found.files} files,"
            f" {found.released} released files, {found.numbers} numbers, of which {found.explained} void or withdrawn,"
            " each with its reason."
        )
    return 1 if found.faults else 0
