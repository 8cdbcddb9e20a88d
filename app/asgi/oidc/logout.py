"""Back-channel logout: the provider tells us that somebody has signed out (OpenID Connect Back-Channel Logout 1.0).

The route takes the form field `logout_token` of a POST without a session, and answers 200, or 400 to any Refusal, both
with `Cache-Control: no-store`:

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
# Explicit typing keeps any other token from being used to sign people out (ASVS 10.5.5).
LOGOUT_TOKEN_TYPES = frozenset({"logout+jwt"})
OLDEST_SECONDS = 120
LONGEST_IDENTIFIER = 255


class UsedTokens(Protocol):
    """Remembers identifiers of logout tokens, for all processes of the house."""

    def use(self, identifier: str, until: datetime) -> bool:
        """Whether this is the first use; remembered until then at least."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """Whose sessions are over: those of the provider's session `sid` or, without one, all of the subject's."""

    issuer: str
    subject: str | None
    sid: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A logout token that is true, but may have been used before; only `redeem` tells whom it is about."""

    _identifier: str
    _ended: Ended

    def redeem(self, used: UsedTokens) -> Ended:
        """Whose sessions to end. Raises Untrusted if the token was used before."""
        until = now() + timedelta(seconds=OLDEST_SECONDS + 2 * LEEWAY_SECONDS)
        if not used.use(self._identifier, until):
            raise Untrusted("logout-replayed")
        return self._ended


async def verify_logout_token(provider: Provider, token: str) -> Notice:
    """Check a logout token (section 2.6). Raises Untrusted or Unavailable."""
    _, claims = await open_token(token, provider.keys, provider.algorithms, LOGOUT_TOKEN_TYPES)
    check_parties(claims, provider.issuer, provider.client_id)
    check_times(claims, OLDEST_SECONDS)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise Untrusted("logout-event")
    if "nonce" in claims:
        raise Untrusted("logout-nonce")
    subject = check_subject(claims) if "sub" in claims else None
    sid = _identifier(claims.get("sid"), "logout-session") if "sid" in claims else None
    if subject is None and sid is None:
        raise Untrusted("logout-subject")
    return Notice(_identifier(claims.get("jti"), "logout-identifier"), Ended(provider.issuer, subject, sid))


def _identifier(found: object, cause: str) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_IDENTIFIER or not found.isprintable():
        raise Untrusted(cause)
    return found
