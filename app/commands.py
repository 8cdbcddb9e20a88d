"""Commands that work on the database and the stores: the worker, and what an operator does by hand."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import cast

from app import migrate as migration
from app import verify as verification
from app.core.db import make_engine, transaction, writers
from app.core.signing import PublicKey, Signer
from app.core.store import open_store
from app.domain.bodies import roster as rosters
from app.domain.ledger.auditing import Expected
from app.domain.ledger.notes import origin_of
from app.housing import housed
from app.jobs import worker
from app.jobs.reactions import react
from app.jobs.witnessing import held
from app.settings import Settings, addressed


def work(settings: Settings, _asked: Namespace) -> int:
    """Run the worker."""
    with housed(settings, "database_url") as ours:
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


def expected(settings: Settings) -> Expected:
    """Who should have signed the ledger, as the settings say. Raises ValueError where they name no key."""
    secret = settings.signing_key.get_secret_value()
    earlier = tuple(map(PublicKey.read, settings.previous_public_keys))
    keys = Signer.of(settings.portal_url, secret, settings.previous_public_keys).keys if secret else earlier
    witnesses = [verifier for _, verifier in map(addressed, settings.witnesses)]
    return Expected(origin_of(settings.portal_url), keys, witnesses)


def seen_by(settings: Settings) -> Mapping[str, str]:
    """What the witnesses that answer hold of this ledger."""
    return held(tuple(map(addressed, settings.witnesses)), origin_of(settings.portal_url))


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
