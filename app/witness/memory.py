"""What a witness remembers: the last head of each ledger that it cosigned, in a file, durable before it answers."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from app.domain.ledger.notes import Checkpoint, Note


def name_of(origin: str) -> str:
    """Under which the head of a ledger is kept and asked for."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Memory:
    """A folder. Nobody else writes there: one witness at a time, one head at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._one = folder, Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """From the look at the last head to the moment when the next one is kept (C2SP tlog-witness: atomically)."""
        with self._one, (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def note(self, name: str) -> str | None:
        """The last head as it was cosigned, by the name of its ledger."""
        path = self._folder / name
        return path.read_text() if path.exists() else None

    def last(self, origin: str) -> Checkpoint | None:
        """The last head of a ledger. Raises Unreadable where the file is damaged: then nothing is cosigned."""
        note = self.note(name_of(origin))
        return Checkpoint.read(Note.read(note).body) if note is not None else None

    def keep(self, origin: str, note: str) -> None:
        """Durable when this returns: the file, its name, and the folder."""
        path = self._folder / name_of(origin)
        new = path.with_suffix(".new")
        with new.open("w") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
