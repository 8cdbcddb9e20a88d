"""Keep the search index of this process in step with its catalogue: new outputs are indexed before the catalogue holds
them, removed ones are deleted afterwards. So no output is found too early, and none in the catalogue is missed.

A few outputs are indexed at once. Many, as at the start with a long archive, are indexed in a background thread; until
then search answers that it is being prepared, and everything else works.
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
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey
from app.dissemination.search.fts_index import NO_TEXT, IndexedText, SearchIndex
from app.domain.releases.queries import releases
from app.domain.releases.queries.catalogue_entries import CatalogueEntry
from app.domain.releases.queries.signed_texts import is_file_text_signed

FOLDER_PREFIX = "cwg-read-"
BATCH_SIZE = 200
"""Outputs indexed while the catalogue waits, and per transaction."""

log = structlog.get_logger()


class Indexer:
    """The search index of one audience in this process, and its updates after each new catalogue."""

    def __init__(self, read_sessions: sessionmaker[ReadSession], keys: Sequence[PublicKey]) -> None:
        """Only texts signed by one of these keys are indexed."""
        self._read, self._keys = read_sessions, keys
        self._index: SearchIndex | None = None
        self.changes = 0
        """How often outputs were indexed, with their texts."""
        self._ready = self._is_filling = self._is_damaged = False
        self._wanted: Sequence[CatalogueEntry] = ()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop_requested = threading.Event()
        self._folder: tuple[Path, IO[str]] | None = None

    def get_ready_index(self) -> SearchIndex:
        """Return the index. Raises Unavailable while much of the catalogue is missing in it."""
        if self._index is None or not self._ready:
            raise Unavailable(_("Search is being prepared. You can read everything else in the meantime."))
        return self._index

    @property
    def is_ready(self) -> bool:
        """Whether nothing of the catalogue is missing in the index."""
        return self._ready

    def read_text(self, output: CatalogueEntry, language: str, characters: int = -1) -> IndexedText:
        """Read the signed text of an output in a language; nothing while it is not indexed. With `characters`, only the
        paragraphs that are whole within so many. An index that cannot be read is built again by the next refresh; its
        closing under a reader is no damage."""
        index = self._index
        try:
            return index.read_text(output.slug, language, characters) if index else NO_TEXT
        except sqlite3.Error as error:
            self._is_damaged, self._ready = index is self._index, False
            log.warning("text-not-read", kind=type(error).__name__)
            return NO_TEXT

    @property
    def needs_retry(self) -> bool:
        """Whether there is no index and none is being built: building failed and must be retried."""
        return not self._ready and not self._is_filling

    def prepare_catalogue(self, session: ReadSession, outputs: Sequence[CatalogueEntry]) -> None:
        """Index the outputs of a catalogue about to be published. On failure it is published without search."""
        try:
            if self._is_damaged and not self._is_filling:
                self._drop()
                self._is_damaged = False
            index = self._open_index()
            read = releases.list_files_with_text(session)
            changed = index.find_changed(outputs, read)
            with self._lock:
                self._wanted = outputs
                if self._is_filling:
                    self._ready = False  # the thread is still indexing the previous catalogue
                    return
                self._is_filling = len(changed) > BATCH_SIZE
            if self._is_filling:
                self._ready = False
                self._thread = threading.Thread(target=self._fill, name="search-index", daemon=True)
                self._thread.start()
            else:
                self._add(session, index, changed, read)
                self._ready = True
        except (sqlite3.Error, OSError) as error:
            self._failed(error)

    def prune_to(self, outputs: Sequence[CatalogueEntry]) -> None:
        """Delete everything that is not in the catalogue now published."""
        if self._index and not self._is_filling:
            try:
                self._index.remove_all_but(outputs)
            except sqlite3.Error as error:
                self._failed(error)

    def stop(self) -> None:
        """Stop indexing and delete the index file."""
        self._stop_requested.set()
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

    def _open_index(self) -> SearchIndex:
        if self._index is None:
            remove_stale_folders()
            folder = Path(mkdtemp(prefix=FOLDER_PREFIX))
            lock = (folder / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._folder = folder, lock
            self._index = SearchIndex(folder)
        return self._index

    def _fill(self) -> None:
        """Index until nothing of the latest requested catalogue is missing."""
        try:
            while not self._stop_requested.is_set():
                wanted = self._wanted
                self._fill_with(wanted)
                with self._lock:
                    if wanted is self._wanted:
                        self._ready, self._is_filling = not self._stop_requested.is_set(), False
                        return
        except (sqlite3.Error, OSError, Unavailable) as error:
            self._failed(error)

    def _fill_with(self, wanted: Sequence[CatalogueEntry]) -> None:
        index = self._open_index()
        with transaction(self._read) as session:
            read = releases.list_files_with_text(session)
        changed = index.find_changed(wanted, read)
        for first in range(0, len(changed), BATCH_SIZE):
            if self._stop_requested.is_set():
                return
            with transaction(self._read) as session:
                self._add(session, index, changed[first : first + BATCH_SIZE], read)
        index.remove_all_but(wanted)

    def _add(
        self, session: ReadSession, index: SearchIndex, outputs: Sequence[CatalogueEntry], read: frozenset[str]
    ) -> None:
        files = [text.sha256 for output in outputs for text in output.texts if text.sha256 in read]
        texts = releases.list_file_texts(session, files) if files else ()
        signed_texts = {text.sha256: text for text in texts if is_file_text_signed(text, self._keys)}
        for file in sorted({text.sha256 for text in texts} - signed_texts.keys()):
            log.error("text-not-as-signed", file=file)
        index.add_outputs(outputs, signed_texts, read)
        self.changes += bool(outputs)

    def _failed(self, error: Exception) -> None:
        """Drop the index and log the error; the next refresh tries again.

        After an error its content is uncertain, so it is rebuilt.
        """
        self._drop()
        with self._lock:
            self._ready = self._is_filling = False
        log.warning("search-not-current", kind=type(error).__name__)


def remove_stale_folders() -> None:
    """Delete the folders of killed processes: no one holds their lock any more."""
    for folder in Path(gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError), (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
