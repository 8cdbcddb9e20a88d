"""Strict verification of signed tokens: nothing in a token decides how it is verified.

OpenID Connect Core 1.0, 3.1.3.7; RFC 8725; ASVS 5.0, 9.1, 9.2 and 10.5. Algorithms, issuer, client and key location are
pinned.
"""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from joserfc import jws
from joserfc.errors import JoseError

from app.core.clock import now
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.keys import ProviderPublicKey
from app.http.oidc.strict_json import JSONObject, decode_base64url, encode_base64url, parse_json_object

LEEWAY_SECONDS = 30
MAX_ID_TOKEN_AGE = 600
MAX_TOKEN_LIFETIME = 24 * 3600
"""Seconds from the issue of a token to its end: one that is valid for longer was not made for one sign-in."""
MAX_TOKEN_LENGTH = 32 * 1024
MAX_SUBJECT_LENGTH = 255
# Headers by which a token could choose the key or its own meaning (RFC 7515, 4.1; RFC 7797).
FORBIDDEN_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
ID_TOKEN_TYPES = frozenset({None, "jwt"})
HASHES_BY_SIZE = MappingProxyType({"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512})


class KeyFinder(Protocol):
    """Source of the public keys; see `ProviderKeys`."""

    async def find_key(self, kid: str | None, algorithm: str) -> ProviderPublicKey:
        """Find the key with this key id for this algorithm. Raises OidcVerificationError."""
        ...

    async def find_replacement(self, kid: str | None, algorithm: str) -> ProviderPublicKey | None:
        """Find the key that may have taken the place of one with this key id; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ExpectedIdToken:
    """What an ID token must contain to be accepted for this sign-in."""

    issuer: str
    client_id: str
    algorithms: Collection[str]
    nonce: str
    access_token: str | None = None
    max_age: int | None = None
    acr: str = ""


async def verify_id_token(token: str, keys: KeyFinder, expected: ExpectedIdToken) -> JSONObject:
    """Return the claims of an ID token that is signed, for us, fresh, and for this sign-in.

    Raises OidcVerificationError.
    """
    algorithm, claims = await verify_signed_token(token, keys, expected.algorithms, ID_TOKEN_TYPES)
    check_issuer_and_audience(claims, expected.issuer, expected.client_id)
    check_token_times(claims, MAX_ID_TOKEN_AGE)
    check_subject_claim(claims)
    if not _is_equal(claims.get("nonce"), expected.nonce):
        raise OidcVerificationError("nonce")
    if "events" in claims:
        raise OidcVerificationError("events")
    _check_access_token(claims, algorithm, expected.access_token)
    _check_authentication(claims, expected, now().timestamp())
    return claims


async def verify_kept_id_token(
    token: str,
    keys: KeyFinder,
    expected: ExpectedIdToken,
    *,
    used_at: datetime,
    max_delay: timedelta,
    issued_after: datetime,
) -> JSONObject:
    """Return the claims of an ID token that was used at an earlier instant, at most `max_delay` after its issue.

    It is verified as of its issue, which was not before `issued_after`, without its access token, which is not kept.
    Raises OidcVerificationError, with the cause `late` for a token of before that instant.
    """
    _, claims = await verify_signed_token(token, keys, expected.algorithms, ID_TOKEN_TYPES)
    check_issuer_and_audience(claims, expected.issuer, expected.client_id)
    issued, expires, delay = _seconds(claims, "iat"), _seconds(claims, "exp"), max_delay.total_seconds()
    if issued is None or not -LEEWAY_SECONDS <= used_at.timestamp() - issued <= delay + LEEWAY_SECONDS:
        raise OidcVerificationError("issued")
    if issued < issued_after.timestamp():
        raise OidcVerificationError("late")
    if expires is None or expires <= issued:
        raise OidcVerificationError("expired")
    _check_lifetime(issued, expires)
    check_subject_claim(claims)
    if not _is_equal(claims.get("nonce"), expected.nonce):
        raise OidcVerificationError("nonce")
    if "events" in claims:
        raise OidcVerificationError("events")
    _check_authentication(claims, expected, issued)
    return claims


async def verify_signed_token(
    token: str, keys: KeyFinder, algorithms: Collection[str], types: Collection[str | None]
) -> tuple[str, JSONObject]:
    """Verify format, type and signature of a compact JWS; return algorithm and claims. Raises OidcVerificationError."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN_LENGTH or len(parts) != 3:
        raise OidcVerificationError("form")
    head, body, signature = (decode_base64url(part, "form") for part in parts)
    header = parse_json_object(head, "header")
    if not signature or FORBIDDEN_HEADERS & header.keys():
        raise OidcVerificationError("header")
    _check_type(header.get("typ"), types)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm[:2] not in {"RS", "PS", "ES", "Ed"}:
        raise OidcVerificationError("algorithm")
    if kid is not None and not isinstance(kid, str):
        raise OidcVerificationError("key")
    key = await keys.find_key(kid, algorithm)
    try:
        _check_signature(token, key, algorithm)
    except OidcVerificationError:
        if (replacement := await keys.find_replacement(kid, algorithm)) is None:
            raise
        _check_signature(token, replacement, algorithm)
    return algorithm, parse_json_object(body, "claims")


def _check_type(value: object, types: Collection[str | None]) -> None:
    # "application/" may be left out, and case does not matter (RFC 7515, 4.1.9).
    """Check the `typ` header against the accepted types. Raises OidcVerificationError."""
    if isinstance(value, str):
        value = value.lower().removeprefix("application/")
    if value not in types:
        raise OidcVerificationError("type")


def _check_signature(token: str, key: ProviderPublicKey, algorithm: str) -> None:
    """Raises OidcVerificationError unless the key made this signature with this algorithm."""
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise OidcVerificationError("signature") from error


def check_issuer_and_audience(claims: JSONObject, issuer: str, client_id: str) -> None:
    """Check that the issuer is the pinned one and we are the only audience (ASVS 9.2.3, 9.2.4).

    Raises OidcVerificationError.
    """
    if claims.get("iss") != issuer:
        raise OidcVerificationError("issuer")
    if claims.get("aud") not in (client_id, [client_id]):
        raise OidcVerificationError("audience")
    if "azp" in claims and claims["azp"] != client_id:
        raise OidcVerificationError("authorized-party")


def check_token_times(claims: JSONObject, max_age: int) -> None:
    """Check that a token is valid now, at most `max_age` seconds old, and ends within a day of its issue.

    Raises OidcVerificationError.
    """
    instant = now().timestamp()
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expires is None or instant >= expires + LEEWAY_SECONDS:
        raise OidcVerificationError("expired")
    if issued is None or not instant - max_age - LEEWAY_SECONDS <= issued <= instant + LEEWAY_SECONDS:
        raise OidcVerificationError("issued")
    _check_lifetime(issued, expires)
    not_before = _seconds(claims, "nbf")
    if not_before is not None and not_before > instant + LEEWAY_SECONDS:
        raise OidcVerificationError("not-yet")


def _check_lifetime(issued: float, expires: float) -> None:
    """Check that a token ends within `MAX_TOKEN_LIFETIME` seconds of its issue. Raises OidcVerificationError."""
    if expires - issued > MAX_TOKEN_LIFETIME:
        raise OidcVerificationError("lifetime")


def _seconds(claims: JSONObject, name: str) -> float | None:
    """Return a time claim in seconds since 1970; None if it is missing.

    Raises OidcVerificationError if it is no number.
    """
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OidcVerificationError("time")
    return float(value)


def find_authentication_time(claims: JSONObject) -> datetime | None:
    """Find when the person authenticated, of a verified token; None if it does not say, or says nothing possible.

    A sign-in for which no `max_age` was asked may come without `auth_time`, which is required otherwise (OpenID
    Connect Core 1.0, 2). A time before 1970 or in the future counts as none; within the leeway, it is now.
    """
    value, instant = claims.get("auth_time"), now()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= instant.timestamp() + LEEWAY_SECONDS:
        return None
    return min(datetime.fromtimestamp(value, UTC), instant)


def check_subject_claim(claims: JSONObject) -> str:
    """Return the subject: 1 to 255 ASCII characters (OpenID Connect Core 1.0, 2). Raises OidcVerificationError."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject.strip()) <= len(subject) <= MAX_SUBJECT_LENGTH:
        raise OidcVerificationError("subject")
    if not subject.isascii() or not subject.isprintable():
        raise OidcVerificationError("subject")
    return subject


def _check_access_token(claims: JSONObject, algorithm: str, access_token: str | None) -> None:
    """Check `at_hash`, if present, against the access token. Raises OidcVerificationError."""
    if "at_hash" not in claims:
        return
    if access_token is None or not _is_equal(claims["at_hash"], compute_half_hash(access_token, algorithm)):
        raise OidcVerificationError("access-token-hash")


def compute_half_hash(text: str, algorithm: str) -> str:
    """Return the left half of the hash that belongs to a signature algorithm (OpenID Connect Core 1.0, 3.1.3.6)."""
    digest = HASHES_BY_SIZE.get(algorithm[-3:], hashlib.sha512)(text.encode()).digest()
    return encode_base64url(digest[: len(digest) // 2])


def _check_authentication(claims: JSONObject, expected: ExpectedIdToken, instant: float) -> None:
    """Check `acr`, and `auth_time` at that instant if a maximum age was requested. Raises OidcVerificationError."""
    if expected.acr and claims.get("acr") != expected.acr:
        raise OidcVerificationError("acr")
    if expected.max_age is None:
        return
    authenticated = _seconds(claims, "auth_time")
    oldest = instant - expected.max_age - LEEWAY_SECONDS
    if authenticated is None or not oldest <= authenticated <= instant + LEEWAY_SECONDS:
        raise OidcVerificationError("auth-time")


def _is_equal(value: object, expected: str) -> bool:
    return isinstance(value, str) and bool(expected) and hmac.compare_digest(value.encode(), expected.encode())
