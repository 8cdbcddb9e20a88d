"""Store of a witness: the last cosigned checkpoint of each ledger in a file, durable before the witness answers."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from app.domain.ledger.rules.signed_notes import Checkpoint, SignedNote


def hash_ledger_origin(origin: str) -> str:
    """Return the name under which the checkpoint of a ledger is stored and requested: the SHA-256 of its origin."""
    return hashlib.sha256(origin.encode()).hexdigest()


class CheckpointStore:
    """A folder that one witness at a time writes to, one checkpoint at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._thread_lock = folder, Lock()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the store from reading the last checkpoint until the next one is stored (C2SP tlog-witness:
        atomically)."""
        with self._thread_lock, (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read_note(self, name: str) -> str | None:
        """Return the last cosigned note by the name of its ledger, None if there is none."""
        path = self._folder / name
        return path.read_text() if path.exists() else None

    def last_checkpoint(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a ledger. Raises Unreadable if the file is damaged: then nothing is
        cosigned."""
        note = self.read_note(hash_ledger_origin(origin))
        return Checkpoint.parse_body(SignedNote.parse_note(note).body) if note is not None else None

    def put_note(self, origin: str, note: str) -> None:
        """Store a note; file, name and folder are durable when this returns."""
        path = self._folder / hash_ledger_origin(origin)
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
