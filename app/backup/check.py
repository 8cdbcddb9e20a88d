"""Verify a backup completely before it is trusted."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.backup import manifest
from app.backup.manifest import NotWhole, Statement
from app.backup.sealing import Seal, dump, place
from app.core.signing import PublicKey
from app.core.store import PIECE, Damaged


def latest(folder: Path) -> str:
    """Return the name of the latest finished backup. Raises IncompleteCopy if there is none."""
    names = sorted(path.parent.name for path in folder.glob(f"*/{manifest.NAME}"))
    if not names:
        raise NotWhole([f"{folder} holds no finished copy"])
    return names[-1]


def whole(folder: Path, name: str, seal: Seal, keys: Sequence[PublicKey]) -> Statement:
    """Read every byte of a backup and return its manifest. Raises IncompleteCopy naming every fault."""
    statement = manifest.read(folder / name / manifest.NAME, keys)
    if statement.name != name:
        raise NotWhole([f"the statement in {name} is that of {statement.name}"])
    if faults := [*_table_faults(folder, statement, seal), *_file_faults(folder, statement, seal)]:
        raise NotWhole(faults)
    return statement


def _table_faults(folder: Path, statement: Statement, encryption: Seal) -> Iterator[str]:
    for table in statement.tables:
        path = dump(folder, statement.name, table.name, sealed=statement.sealed)
        yield from _part_faults(path, f"table {table.name}", table.sha256, table.size, statement, encryption)


def _file_faults(folder: Path, statement: Statement, encryption: Seal) -> Iterator[str]:
    for file in statement.files:
        path = place(folder, file.sha256, sealed=statement.sealed)
        yield from _part_faults(path, f"file {file.sha256}", file.sha256, file.size, statement, encryption)


def _part_faults(
    path: Path, label: str, sha256: str, size: int, statement: Statement, encryption: Seal
) -> Iterator[str]:
    """Yield the fault of one part: missing, unreadable or altered; nothing if it is intact."""
    hasher, length = hashlib.sha256(), 0
    try:
        with encryption.opened(path, sealed=statement.sealed) as file:
            while chunk := file.read(PIECE):
                hasher.update(chunk)
                length += len(chunk)
    except FileNotFoundError:
        yield f"{label} is missing"
    except (Damaged, OSError) as error:
        yield f"{label} cannot be read: {error}"
    else:
        if (hasher.hexdigest(), length) != (sha256, size):
            yield f"{label} was altered"
