"""Encrypted tokens in e-mails with which a mail program unsubscribes a person from one kind of notification (RFC 8058).

A token grants nothing else and reveals nothing. The worker creates it and the portal reads it, so it is encrypted under
the one secret that both have, with a key derived for this purpose.
"""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from app.asgi.oidc.sealed import Sealer
from app.domain.letters.models import Kind

LIFETIME = timedelta(days=730)
PATH = "/letters/stop"


class LetterKeys:
    """Create and read unsubscribe tokens."""

    def __init__(self, secret: str) -> None:
        self._sealer = Sealer(secret, "stopping letters")

    def address(self, portal: str, person: UUID, kind: Kind) -> str:
        """URL to which a mail program posts the unsubscription (RFC 8058)."""
        token = self._sealer.seal({"person": str(person), "kind": kind}, LIFETIME)
        return f"{portal}{PATH}?{urlencode({'key': token})}"

    def read(self, key: str) -> tuple[UUID, Kind] | None:
        """Return the person and the kind of notification; None if the token is forged or expired, or its kind is no
        longer known."""
        content = self._sealer.unseal(key)
        kind = str(content["kind"]) if content else ""
        return (UUID(str(content["person"])), Kind(kind)) if content and kind in list(Kind) else None
