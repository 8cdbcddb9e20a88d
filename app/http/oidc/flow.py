"""One sign-in, from the redirect to the identity provider to the verified claims.

How an application uses it (`attempts` is an `AttemptStore`: a table, or `AttemptCookies`):

    GET /sign-in            browser = get_or_create_browser_id(request.cookies.get(BROWSER_COOKIE))
                            url, attempt = await begin_sign_in(provider, callback, query.get("next"), browser)
                            attempts.store_attempt(attempt); set BROWSER_COOKIE to `browser` (HttpOnly, SameSite=Lax,
                            Path=/, `__Host-` prefix over TLS, ten minutes or longer); redirect (303) to `url`
    GET /sign-in/callback   attempt = attempts.take_attempt(state)      # in the same transaction: it is then deleted
                            signed_in = await complete_sign_in(provider, callback, query.multi_items(), attempt,
                                                               request.cookies.get(BROWSER_COOKIE))
                            read the claims of `signed_in`; start a session; redirect to `signed_in.next_path`

A browser may have several attempts open, each with its own state. The provider's `error_description` is never shown,
and its `error` is logged only if it is one of the known codes.
"""

import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.core.clock import now
from app.core.hashing import hash_secret
from app.http.oidc.errors import OidcVerificationError, ProviderFault, SignInCancelled, SignInExpired
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.redirect_paths import safe_redirect_path
from app.http.oidc.strict_json import JSONObject
from app.http.oidc.verifier import ExpectedIdToken, find_authentication_time, verify_id_token

ATTEMPT_LIFETIME = timedelta(minutes=10)
BROWSER_COOKIE = "sign-in-browser"
MAX_ACR_LENGTH = 255
KNOWN_ERRORS = frozenset(
    {"access_denied", "invalid_request", "invalid_scope", "login_required", "interaction_required", "consent_required"}
    | {"server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_response_type"}
)
# The provider's own trouble (RFC 6749, 4.1.2.1).
PROVIDER_FAULTS = frozenset({"server_error", "temporarily_unavailable"})
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A sign-in under way. Of the state and the browser cookie only digests are kept."""

    state_digest: str
    browser_digest: str
    nonce: str
    verifier: str
    next_path: str
    expires_at: datetime
    max_age: int | None = None
    acr: str = ""
    statement: str = ""


class AttemptStore(Protocol):
    """Stores attempts until they are completed; each is returned once."""

    def store_attempt(self, attempt: SignInAttempt) -> None:
        """Store an attempt under its `state_digest`."""
        ...

    def take_attempt(self, state: str) -> SignInAttempt | None:
        """Remove and return the attempt whose `state_digest` is `hash_secret(state)`; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class CompletedSignIn:
    """A verified sign-in: the claims of the ID token, and what userinfo adds about the same subject.

    An application with a database accepts `state_digest` once until `expires_at`. `id_token` is stored only if it was
    bound to a `statement`, as its proof; otherwise it waits, encrypted, for the sign-out. It is never sent to a page.
    `authenticated_at` is when the person authenticated, None if the provider does not say; `max_age` and `statement`
    are those of the attempt.
    """

    claims: JSONObject
    userinfo: JSONObject
    id_token: str
    next_path: str
    state_digest: str
    expires_at: datetime
    authenticated_at: datetime | None
    max_age: int | None
    statement: str

    @property
    def acr(self) -> str | None:
        """The authentication class that the provider states; None if it states none, or one that is no short text."""
        acr = self.claims.get("acr")
        return acr if isinstance(acr, str) and len(acr) <= MAX_ACR_LENGTH else None


def get_or_create_browser_id(cookie: str | None) -> str:
    """Return the value of the browser cookie if it is well-formed, otherwise a new one (256 random bits)."""
    return cookie if cookie and _SECRET.fullmatch(cookie) else secrets.token_urlsafe(32)


async def begin_sign_in(
    provider: IdentityProvider,
    redirect_uri: str,
    next_path: str | None,
    browser: str,
    *,
    max_age: int | None = None,
    acr: str = "",
    statement: str = "",
    nonce: str = "",
    login_hint: str = "",
    languages: str = "",
    prompt: str = "",
) -> tuple[str, SignInAttempt]:
    """Start a sign-in: return the URL of the provider to redirect to, and the attempt to store.

    `next_path` is where the browser goes afterwards (see `safe_redirect_path`). With `max_age` the person must have
    authenticated within that many seconds, and with `acr` in that authentication class, for acts that require a recent
    sign-in. `statement` is returned with the completed sign-in; `nonce`, its digest, binds the ID token to it, and is
    random, since the statement contains random bits. With the prompt `login` the provider asks who it is, also if
    somebody is signed in there. Raises Unavailable or OidcVerificationError.
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    nonce = nonce or secrets.token_urlsafe(32)
    extra = {
        "login_hint": login_hint,
        "ui_locales": languages,
        "max_age": "" if max_age is None else str(max_age),
        "acr_values": acr,
        "prompt": prompt,
    }
    url = await provider.authorization_url(
        redirect_uri, state, nonce, verifier, {name: value for name, value in extra.items() if value}
    )
    attempt = SignInAttempt(
        hash_secret(state),
        hash_secret(browser),
        nonce,
        verifier,
        safe_redirect_path(next_path),
        now() + ATTEMPT_LIFETIME,
        max_age,
        acr,
        statement,
    )
    return url, attempt


async def complete_sign_in(
    provider: IdentityProvider,
    redirect_uri: str,
    query: Iterable[tuple[str, str]],
    attempt: SignInAttempt | None,
    browser: str | None,
) -> CompletedSignIn:
    """Check the callback, fetch the tokens and verify them; no one is signed in without a verified ID token.

    `query` contains every parameter as received, repeated ones too; `browser` is the cookie. Raises
    OidcVerificationError, SignInCancelled, SignInExpired and ProviderFault among them, or ProviderUnavailable.
    """
    parameters = _single_parameters(query)
    attempt = _verify_attempt(attempt, parameters.get("state"), browser)
    metadata = await provider.get_metadata()
    if parameters.get("iss", None if metadata.sends_issuer else provider.issuer) != provider.issuer:
        raise OidcVerificationError("callback-issuer")
    if "error" in parameters:
        raise _error_of_provider(parameters["error"])
    if not parameters.get("code"):
        raise OidcVerificationError("no-code")
    tokens = await provider.exchange_code(parameters["code"], redirect_uri, attempt.verifier)
    expected = ExpectedIdToken(
        issuer=provider.issuer,
        client_id=provider.client_id,
        algorithms=provider.algorithms,
        nonce=attempt.nonce,
        access_token=tokens.access_token,
        max_age=attempt.max_age,
        acr=attempt.acr or provider.acr,
    )
    claims = await verify_id_token(tokens.id_token, provider.keys, expected)
    userinfo = await provider.fetch_userinfo(tokens.access_token)
    if userinfo and userinfo.get("sub") != claims["sub"]:
        raise OidcVerificationError("userinfo-subject")
    return CompletedSignIn(
        claims,
        userinfo,
        tokens.id_token,
        attempt.next_path,
        attempt.state_digest,
        attempt.expires_at,
        find_authentication_time(claims),
        attempt.max_age,
        attempt.statement,
    )


def _single_parameters(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the query as a dict. Raises OidcVerificationError if a parameter is repeated."""
    pairs = list(query)
    if any(count > 1 for count in Counter(name for name, _ in pairs).values()):
        raise OidcVerificationError("parameter-repeated")
    return dict(pairs)


def _error_of_provider(error: str) -> OidcVerificationError:
    """Return what the provider's `error` means; one that is not known is not logged either."""
    if error == "access_denied":
        return SignInCancelled()
    cause = f"provider-{error if error in KNOWN_ERRORS else 'error'}"
    return ProviderFault(cause) if error in PROVIDER_FAULTS else OidcVerificationError(cause)


def _verify_attempt(attempt: SignInAttempt | None, state: str | None, browser: str | None) -> SignInAttempt:
    """Return the attempt if it belongs to this state and browser and has not expired. Raises SignInExpired."""
    if attempt is None or not state or not hmac.compare_digest(attempt.state_digest, hash_secret(state)):
        raise SignInExpired("state")
    if not browser or not hmac.compare_digest(attempt.browser_digest, hash_secret(browser)):
        raise SignInExpired("browser")
    if now() >= attempt.expires_at:
        raise SignInExpired("attempt-expired")
    return attempt
