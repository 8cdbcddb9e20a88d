"""Integrity of released files: each is verified against its manifest before it is served, once until it changes."""

from collections.abc import Iterator

import structlog

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.storage import CorruptFile, Store
from app.domain.releases.queries.catalogue_entries import CatalogueFile

log = structlog.get_logger()


class FileIntegrity:
    """Verifies files in the store. `damaged` holds the SHA-256 of files found wrong and not repaired since."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.damaged: set[str] = set()

    def internal_address_if_verified(self, text: CatalogueFile) -> str | None:
        """Return the internal address of the file for the web server, if one `stat` shows that it was verified; else
        None, and `require_intact` decides."""
        if text.sha256 in self.damaged:
            return None
        location = self._store.find_accel_file(text.sha256)
        return location.accel_path if location and location.size == text.size else None

    def require_intact(self, text: CatalogueFile) -> None:
        """Check that the file has the length and digest of its manifest. Raises Unavailable, NotFound."""
        try:
            self._store.verify(text.sha256)
            is_intact = self._store.size(text.sha256) == text.size
        except CorruptFile:
            is_intact = False
        if is_intact:
            self.damaged.discard(text.sha256)
            return
        self.damaged.add(text.sha256)
        log.error("file-not-as-signed", file=text.sha256)
        raise Unavailable(
            _(
                "The stored copy of this file does not match what was released, so it cannot be downloaded. This "
                "has been recorded."
            )
        )

    def verified_chunks(self, text: CatalogueFile) -> Iterator[bytes]:
        """Verify the file, then return it in chunks. Raises Unavailable, NotFound."""
        self.require_intact(text)
        return self._store.iter_chunks(text.sha256)
