"""Whether a file is what its manifest says: worked out before it is served, once for as long as nobody touches it."""

from collections.abc import Hashable, Iterator
from threading import Lock

import structlog

from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.store import Damaged, Store
from app.domain.releases.queries import Text

log = structlog.get_logger()


class Proof:
    """What this process has proven of the files in its store, by digest: the mark that the store had on it then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._proven: dict[str, Hashable] = {}
        self._lock = Lock()
        self.damaged: set[str] = set()

    def insist(self, text: Text) -> None:
        """Return if the file has the length and the digest of its manifest. Raises Unavailable, Unknown."""
        mark = self._store.mark(text.sha256)
        with self._lock:
            if self._proven.get(text.sha256) == mark:
                return
        if not self._holds(text):
            with self._lock:
                self.damaged.add(text.sha256)
            log.error("file-not-as-signed", file=text.sha256)
            raise Unavailable(
                say("What is kept here of this file is not what was released, so it is not given out. It was noted.")
            )
        with self._lock:
            self._proven[text.sha256] = mark
            self.damaged.discard(text.sha256)

    def pieces(self, text: Text) -> Iterator[bytes]:
        """The file in pieces, proven before the first one."""
        self.insist(text)
        return self._store.pieces(text.sha256)

    def _holds(self, text: Text) -> bool:
        """A store gives the last piece of a whole file only once all of them together have its digest."""
        try:
            return sum(map(len, self._store.pieces(text.sha256))) == text.size
        except Damaged:
            return False
