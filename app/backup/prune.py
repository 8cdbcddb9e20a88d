"""Remove old backups of a folder, and the files that no other backup names."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.backup.create import COPY_NAME_FORMAT
from app.backup.encryption import ENCRYPTED_SUFFIX
from app.backup.manifest import MANIFEST_NAME, read_and_verify_manifest
from app.core.signing import PublicKey
from app.core.storage.digest import DIGEST_PATTERN
from app.core.storage.fsync import fsync_folder


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The names of removed backups, and the number of files that were removed with them."""

    copies: Sequence[str]
    files: int


def prune_copies(folder: Path, keep: int, keys: Sequence[PublicKey]) -> PruneResult:
    """Keep the latest finished backups, and remove what is older; the caller holds the lock of the folder.

    Unfinished ones that are older than those kept are removed too. One under another name, as an operator gives it, is
    none of those that are counted, and stays with its files. Raises ValueError unless one is kept, and IncompleteCopy,
    before anything is removed, if the manifest of one that stays was altered.
    """
    if keep < 1:
        raise ValueError("at least one backup is kept")
    finished = list_finished_copies(folder)
    if not finished:
        return PruneResult((), 0)
    oldest_kept = finished[-keep:][0]
    old = [name for name in _list_copies(folder) if name < oldest_kept]
    named = {
        file.sha256
        for path in folder.glob(f"*/{MANIFEST_NAME}")
        if path.parent.name not in old
        for file in read_and_verify_manifest(path, keys).files
    }
    for name in old:
        (folder / name / MANIFEST_NAME).unlink(missing_ok=True)  # from here on it is no backup
        fsync_folder(folder / name)
        shutil.rmtree(folder / name)
    fsync_folder(folder)
    unnamed = [path for path in _list_pool(folder) if path.name.removesuffix(ENCRYPTED_SUFFIX) not in named]
    for path in unnamed:
        path.unlink()
    return PruneResult(old, len(unnamed))


def list_finished_copies(folder: Path) -> Sequence[str]:
    """List the names of the finished backups, the earliest first."""
    return [name for name in _list_copies(folder) if (folder / name / MANIFEST_NAME).exists()]


def _list_copies(folder: Path) -> Sequence[str]:
    """List the names of all backups, finished or not: each is the instant at which it was taken."""
    return sorted(path.name for path in folder.glob("[0-9]*Z") if _is_copy_name(path.name) and path.is_dir())


def _is_copy_name(name: str) -> bool:
    try:
        return datetime.strptime(name, COPY_NAME_FORMAT).replace(tzinfo=UTC).strftime(COPY_NAME_FORMAT) == name
    except ValueError:
        return False


def _list_pool(folder: Path) -> Iterator[Path]:
    for path in folder.glob("files/??/??/*"):
        if DIGEST_PATTERN.fullmatch(path.name.removesuffix(ENCRYPTED_SUFFIX)):
            yield path
