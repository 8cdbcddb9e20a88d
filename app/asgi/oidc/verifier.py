"""Strict verification of signed tokens: nothing in a token decides how it is verified.

OpenID Connect Core 1.0, 3.1.3.7; RFC 8725; ASVS 5.0, 9.1, 9.2 and 10.5. Algorithms, issuer, client and key location are
pinned.
"""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from joserfc import jws
from joserfc.errors import JoseError

from app.asgi.oidc.keys import PublicKey
from app.asgi.oidc.notation import JSONObject, from_base64url, read_object, to_base64url
from app.asgi.oidc.refusal import Untrusted
from app.core.clock import now

LEEWAY_SECONDS = 30
OLDEST_SECONDS = 600
LONGEST_TOKEN = 32 * 1024
LONGEST_SUBJECT = 255
# Headers by which a token could choose the key or its own meaning (RFC 7515, 4.1; RFC 7797).
MEDDLING = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
ID_TOKEN_TYPES = frozenset({None, "jwt"})
HASHES = MappingProxyType({"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512})


class FindsKeys(Protocol):
    """Source of the public keys; see `ProviderKeys`."""

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """Find the key with this key id for this algorithm. Raises OidcVerificationError."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must contain to be accepted for this sign-in."""

    issuer: str
    client_id: str
    algorithms: Collection[str]
    nonce: str
    access_token: str | None = None
    max_age: int | None = None
    acr: str = ""


async def verify_id_token(token: str, keys: FindsKeys, expected: Expected) -> JSONObject:
    """Return the claims of an ID token that is signed, for us, fresh, and for this sign-in.

    Raises OidcVerificationError.
    """
    algorithm, claims = await open_token(token, keys, expected.algorithms, ID_TOKEN_TYPES)
    check_parties(claims, expected.issuer, expected.client_id)
    check_times(claims, OLDEST_SECONDS)
    check_subject(claims)
    if not _is_equal(claims.get("nonce"), expected.nonce):
        raise Untrusted("nonce")
    if "events" in claims:
        raise Untrusted("events")
    _check_access_token(claims, algorithm, expected.access_token)
    _check_authentication(claims, expected)
    return claims


async def open_token(
    token: str, keys: FindsKeys, algorithms: Collection[str], types: Collection[str | None]
) -> tuple[str, JSONObject]:
    """Verify format, type and signature of a compact JWS; return algorithm and claims. Raises OidcVerificationError."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        raise Untrusted("form")
    head, body, signature = (from_base64url(part, "form") for part in parts)
    header = read_object(head, "header")
    if not signature or MEDDLING & header.keys():
        raise Untrusted("header")
    _check_type(header.get("typ"), types)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm[:2] not in {"RS", "PS", "ES", "Ed"}:
        raise Untrusted("algorithm")
    if kid is not None and not isinstance(kid, str):
        raise Untrusted("key")
    _check_signature(token, await keys.find(kid, algorithm), algorithm)
    return algorithm, read_object(body, "claims")


def _check_type(value: object, types: Collection[str | None]) -> None:
    # "application/" may be left out, and case does not matter (RFC 7515, 4.1.9).
    """Check the `typ` header against the accepted types. Raises OidcVerificationError."""
    if isinstance(value, str):
        value = value.lower().removeprefix("application/")
    if value not in types:
        raise Untrusted("type")


def _check_signature(token: str, key: PublicKey, algorithm: str) -> None:
    """Raises OidcVerificationError unless the key made this signature with this algorithm."""
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise Untrusted("signature") from error


def check_parties(claims: JSONObject, issuer: str, client_id: str) -> None:
    """Check that the issuer is the pinned one and we are the only audience (ASVS 9.2.3, 9.2.4).

    Raises OidcVerificationError.
    """
    if claims.get("iss") != issuer:
        raise Untrusted("issuer")
    if claims.get("aud") not in (client_id, [client_id]):
        raise Untrusted("audience")
    if "azp" in claims and claims["azp"] != client_id:
        raise Untrusted("authorized-party")


def check_times(claims: JSONObject, oldest: int) -> None:
    """Check that a token is valid now and at most `max_age` seconds old. Raises OidcVerificationError."""
    instant = now().timestamp()
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expires is None or instant >= expires + LEEWAY_SECONDS:
        raise Untrusted("expired")
    if issued is None or not instant - oldest - LEEWAY_SECONDS <= issued <= instant + LEEWAY_SECONDS:
        raise Untrusted("issued")
    not_before = _seconds(claims, "nbf")
    if not_before is not None and not_before > instant + LEEWAY_SECONDS:
        raise Untrusted("not-yet")


def _seconds(claims: JSONObject, name: str) -> float | None:
    """Return a time claim in seconds since 1970; None if it is missing.

    Raises OidcVerificationError if it is no number.
    """
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Untrusted("time")
    return float(value)


def check_subject(claims: JSONObject) -> str:
    """Return the subject: 1 to 255 ASCII characters (OpenID Connect Core 1.0, 2). Raises OidcVerificationError."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject.strip()) <= len(subject) <= LONGEST_SUBJECT:
        raise Untrusted("subject")
    if not subject.isascii() or not subject.isprintable():
        raise Untrusted("subject")
    return subject


def _check_access_token(claims: JSONObject, algorithm: str, access_token: str | None) -> None:
    """Check `at_hash`, if present, against the access token. Raises OidcVerificationError."""
    if "at_hash" not in claims:
        return
    if access_token is None or not _is_equal(claims["at_hash"], half_hash(access_token, algorithm)):
        raise Untrusted("access-token-hash")


def half_hash(text: str, algorithm: str) -> str:
    """Return the left half of the hash that belongs to a signature algorithm (OpenID Connect Core 1.0, 3.1.3.6)."""
    digest = HASHES.get(algorithm[-3:], hashlib.sha512)(text.encode()).digest()
    return to_base64url(digest[: len(digest) // 2])


def _check_authentication(claims: JSONObject, expected: Expected) -> None:
    """Check `acr`, and `auth_time` if a maximum age was requested. Raises OidcVerificationError."""
    if expected.acr and claims.get("acr") != expected.acr:
        raise Untrusted("acr")
    if expected.max_age is None:
        return
    authenticated, instant = _seconds(claims, "auth_time"), now().timestamp()
    oldest = instant - expected.max_age - LEEWAY_SECONDS
    if authenticated is None or not oldest <= authenticated <= instant + LEEWAY_SECONDS:
        raise Untrusted("auth-time")


def _is_equal(value: object, expected: str) -> bool:
    return isinstance(value, str) and bool(expected) and hmac.compare_digest(value.encode(), expected.encode())
