"""A folder that is kept the same as a list of files: what changed is written, what is listed no more is removed."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from app.core.store import digest_of

WRITING = ".writing-"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is to hold, given in pieces when it is asked for."""

    sha256: str
    size: int
    pieces: Callable[[], Iterable[bytes]]


class Tree:
    """One renewal of such a folder. `statement` is the name of the file that lists the others; it is written last.

    Only what an earlier statement lists is ever removed. Raises ValueError for a folder that holds other things and no
    statement, and for a path that leads out of it.
    """

    def __init__(self, folder: Path, statement: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.statement = folder, folder / statement
        if not self.statement.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty, and no earlier copy: name another folder")
        for left in folder.rglob(f"{WRITING}*"):  # of one that was killed
            left.unlink(missing_ok=True)
        if not self.statement.exists():  # so that one that is killed now is known again as ours
            self._write(self.statement, [json.dumps({"statement": {"files": []}}).encode()])
        self._before = _listed(self.statement)
        self._now: set[str] = set()
        self.changed = 0

    def put(self, path: str, content: Content) -> None:
        """Have the file there. What is there is read, so that one that rotted or was altered is written anew."""
        place = self.folder / _inside(path)
        self._now.add(path)
        if place.is_file() and place.stat().st_size == content.size and digest_of(place) == content.sha256:
            return
        self._write(place, content.pieces())
        self.changed += 1

    def close(self, statement: bytes) -> None:
        """Put the statement in the place of the earlier one, then remove what only that one lists."""
        self._write(self.statement, [statement])
        for path in self._before - self._now:
            gone = self.folder / _inside(path)
            gone.unlink(missing_ok=True)
            self.changed += 1

    def _write(self, place: Path, pieces: Iterable[bytes]) -> None:
        """Whole under its name, or not at all; readable by everybody, as a web server needs it."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=place.parent, prefix=WRITING, delete=False) as file:
            try:
                file.writelines(pieces)
                os.fchmod(file.fileno(), 0o644)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        Path(file.name).rename(place)


def _listed(statement: Path) -> set[str]:
    """The paths of an earlier statement; none if there is none."""
    if not statement.exists():
        return set()
    try:
        return {str(each["path"]) for each in json.loads(statement.read_bytes())["statement"]["files"]}
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"{statement} is no statement of an earlier copy: name another folder") from fault


def _inside(path: str) -> PurePosixPath:
    plain = PurePosixPath(path)
    if plain.is_absolute() or ".." in plain.parts or not plain.parts:
        raise ValueError(f"a path leads out of the folder: {path}")
    return plain
