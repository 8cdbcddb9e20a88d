"""Encrypted tokens in e-mails with which a mail program unsubscribes a person from one kind of notification (RFC 8058).

A token grants nothing else and reveals nothing. The worker creates it and the portal reads it, so it is encrypted under
a secret that both have (`CWG_MAIL_SECRET`), with a key derived for this purpose.
"""

from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from app.domain.notifications.models import NotificationCategory
from app.domain.notifications.rules.kinds import CATEGORY_BY_KIND
from app.http.oidc.sealed_cookies import TokenSealer

TOKEN_LIFETIME = timedelta(days=730)
UNSUBSCRIBE_PATH = "/letters/stop"


class UnsubscribeTokens:
    """Create and read unsubscribe tokens."""

    def __init__(self, secret: str) -> None:
        self._sealer = TokenSealer(secret, "stopping letters")

    def unsubscribe_url(
        self, portal_url: str, person: UUID, subscription: NotificationCategory | Literal["digest"]
    ) -> str:
        """URL to which a mail program posts the unsubscription (RFC 8058) from a category, or from the digest."""
        token = self._sealer.seal({"person": str(person), "kind": subscription}, TOKEN_LIFETIME)
        return f"{portal_url}{UNSUBSCRIBE_PATH}?{urlencode({'key': token})}"

    def parse_token(self, token: str) -> tuple[UUID, NotificationCategory | Literal["digest"]] | None:
        """Return the person and what they unsubscribe from; None if the token is forged or expired, or what it names is
        no longer known. Those of before 29 November 2026 name a kind: they stop its category."""
        content = self._sealer.unseal(token)
        if content is None:
            return None
        person, name = UUID(str(content["person"])), str(content["kind"])
        if name == "digest":
            return person, "digest"
        if name in NotificationCategory:
            return person, NotificationCategory(name)
        return (person, CATEGORY_BY_KIND[name]) if name in CATEGORY_BY_KIND else None
