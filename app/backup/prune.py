"""Remove old backups of a folder, and the files that no other backup names."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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

    Unfinished ones that are older than those kept are removed too. Raises ValueError unless one is kept, and
    IncompleteCopy, before anything is removed, if the manifest of one that is kept was altered.
    """
    if keep < 1:
        raise ValueError("at least one backup is kept")
    finished = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST_NAME}"))
    if not finished:
        return PruneResult((), 0)
    kept = finished[-keep:]
    named = {
        file.sha256 for name in kept for file in read_and_verify_manifest(folder / name / MANIFEST_NAME, keys).files
    }
    old = [name for name in _list_copies(folder) if name < kept[0]]
    for name in old:
        (folder / name / MANIFEST_NAME).unlink(missing_ok=True)  # from here on it is no backup
        fsync_folder(folder / name)
        shutil.rmtree(folder / name)
    fsync_folder(folder)
    unnamed = [path for path in _list_pool(folder) if path.name.removesuffix(ENCRYPTED_SUFFIX) not in named]
    for path in unnamed:
        path.unlink()
    return PruneResult(old, len(unnamed))


def _list_copies(folder: Path) -> Iterator[str]:
    """Yield the names of all backups, finished or not: each begins with its year."""
    yield from sorted(path.name for path in folder.glob("[0-9]*Z") if path.is_dir())


def _list_pool(folder: Path) -> Iterator[Path]:
    for path in folder.glob("files/??/??/*"):
        if DIGEST_PATTERN.fullmatch(path.name.removesuffix(ENCRYPTED_SUFFIX)):
            yield path
