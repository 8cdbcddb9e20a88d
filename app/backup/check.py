"""Reading a copy whole before anything of it is believed."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.backup import manifest
from app.backup.manifest import NotWhole, Statement
from app.backup.sealing import Seal, dump, place
from app.core.signing import PublicKey
from app.core.store import PIECE, Damaged


def latest(folder: Path) -> str:
    """The name of the last copy that was finished. Raises NotWhole if there is none."""
    found = sorted(path.parent.name for path in folder.glob(f"*/{manifest.NAME}"))
    if not found:
        raise NotWhole([f"{folder} holds no finished copy"])
    return found[-1]


def whole(folder: Path, name: str, seal: Seal, keys: Sequence[PublicKey]) -> Statement:
    """What the copy says of itself, once every byte of it was read. Raises NotWhole, naming everything."""
    found = manifest.read(folder / name / manifest.NAME, keys)
    if found.name != name:
        raise NotWhole([f"the statement in {name} is that of {found.name}"])
    if faults := [*_tables(folder, found, seal), *_files(folder, found, seal)]:
        raise NotWhole(faults)
    return found


def _tables(folder: Path, found: Statement, seal: Seal) -> Iterator[str]:
    for table in found.tables:
        path = dump(folder, found.name, table.name, sealed=found.sealed)
        yield from _wrong(path, f"table {table.name}", table.sha256, table.size, found, seal)


def _files(folder: Path, found: Statement, seal: Seal) -> Iterator[str]:
    for file in found.files:
        path = place(folder, file.sha256, sealed=found.sealed)
        yield from _wrong(path, f"file {file.sha256}", file.sha256, file.size, found, seal)


def _wrong(path: Path, what: str, sha256: str, size: int, found: Statement, seal: Seal) -> Iterator[str]:
    seen, length = hashlib.sha256(), 0
    try:
        with seal.opened(path, sealed=found.sealed) as file:
            while piece := file.read(PIECE):
                seen.update(piece)
                length += len(piece)
    except FileNotFoundError:
        yield f"{what} is missing"
    except (Damaged, OSError) as fault:
        yield f"{what} cannot be read: {fault}"
    else:
        if (seen.hexdigest(), length) != (sha256, size):
            yield f"{what} was altered"
