"""Folder synchronization: makes a folder equal to a list of files; changed files are written, others removed."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from app.core.storage import hash_file

TEMPORARY_PREFIX = ".writing-"


@dataclass(frozen=True, slots=True)
class FileContent:
    """Content of one file, read in chunks when it is needed."""

    sha256: str
    size: int
    read_chunks: Callable[[], Iterable[bytes]]


class FolderSync:
    """One synchronization of a folder. `statement` is the name of the file that lists the others; it is written last.

    Only files that an earlier statement lists are ever removed. Raises ValueError for a folder that holds other files
    but no statement, and for a path that leads out of it.
    """

    def __init__(self, folder: Path, statement: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.statement_path = folder, folder / statement
        if not self.statement_path.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty, and no earlier copy: name another folder")
        for leftover in folder.rglob(f"{TEMPORARY_PREFIX}*"):  # of a synchronization that was killed
            leftover.unlink(missing_ok=True)
        if not self.statement_path.exists():  # so that the folder is recognized if this one is killed
            self._write(self.statement_path, [json.dumps({"statement": {"files": []}}).encode()])
        self._listed_before = _read_statement(self.statement_path)
        self._listed_now: set[str] = set()
        self.changed_count = 0

    def put_file(self, path: str, content: FileContent) -> None:
        """Write the file unless it has this content already; the existing file is read, so that damage is repaired."""
        target = self.folder / _relative_path(path)
        self._listed_now.add(path)
        if target.is_file() and target.stat().st_size == content.size and hash_file(target) == content.sha256:
            return
        self._write(target, content.read_chunks())
        self.changed_count += 1

    def finish(self, statement: bytes) -> None:
        """Replace the statement, then remove the files that only the earlier one lists."""
        self._write(self.statement_path, [statement])
        for path in self._listed_before - self._listed_now:
            obsolete = self.folder / _relative_path(path)
            obsolete.unlink(missing_ok=True)
            self.changed_count += 1

    def _write(self, target: Path, chunks: Iterable[bytes]) -> None:
        """Write a file atomically and durably, readable by everybody, as a web server needs it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=TEMPORARY_PREFIX, delete=False) as file:
            try:
                file.writelines(chunks)
                os.fchmod(file.fileno(), 0o644)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        Path(file.name).rename(target)


def _read_statement(statement: Path) -> set[str]:
    """Return the paths of an earlier statement; none if there is none. Raises ValueError for another kind of file."""
    if not statement.exists():
        return set()
    try:
        return {str(entry["path"]) for entry in json.loads(statement.read_bytes())["statement"]["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{statement} is no statement of an earlier copy: name another folder") from error


def _relative_path(path: str) -> PurePosixPath:
    """Return the path if it stays in the folder. Raises ValueError otherwise."""
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ValueError(f"a path leads out of the folder: {path}")
    return relative
