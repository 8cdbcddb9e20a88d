"""The files of a new installation, and the user who may read each. Nothing that is there is overwritten."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.storage.fsync import fsync_descriptor, fsync_folder

OPERATOR, PORTAL_USER, POSTGRES_USER = 0, 10001, 999
"""Users by number: root of the machine, the one of the image (Dockerfile), and the one of the image of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that only its reader may read, or everybody if it is no secret."""

    path: str
    content: str
    reader: int = OPERATOR
    is_secret: bool = True


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder, and the user who writes into it."""

    path: str
    owner: int = OPERATOR
    mode: int = 0o755


def write_installation(folder: Path, folders: Sequence[NewFolder], files: Sequence[NewFile]) -> None:
    """Write all of it, or nothing. Raises ValueError, naming what is there already, or if this is not root."""
    if os.geteuid() != OPERATOR:
        raise ValueError("run it as root (docker run --user 0): each file belongs to the user who reads it")
    if present := sorted(each.path for each in files if (folder / each.path).exists()):
        more = f" and {len(present) - 1} more" if present[1:] else ""
        raise ValueError(f"nothing is overwritten, and {folder} has {present[0]}{more} already")
    for each in folders:
        _make_folder(folder / each.path, each)
    for file in files:
        _write_file(folder / file.path, file)
    for path in _list_parents(folder, files):
        fsync_folder(path)


def _make_folder(path: Path, folder: NewFolder) -> None:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, folder.owner, folder.owner)
    path.chmod(folder.mode)


def _write_file(path: Path, file: NewFile) -> None:
    """Write a new file, which no one else can read at any time if it is a secret. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(file.content)
        written.flush()
        os.fchown(descriptor, file.reader, file.reader)
        os.fchmod(descriptor, 0o400 if file.is_secret else 0o644)
        fsync_descriptor(descriptor)


def _list_parents(folder: Path, files: Iterable[NewFile]) -> list[Path]:
    return sorted({(folder / file.path).parent for file in files})
