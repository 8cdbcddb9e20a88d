"""Encrypted tokens in e-mails with which a mail program unsubscribes a person from one kind of notification (RFC 8058).

A token grants nothing else and reveals nothing. The worker creates it and the portal reads it, so it is encrypted under
a secret that both have (`CWG_MAIL_SECRET`), with a key derived for this purpose.
"""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from app.domain.notifications.models import NotificationCategory
from app.http.oidc.sealed_cookies import TokenSealer

TOKEN_LIFETIME = timedelta(days=730)
UNSUBSCRIBE_PATH = "/letters/stop"


class UnsubscribeTokens:
    """Create and read unsubscribe tokens."""

    def __init__(self, secret: str) -> None:
        self._sealer = TokenSealer(secret, "stopping letters")

    def unsubscribe_url(self, portal_url: str, person: UUID, kind: NotificationCategory) -> str:
        """URL to which a mail program posts the unsubscription (RFC 8058)."""
        token = self._sealer.seal({"person": str(person), "kind": kind}, TOKEN_LIFETIME)
        return f"{portal_url}{UNSUBSCRIBE_PATH}?{urlencode({'key': token})}"

    def parse_token(self, token: str) -> tuple[UUID, NotificationCategory] | None:
        """Return the person and the kind of notification; None if the token is forged or expired, or its kind is no
        longer known."""
        content = self._sealer.unseal(token)
        kind = str(content["kind"]) if content else ""
        return (
            (UUID(str(content["person"])), NotificationCategory(kind))
            if content and kind in list(NotificationCategory)
            else None
        )
