"""Back-channel logout: the provider notifies us that a person has signed out (OpenID Connect Back-Channel Logout 1.0).

The route takes the form field `logout_token` of a POST without a session, and answers 200, or 400 for any DomainError,
both with `Cache-Control: no-store`:

    notice = await verify_logout_token(provider, logout_token)
    # in one transaction, in a thread:
    ended = notice.redeem(used_tokens)
    end every session where issuer matches and (sid == ended.sid, if there is one, else subject == ended.subject)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.asgi.oidc.provider import Provider
from app.asgi.oidc.refusal import Untrusted
from app.asgi.oidc.verifier import LEEWAY_SECONDS, check_parties, check_subject, check_times, open_token
from app.core.clock import now

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# The explicit type prevents any other token from being used to sign people out (ASVS 10.5.5).
LOGOUT_TOKEN_TYPES = frozenset({"logout+jwt"})
OLDEST_SECONDS = 120
LONGEST_IDENTIFIER = 255


class UsedTokens(Protocol):
    """Remembers the identifiers of used logout tokens, for all processes of the installation."""

    def use(self, identifier: str, until: datetime) -> bool:
        """Mark an identifier as used; return whether this is the first use. Remembered at least until `until`."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """The sessions to end: those of the provider's session `sid` or, without one, all of the subject."""

    issuer: str
    subject: str | None
    sid: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified logout token that may have been used before; only `redeem` reveals whose sessions end."""

    _identifier: str
    _ended: Ended

    def redeem(self, used: UsedTokens) -> Ended:
        """Mark the token as used and return the sessions to end. Raises OidcVerificationError if it was used before."""
        until = now() + timedelta(seconds=OLDEST_SECONDS + 2 * LEEWAY_SECONDS)
        if not used.use(self._identifier, until):
            raise Untrusted("logout-replayed")
        return self._ended


async def verify_logout_token(provider: Provider, token: str) -> Notice:
    """Verify a logout token (section 2.6). Raises OidcVerificationError or Unavailable."""
    _, claims = await open_token(token, provider.keys, provider.algorithms, LOGOUT_TOKEN_TYPES)
    check_parties(claims, provider.issuer, provider.client_id)
    check_times(claims, OLDEST_SECONDS)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise Untrusted("logout-event")
    if "nonce" in claims:
        raise Untrusted("logout-nonce")
    subject = check_subject(claims) if "sub" in claims else None
    sid = _require_identifier(claims.get("sid"), "logout-session") if "sid" in claims else None
    if subject is None and sid is None:
        raise Untrusted("logout-subject")
    return Notice(_require_identifier(claims.get("jti"), "logout-identifier"), Ended(provider.issuer, subject, sid))


def _require_identifier(value: object, cause: str) -> str:
    """Return a claim that is 1 to 255 printable characters. Raises OidcVerificationError with this cause."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_IDENTIFIER or not value.isprintable():
        raise Untrusted(cause)
    return value
