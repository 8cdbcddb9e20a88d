"""`python -m app backup`, `prune`, `restore` and `reopen`: arguments and output."""

import sys
import time
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import psycopg
import structlog
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from app.backup import check, checkpoint_check
from app.backup.create import COPY_NAME_FORMAT, BackupResult, BackupSource, create_backup
from app.backup.encryption import FileEncryption
from app.backup.manifest import BackupManifest, IncompleteCopy
from app.backup.prune import PruneResult, list_finished_copies, prune_copies
from app.backup.restore import RestoreTarget, restore_copy
from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.errors import DomainError
from app.core.signing import SigningPurpose
from app.core.storage import CorruptFile, Store
from app.core.storage.fsync import lock_folder, make_folder_durably
from app.domain.preservation import actions
from app.domain.preservation.models import RestoreHoldReason, StoreName
from app.record_verification import verify_record
from app.server.database_urls import PORTAL_SETTINGS, get_role_urls, with_embedded_database_if_unset
from app.settings import Settings
from app.worker.subscriptions import queue_jobs

MAX_PRINTED_FAULTS = 50
RETRY_AFTER: Final = timedelta(minutes=15)
"""After a backup of `--every` that could not be taken."""
log = structlog.get_logger()
DOUBT_EXPLANATIONS = {
    RestoreHoldReason.BEHIND: "the head that you gave tells of lines of the journal that the copy does not hold",
    RestoreHoldReason.FORKED: "the head that you gave is not of this journal",
    RestoreHoldReason.UNPROVEN: "no head was given, so nobody knows what happened after the copy was taken",
}


def run_backup(settings: Settings, args: Namespace) -> int:
    """Create a backup while the system runs, signed with the key of the ledger; with `--every`, one after the other."""
    settings.require_keys(signing=(SigningPurpose.LEDGER,))
    folder = args.folder.absolute()
    if not args.every:
        return _take_backup(settings, folder, args.keep)
    while True:
        time.sleep(_seconds_until_due(folder, timedelta(hours=args.every)))
        try:
            _take_backup(settings, folder, args.keep)
        except (DomainError, OSError, ValueError, SQLAlchemyError, psycopg.Error) as error:
            log.error("no backup was taken", cause=getattr(error, "cause", "") or type(error).__name__, exc_info=True)
            time.sleep(RETRY_AFTER.total_seconds())


def _seconds_until_due(folder: Path, interval: timedelta) -> float:
    """Return how long the last finished backup of a folder is still recent enough."""
    names = list_finished_copies(folder)
    if not names:
        return 0.0
    taken = datetime.strptime(names[-1], COPY_NAME_FORMAT).replace(tzinfo=UTC)
    return max((taken + interval - clock.now()).total_seconds(), 0.0)


def _take_backup(settings: Settings, folder: Path, keep: int | None) -> int:
    """Take one backup, then remove those beyond the number that is kept, and print what was done."""
    make_folder_durably(folder)
    with (
        lock_folder(folder),
        with_embedded_database_if_unset(settings, "owner_database_url") as resolved,
    ):
        source = BackupSource(cast("str", resolved.owner_database_url), _stores(resolved))
        encryption, signer = FileEncryption(resolved.backup_recipient), resolved.build_signer(SigningPurpose.LEDGER)
        try:
            result = create_backup(source, folder, encryption, signer)
        except CorruptFile as error:
            print(f"No copy was taken: {error}. `python -m app verify` names everything.", file=sys.stderr)
            return 1
        _print_backup(result)
        if keep:
            _print_pruned(prune_copies(folder, keep, settings.get_public_keys(SigningPurpose.LEDGER)))
    return 0


def _print_backup(result: BackupResult) -> None:
    statement = result.manifest
    sealing = "sealed" if statement.sealed else "not sealed (CWG_BACKUP_RECIPIENT is empty)"
    print(f"Copy {statement.name}: {_summary(statement)}, of which {result.new_files} files were new; {sealing}.")


def _print_pruned(result: PruneResult) -> None:
    print(f"Removed: {len(result.copies)} older copies, and {result.files} files that no other names.")


def run_prune(settings: Settings, args: Namespace) -> int:
    """Remove old backups. It needs public keys only."""
    folder = args.folder.absolute()
    with lock_folder(folder):
        _print_pruned(prune_copies(folder, args.keep, settings.get_public_keys(SigningPurpose.LEDGER)))
    return 0


def run_restore(settings: Settings, args: Namespace) -> int:
    """Verify a backup; restore it unless only the check was requested."""
    keys, encryption = (
        settings.get_public_keys(SigningPurpose.LEDGER),
        FileEncryption(identity=_identity(args.identity)),
    )
    checkpoint = (
        checkpoint_check.verify_and_parse_checkpoint(args.head.read_text(), settings.portal_url, keys)
        if args.head
        else None
    )
    folder = args.folder.absolute()
    try:
        copy = check.verify_copy(folder, args.at or check.get_latest_copy_name(folder), encryption, keys)
        if args.check:
            print(f"Copy {copy.name} is whole: {_summary(copy)}.")
            return 0
        with with_embedded_database_if_unset(settings, *PORTAL_SETTINGS) as resolved:
            target = RestoreTarget(
                _stores(resolved), *get_role_urls(resolved), read_owner_url=resolved.read_owner_database_url
            )
            doubt = restore_copy(target, folder, copy, encryption, checkpoint)
            faults = verify_record(
                target.owner_url, target.stores[StoreName.PORTAL], target.stores[StoreName.RELEASED]
            ).faults
    except IncompleteCopy as error:
        _print_faults("The copy is not whole. Nothing was restored.", error.faults)
        return 1
    print(f"Copy {copy.name} is back: {_summary(copy)}. Nobody is signed in.")
    if resolved.replication_url and not doubt:
        print("Run `python -m app rebuild-read` for each database of the read path, which may know more than the copy.")
    if doubt:
        print(
            f"No server starts: {DOUBT_EXPLANATIONS[doubt]}. "
            f"`python -m app reopen --reason …` lifts the hold (docs/backup.md); then `rebuild-read` is needed, too."
        )
    if faults:
        _print_faults("What came back is not as it should be:", faults)
    return 1 if faults or doubt else 0


def run_lift_restore_hold(settings: Settings, args: Namespace) -> int:
    """Lift the hold on a restored record in doubt, with a reason for the journal.

    Raises ValueError without a reason.
    """
    reason = " ".join(args.reason.split())
    if not reason:
        raise ValueError("say why with --reason: it goes on record")
    with with_embedded_database_if_unset(settings, "owner_database_url") as resolved:
        options = {"options": "-c search_path=portal,jobs"}
        engine = create_engine(cast("str", resolved.owner_database_url), poolclass=NullPool, connect_args=options)
        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            was_held = actions.lift_restore_hold(session, reason)
        engine.dispose()
    print("The servers can start; the reason is on record." if was_held else "There was no hold.")
    return 0


def _stores(settings: Settings) -> dict[StoreName, Store]:
    return {
        StoreName.PORTAL: settings.open_store(),
        StoreName.RELEASED: settings.open_release_store(),
    }


def _identity(path: Path | None) -> str:
    """Read the secret key from a file as written by `age-keygen`; empty without a file."""
    lines = path.read_text().splitlines() if path else []
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _summary(copy: BackupManifest) -> str:
    rows = sum(table.rows for table in copy.tables)
    return f"{copy.lines} lines of the journal, {rows} rows, {len(copy.files)} files, {copy.total_bytes} bytes"


def _print_faults(first: str, faults: tuple[str, ...]) -> None:
    remainder = [f"… and {len(faults) - MAX_PRINTED_FAULTS} more"] if len(faults) > MAX_PRINTED_FAULTS else []
    print(first, *faults[:MAX_PRINTED_FAULTS], *remainder, sep="\n", file=sys.stderr)
