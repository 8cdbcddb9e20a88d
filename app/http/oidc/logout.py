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

from app.core.clock import now
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.verifier import (
    LEEWAY_SECONDS,
    check_issuer_and_audience,
    check_subject_claim,
    check_token_times,
    verify_signed_token,
)

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# The explicit type prevents any other token from being used to sign people out (ASVS 10.5.5).
LOGOUT_TOKEN_TYPES = frozenset({"logout+jwt"})
MAX_LOGOUT_TOKEN_AGE = 120
MAX_IDENTIFIER_LENGTH = 255


class UsedTokenStore(Protocol):
    """Remembers the identifiers of used logout tokens, for all processes of the installation."""

    def use(self, identifier: str, until: datetime) -> bool:
        """Mark an identifier as used; return whether this is the first use. Remembered at least until `until`."""
        ...


@dataclass(frozen=True, slots=True)
class SessionsToEnd:
    """The sessions to end: those of the provider's session `sid` or, without one, all of the subject."""

    issuer: str
    subject: str | None
    sid: str | None


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """A verified logout token that may have been used before; only `redeem` reveals whose sessions end."""

    _identifier: str
    _ended: SessionsToEnd

    def redeem(self, used_tokens: UsedTokenStore) -> SessionsToEnd:
        """Mark the token as used and return the sessions to end. Raises OidcVerificationError if it was used before."""
        until = now() + timedelta(seconds=MAX_LOGOUT_TOKEN_AGE + 2 * LEEWAY_SECONDS)
        if not used_tokens.use(self._identifier, until):
            raise OidcVerificationError("logout-replayed")
        return self._ended


async def verify_logout_token(provider: IdentityProvider, token: str) -> LogoutNotice:
    """Verify a logout token (section 2.6). Raises OidcVerificationError or Unavailable."""
    _, claims = await verify_signed_token(token, provider.keys, provider.algorithms, LOGOUT_TOKEN_TYPES)
    check_issuer_and_audience(claims, provider.issuer, provider.client_id)
    check_token_times(claims, MAX_LOGOUT_TOKEN_AGE)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise OidcVerificationError("logout-event")
    if "nonce" in claims:
        raise OidcVerificationError("logout-nonce")
    subject = check_subject_claim(claims) if "sub" in claims else None
    sid = _require_identifier(claims.get("sid"), "logout-session") if "sid" in claims else None
    if subject is None and sid is None:
        raise OidcVerificationError("logout-subject")
    return LogoutNotice(
        _require_identifier(claims.get("jti"), "logout-identifier"), SessionsToEnd(provider.issuer, subject, sid)
    )


def _require_identifier(value: object, cause: str) -> str:
    """Return a claim that is 1 to 255 printable characters. Raises OidcVerificationError with this cause."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_IDENTIFIER_LENGTH or not value.isprintable():
        raise OidcVerificationError(cause)
    return value
