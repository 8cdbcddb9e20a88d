"""Keeps the index of this process as its catalogue is: what is new goes in before the catalogue holds it, what is gone
goes out after. So nothing is found early, and nothing that is held is missed.

A few outputs are indexed at once. Many, as at the start over a long archive, are indexed in a thread of their own, and
until then search says that it is being prepared; everything else answers meanwhile.
"""

import fcntl
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import IO

import structlog
from sqlalchemy.orm import sessionmaker

from app.core.db import ReadSession, transaction
from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.signing import PublicKey
from app.dissemination.index import Index
from app.domain.releases import queries
from app.domain.releases.queries import Released
from app.domain.releases.wordings import is_signed

PREFIX = "cwg-read-"
FEW = 200
"""So many outputs are indexed while the catalogue waits, and in one piece."""

log = structlog.get_logger()


class Indexing:
    """The index of a process and what follows from each new catalogue."""

    def __init__(self, read: sessionmaker[ReadSession], keys: Sequence[PublicKey]) -> None:
        """Texts are believed that one of these keys signed."""
        self._read, self._keys = read, keys
        self._index: Index | None = None
        self._ready = self._is_filling = False
        self._wanted: Sequence[Released] = ()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._folder: tuple[Path, IO[str]] | None = None

    def ready(self) -> Index:
        """The index, as far as the catalogue goes. Raises Unavailable while much of that is missing."""
        if self._index is None or not self._ready:
            raise Unavailable(say("Search is being prepared. Everything else can be read meanwhile."))
        return self._index

    @property
    def is_wanting(self) -> bool:
        """Whether there is no search, and nobody is at work on it: something failed, and is to be tried again."""
        return not self._ready and not self._is_filling

    def before(self, session: ReadSession, outputs: Sequence[Released]) -> None:
        """A catalogue of these is about to be held. If they cannot be indexed, there is no search, and it is held."""
        try:
            index = self._begun()
            read = queries.read_files(session)
            changed = index.changed(outputs, read)
            with self._lock:
                self._wanted = outputs
                if self._is_filling:
                    self._ready = False  # what is being filled is the catalogue before this one
                    return
                self._is_filling = len(changed) > FEW
            if self._is_filling:
                self._ready = False
                self._thread = threading.Thread(target=self._fill, name="indexing", daemon=True)
                self._thread.start()
            else:
                self._add(session, index, changed, read)
                self._ready = True
        except (sqlite3.Error, OSError) as error:
            self._failed(error)

    def after(self, outputs: Sequence[Released]) -> None:
        """It is held now."""
        if self._index and not self._is_filling:
            try:
                self._index.keep_only(outputs)
            except sqlite3.Error as error:
                self._failed(error)

    def stop(self) -> None:
        """End, and leave nothing behind."""
        self._over.set()
        if self._thread:
            self._thread.join()
        self._drop()

    def _drop(self) -> None:
        self._ready = False
        index, self._index = self._index, None
        folder, self._folder = self._folder, None
        if index:
            index.close()
        if folder:
            shutil.rmtree(folder[0], ignore_errors=True)
            folder[1].close()

    def _begun(self) -> Index:
        if self._index is None:
            sweep()
            folder = Path(mkdtemp(prefix=PREFIX))
            lock = (folder / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._folder = folder, lock
            self._index = Index(folder)
        return self._index

    def _fill(self) -> None:
        """Until nothing is missing of the catalogue that was wanted last."""
        try:
            while not self._over.is_set():
                wanted = self._wanted
                self._fill_with(wanted)
                with self._lock:
                    if wanted is self._wanted:
                        self._ready, self._is_filling = not self._over.is_set(), False
                        return
        except (sqlite3.Error, OSError, Unavailable) as error:
            self._failed(error)

    def _fill_with(self, wanted: Sequence[Released]) -> None:
        index = self._begun()
        with transaction(self._read) as session:
            read = queries.read_files(session)
        changed = index.changed(wanted, read)
        for first in range(0, len(changed), FEW):
            if self._over.is_set():
                return
            with transaction(self._read) as session:
                self._add(session, index, changed[first : first + FEW], read)
        index.keep_only(wanted)

    def _add(self, session: ReadSession, index: Index, outputs: Sequence[Released], read: frozenset[str]) -> None:
        files = [text.sha256 for output in outputs for text in output.texts if text.sha256 in read]
        found = queries.texts_of(session, files) if files else ()
        good = {each.sha256: each.paragraphs for each in found if is_signed(each, self._keys)}
        for file in sorted({each.sha256 for each in found} - good.keys()):
            log.error("text-not-as-signed", file=file)
        index.add(outputs, good, read)

    def _failed(self, error: Exception) -> None:
        """The next renewal tries again. What an index holds after a fault is not known for certain: it is made anew."""
        self._drop()
        with self._lock:
            self._ready = self._is_filling = False
        log.warning("search-not-current", kind=type(error).__name__)


def sweep() -> None:
    """Remove what processes left that were killed: nobody holds the lock of such a folder any more."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
