"""One sign-in, from the page that begins it to the claims that end it.

How the doors use it (`attempts` is anything that is `Attempts`: a table, or `SealedAttempts`):

    GET /sign-in            browser = known_browser(request.cookies.get(BROWSER_COOKIE))
                            address, attempt = await begin(provider, callback, query.get("next"), browser)
                            attempts.keep(attempt); set BROWSER_COOKIE to `browser` (HttpOnly, SameSite=Lax, Path=/,
                            `__Host-` before the name under TLS, ten minutes or longer); redirect (303) to `address`
    GET /sign-in/callback   attempt = attempts.take(state)      # in the same transaction: it is then gone
                            done = await complete(provider, callback, query.multi_items(), attempt,
                                                  request.cookies.get(BROWSER_COOKIE))
                            read_claims(provider.issuer, done.claims, done.userinfo, names); a new session; redirect to
                            `done.next_path`

A browser may have several attempts open: each has its own state. What the provider says in `error_description` is
never shown, and `error` is only named in the log if it is one of the known words.
"""

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.asgi.oidc.notation import JSONObject
from app.asgi.oidc.paths import safe_path
from app.asgi.oidc.provider import Provider
from app.asgi.oidc.refusal import Untrusted
from app.asgi.oidc.verifier import Expected, verify_id_token
from app.core.clock import now

LIFETIME = timedelta(minutes=10)
BROWSER_COOKIE = "sign-in-browser"
KNOWN_ERRORS = frozenset(
    {"access_denied", "invalid_request", "invalid_scope", "login_required", "interaction_required", "consent_required"}
    | {"server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_response_type"}
)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way. Of the state and the browser's cookie only digests are kept."""

    state_digest: str
    browser_digest: str
    nonce: str
    verifier: str
    next_path: str
    expires_at: datetime
    max_age: int | None = None


class Attempts(Protocol):
    """Keeps attempts until they are completed; each is given out once."""

    def keep(self, attempt: Attempt) -> None:
        """Keep it under its `state_digest`."""
        ...

    def take(self, state: str) -> Attempt | None:
        """The attempt whose `state_digest` is `digest(state)`, which is then gone; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Completed:
    """Verified: the claims of the ID token, and what userinfo adds about the same subject.

    A door that can keep records lets `state_digest` be used once until `expires_at`.
    `id_token` may be kept beside the session for `Provider.end_session_address`; it never goes to a page.
    """

    claims: JSONObject
    userinfo: JSONObject
    id_token: str
    next_path: str
    state_digest: str
    expires_at: datetime


def digest(secret: str) -> str:
    """What is kept of a secret that was handed out."""
    return hashlib.sha256(secret.encode()).hexdigest()


def known_browser(cookie: str | None) -> str:
    """The value of this browser's cookie if it has a proper one, otherwise a new one (256 random bits)."""
    return cookie if cookie and _SECRET.fullmatch(cookie) else secrets.token_urlsafe(32)


async def begin(
    provider: Provider,
    redirect_uri: str,
    wished: str | None,
    browser: str,
    *,
    max_age: int | None = None,
    login_hint: str = "",
    languages: str = "",
) -> tuple[str, Attempt]:
    """Where to send the browser, and the attempt to keep.

    `wished` is where to go afterwards (see `safe_path`). With `max_age` the person must have authenticated within so
    many seconds, for acts that ask for a fresh sign-in. Raises Unavailable or Untrusted.
    """
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    extra = {"login_hint": login_hint, "ui_locales": languages, "max_age": "" if max_age is None else str(max_age)}
    address = await provider.authorization_address(
        redirect_uri, state, nonce, verifier, {name: value for name, value in extra.items() if value}
    )
    attempt = Attempt(digest(state), digest(browser), nonce, verifier, safe_path(wished), now() + LIFETIME, max_age)
    return address, attempt


async def complete(
    provider: Provider,
    redirect_uri: str,
    query: Iterable[tuple[str, str]],
    attempt: Attempt | None,
    browser: str | None,
) -> Completed:
    """Check the callback, fetch the tokens and verify them; without a verified ID token nobody is signed in.

    `query` is every parameter as it came, repeated ones too; `browser` the cookie. Raises Untrusted or Unavailable.
    """
    asked = _once_each(query)
    attempt = _checked(attempt, asked.get("state"), browser)
    metadata = await provider.metadata()
    if asked.get("iss", None if metadata.says_iss else provider.issuer) != provider.issuer:
        raise Untrusted("callback-issuer")
    if "error" in asked:
        raise Untrusted(f"provider-{asked['error'] if asked['error'] in KNOWN_ERRORS else 'error'}")
    if not asked.get("code"):
        raise Untrusted("no-code")
    tokens = await provider.exchange(asked["code"], redirect_uri, attempt.verifier)
    expected = Expected(
        issuer=provider.issuer,
        client_id=provider.client_id,
        algorithms=provider.algorithms,
        nonce=attempt.nonce,
        access_token=tokens.access_token,
        max_age=attempt.max_age,
        acr=provider.acr,
    )
    claims = await verify_id_token(tokens.id_token, provider.keys, expected)
    userinfo = await provider.userinfo(tokens.access_token)
    if userinfo and userinfo.get("sub") != claims["sub"]:
        raise Untrusted("userinfo-subject")
    return Completed(claims, userinfo, tokens.id_token, attempt.next_path, attempt.state_digest, attempt.expires_at)


def _once_each(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(query)
    if any(count > 1 for count in Counter(name for name, _ in pairs).values()):
        raise Untrusted("parameter-repeated")
    return dict(pairs)


def _checked(attempt: Attempt | None, state: str | None, browser: str | None) -> Attempt:
    """The attempt, if it is the one this state was made for, in this browser, and not too old."""
    if attempt is None or not state or not hmac.compare_digest(attempt.state_digest, digest(state)):
        raise Untrusted("state")
    if not browser or not hmac.compare_digest(attempt.browser_digest, digest(browser)):
        raise Untrusted("browser")
    if now() >= attempt.expires_at:
        raise Untrusted("attempt-expired")
    return attempt
