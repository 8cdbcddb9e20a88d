"""Verify a backup completely before it is trusted."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.backup import manifest
from app.backup.encryption import FileEncryption, pooled_backup_file_path, table_dump_path
from app.backup.manifest import BackupManifest, IncompleteCopy
from app.backup.prune import list_finished_copies
from app.core.signing import PublicKey
from app.core.storage import CHUNK_SIZE, CorruptFile


def get_latest_copy_name(folder: Path) -> str:
    """Return the name of the latest finished backup. Raises IncompleteCopy if there is none."""
    names = list_finished_copies(folder)
    if not names:
        raise IncompleteCopy([f"{folder} holds no finished copy"])
    return names[-1]


def verify_copy(folder: Path, name: str, encryption: FileEncryption, keys: Sequence[PublicKey]) -> BackupManifest:
    """Read every byte of a backup and return its manifest. Raises IncompleteCopy naming every fault."""
    statement = manifest.read_and_verify_manifest(folder / name / manifest.MANIFEST_NAME, keys)
    if statement.name != name:
        raise IncompleteCopy([f"the statement in {name} is that of {statement.name}"])
    if faults := [*_table_faults(folder, statement, encryption), *_file_faults(folder, statement, encryption)]:
        raise IncompleteCopy(faults)
    return statement


def _table_faults(folder: Path, statement: BackupManifest, encryption: FileEncryption) -> Iterator[str]:
    for table in statement.tables:
        path = table_dump_path(folder, statement.name, table.name, sealed=statement.sealed)
        yield from _part_faults(path, f"table {table.name}", table.sha256, table.size, statement, encryption)


def _file_faults(folder: Path, statement: BackupManifest, encryption: FileEncryption) -> Iterator[str]:
    for file in statement.files:
        path = pooled_backup_file_path(folder, file.sha256, sealed=statement.sealed)
        yield from _part_faults(path, f"file {file.sha256}", file.sha256, file.size, statement, encryption)


def _part_faults(
    path: Path, label: str, sha256: str, size: int, statement: BackupManifest, encryption: FileEncryption
) -> Iterator[str]:
    """Yield the fault of one part: missing, unreadable or altered; nothing if it is intact."""
    hasher, length = hashlib.sha256(), 0
    try:
        with encryption.open_file(path, sealed=statement.sealed) as file:
            while chunk := file.read(CHUNK_SIZE):
                hasher.update(chunk)
                length += len(chunk)
    except FileNotFoundError:
        yield f"{label} is missing"
    except (CorruptFile, OSError) as error:
        yield f"{label} cannot be read: {error}"
    else:
        if (hasher.hexdigest(), length) != (sha256, size):
            yield f"{label} was altered"
