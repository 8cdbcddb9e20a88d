"""`python -m app backup`, `restore` and `reopen`: what they are given, and what they say."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import cast

from sqlalchemy import NullPool, create_engine

from app.backup import check, head
from app.backup.manifest import NotWhole, Statement
from app.backup.restore import Target, restored
from app.backup.sealing import Seal
from app.backup.take import Source, take
from app.core.db import transaction, writers
from app.core.signing import Signer
from app.core.store import Damaged, Store, open_store
from app.domain.preservation import actions
from app.domain.preservation.models import Doubt, Shelf
from app.housing import housed
from app.jobs.reactions import react
from app.settings import Settings
from app.verify import verify

MOST_SAID = 50
WHY = {
    Doubt.BEHIND: "the head that you gave tells of lines of the journal that the copy does not hold",
    Doubt.FORKED: "the head that you gave is not of this journal",
    Doubt.UNPROVEN: "no head was given, so nobody knows what happened after the copy was taken",
}


def backup(settings: Settings, asked: Namespace) -> int:
    """Take a copy while the house works."""
    settings.insist_on_secrets("signing_key")
    with housed(settings, "owner_database_url") as ours:
        source = Source(cast("str", ours.owner_database_url), _shelves(ours))
        seal = Seal(ours.backup_recipient)
        try:
            taken = take(source, asked.folder.absolute(), seal, _signer(ours))
        except Damaged as fault:
            print(f"No copy was taken: {fault}. `python -m app verify` names everything.", file=sys.stderr)
            return 1
    made = taken.statement
    sealed = "sealed" if made.sealed else "not sealed (CWG_BACKUP_RECIPIENT is empty)"
    print(f"Copy {made.name}: {_told(made)}, of which {taken.new} files were new; {sealed}.")
    return 0


def restore(settings: Settings, asked: Namespace) -> int:
    """Check a copy; put it back unless only the check was asked for."""
    settings.insist_on_secrets("signing_key")
    sign, seal = _signer(settings), Seal(identity=_identity(asked.identity))
    last = head.read(asked.head.read_text(), sign) if asked.head else None
    folder = asked.folder.absolute()
    try:
        copy = check.whole(folder, asked.at or check.latest(folder), seal, sign.keys)
        if asked.check:
            print(f"Copy {copy.name} is whole: {_told(copy)}.")
            return 0
        with housed(settings, "owner_database_url", "database_url", "reader_database_url") as ours:
            addresses = (ours.owner_database_url, ours.database_url, ours.reader_database_url)
            target = Target(_shelves(ours), *(cast("str", address) for address in addresses))
            doubt = restored(target, folder, copy, seal, last)
            faults = verify(target.owner, target.shelves[Shelf.KEPT], target.shelves[Shelf.RELEASED]).faults
    except NotWhole as fault:
        _say("The copy is not whole. Nothing was restored.", fault.faults)
        return 1
    print(f"Copy {copy.name} is back: {_told(copy)}. Nobody is signed in.")
    if doubt:
        print(f"No door opens: {WHY[doubt]}. `python -m app reopen --reason …` answers for it (docs/backup.md).")
    if faults:
        _say("What came back is not as it should be:", faults)
    return 1 if faults or doubt else 0


def reopen(settings: Settings, asked: Namespace) -> int:
    """Answer for a restored record in doubt."""
    reason = " ".join(asked.reason.split())
    if not reason:
        raise ValueError("say why with --reason: it goes on record")
    with housed(settings, "owner_database_url") as ours:
        options = {"options": "-c search_path=portal,jobs"}
        engine = create_engine(cast("str", ours.owner_database_url), poolclass=NullPool, connect_args=options)
        with transaction(writers(engine, {"react": react})) as session:
            done = actions.reopen(session, reason)
        engine.dispose()
    print("The doors may be opened; the reason is on record." if done else "Nothing was shut.")
    return 0


def _signer(settings: Settings) -> Signer:
    return Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys)


def _shelves(settings: Settings) -> dict[Shelf, Store]:
    return {Shelf.KEPT: open_store(settings.store_url), Shelf.RELEASED: open_store(settings.release_store_url)}


def _identity(path: Path | None) -> str:
    """The secret half of a key, out of a file as `age-keygen` writes it."""
    lines = path.read_text().splitlines() if path else []
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _told(copy: Statement) -> str:
    rows = sum(table.rows for table in copy.tables)
    return f"{copy.lines} lines of the journal, {rows} rows, {len(copy.files)} files, {copy.bytes} bytes"


def _say(first: str, faults: tuple[str, ...]) -> None:
    more = [f"… and {len(faults) - MOST_SAID} more"] if len(faults) > MOST_SAID else []
    print(first, *faults[:MOST_SAID], *more, sep="\n", file=sys.stderr)
