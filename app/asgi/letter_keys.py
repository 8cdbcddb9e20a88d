"""The key in a letter with which a mail program stops letters of its kind for its reader, without signing in.

It opens nothing else, and tells whoever finds it nothing: it is sealed. The worker makes it and the portal reads it, so
it is sealed under the one secret that both have, by a key derived for this purpose alone.
"""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from app.asgi.oidc.sealed import Sealer
from app.domain.letters.models import Kind

LIFETIME = timedelta(days=730)
PATH = "/letters/stop"


class LetterKeys:
    """Makes and reads these keys."""

    def __init__(self, secret: str) -> None:
        self._sealer = Sealer(secret, "stopping letters")

    def address(self, portal: str, person: UUID, kind: Kind) -> str:
        """Where a mail program sends its wish to (RFC 8058)."""
        key = self._sealer.seal({"person": str(person), "kind": kind}, LIFETIME)
        return f"{portal}{PATH}?{urlencode({'key': key})}"

    def read(self, key: str) -> tuple[UUID, Kind] | None:
        """Whose letters of which kind; None if we did not make it, or long ago, or of a kind that there was."""
        found = self._sealer.unseal(key)
        kind = str(found["kind"]) if found else ""
        return (UUID(str(found["person"])), Kind(kind)) if found and kind in list(Kind) else None
