"""Whether a file is what its manifest says: worked out before it is served, once for as long as nobody touches it."""

from collections.abc import Iterator

import structlog

from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.store import Damaged, Store
from app.domain.releases.queries import Text

log = structlog.get_logger()


class Proof:
    """Asks the store for proof. `damaged` are the digests of the files that were found wrong, and not mended since."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.damaged: set[str] = set()

    def at_hand(self, text: Text) -> str | None:
        """Where the web server in front finds the file, if it is known from one look at the disk that it is what its
        manifest says. Whatever is not so is `insist`'s to find out."""
        if text.sha256 in self.damaged:
            return None
        there = self._store.at_hand(text.sha256)
        return there.address if there and there.size == text.size else None

    def insist(self, text: Text) -> None:
        """Return if the file has the length and the digest of its manifest. Raises Unavailable, Unknown."""
        try:
            self._store.prove(text.sha256)
            is_right = self._store.size(text.sha256) == text.size
        except Damaged:
            is_right = False
        if is_right:
            self.damaged.discard(text.sha256)
            return
        self.damaged.add(text.sha256)
        log.error("file-not-as-signed", file=text.sha256)
        raise Unavailable(
            say("What is kept here of this file is not what was released, so it is not given out. It was noted.")
        )

    def pieces(self, text: Text) -> Iterator[bytes]:
        """The file in pieces, proven before the first one."""
        self.insist(text)
        return self._store.pieces(text.sha256)
