"""`python -m app backup`, `restore` and `reopen`: arguments and output."""

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
    """Create a backup while the system runs."""
    settings.insist_on_secrets("signing_key")
    with housed(settings, "owner_database_url") as resolved:
        source = Source(cast("str", resolved.owner_database_url), _stores(resolved))
        encryption = Seal(resolved.backup_recipient)
        try:
            result = take(source, asked.folder.absolute(), encryption, _signer(resolved))
        except Damaged as error:
            print(f"No copy was taken: {error}. `python -m app verify` names everything.", file=sys.stderr)
            return 1
    statement = result.statement
    sealing = "sealed" if statement.sealed else "not sealed (CWG_BACKUP_RECIPIENT is empty)"
    print(f"Copy {statement.name}: {_summary(statement)}, of which {result.new} files were new; {sealing}.")
    return 0


def restore(settings: Settings, asked: Namespace) -> int:
    """Verify a backup; restore it unless only the check was requested."""
    settings.insist_on_secrets("signing_key")
    signer, encryption = _signer(settings), Seal(identity=_identity(asked.identity))
    checkpoint = head.read(asked.head.read_text(), signer) if asked.head else None
    folder = asked.folder.absolute()
    try:
        copy = check.whole(folder, asked.at or check.latest(folder), encryption, signer.keys)
        if asked.check:
            print(f"Copy {copy.name} is whole: {_summary(copy)}.")
            return 0
        with housed(settings, "owner_database_url", "database_url", "reader_database_url") as resolved:
            addresses = (resolved.owner_database_url, resolved.database_url, resolved.reader_database_url)
            target = Target(_stores(resolved), *(cast("str", address) for address in addresses))
            doubt = restored(target, folder, copy, encryption, checkpoint)
            faults = verify(target.owner, target.shelves[Shelf.KEPT], target.shelves[Shelf.RELEASED]).faults
    except NotWhole as error:
        _print_faults("The copy is not whole. Nothing was restored.", error.faults)
        return 1
    print(f"Copy {copy.name} is back: {_summary(copy)}. Nobody is signed in.")
    if doubt:
        print(f"No door opens: {WHY[doubt]}. `python -m app reopen --reason …` answers for it (docs/backup.md).")
    if faults:
        _print_faults("What came back is not as it should be:", faults)
    return 1 if faults or doubt else 0


def reopen(settings: Settings, asked: Namespace) -> int:
    """Lift the hold on a restored record in doubt, with a reason for the journal.

    Raises ValueError without a reason.
    """
    reason = " ".join(asked.reason.split())
    if not reason:
        raise ValueError("say why with --reason: it goes on record")
    with housed(settings, "owner_database_url") as resolved:
        options = {"options": "-c search_path=portal,jobs"}
        engine = create_engine(cast("str", resolved.owner_database_url), poolclass=NullPool, connect_args=options)
        with transaction(writers(engine, {"react": react})) as session:
            was_held = actions.reopen(session, reason)
        engine.dispose()
    print("The doors may be opened; the reason is on record." if was_held else "Nothing was shut.")
    return 0


def _signer(settings: Settings) -> Signer:
    return Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys)


def _stores(settings: Settings) -> dict[Shelf, Store]:
    return {Shelf.KEPT: open_store(settings.store_url), Shelf.RELEASED: open_store(settings.release_store_url)}


def _identity(path: Path | None) -> str:
    """Read the secret key from a file as written by `age-keygen`; empty without a file."""
    lines = path.read_text().splitlines() if path else []
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _summary(copy: Statement) -> str:
    rows = sum(table.rows for table in copy.tables)
    return f"{copy.lines} lines of the journal, {rows} rows, {len(copy.files)} files, {copy.bytes} bytes"


def _print_faults(first: str, faults: tuple[str, ...]) -> None:
    remainder = [f"… and {len(faults) - MOST_SAID} more"] if len(faults) > MOST_SAID else []
    print(first, *faults[:MOST_SAID], *remainder, sep="\n", file=sys.stderr)
