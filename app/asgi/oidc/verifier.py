"""Our own strict verifier of signed tokens: nothing a token says about itself decides how it is verified.

OpenID Connect Core 1.0, 3.1.3.7; RFC 8725; ASVS 5.0, 9.1, 9.2 and 10.5. The algorithms, the issuer, the client and the
place of the keys are ours and pinned.
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
# Headers that would choose the key, or the meaning of the token, for us (RFC 7515, 4.1; RFC 7797).
MEDDLING = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
ID_TOKEN_TYPES = frozenset({None, "jwt"})
HASHES = MappingProxyType({"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512})


class FindsKeys(Protocol):
    """Where the public keys come from; see `app.asgi.oidc.keys.Keys`."""

    async def find(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key of that name for that algorithm. Raises Untrusted."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must be to be ours, and answer this very sign-in."""

    issuer: str
    client_id: str
    algorithms: Collection[str]
    nonce: str
    access_token: str | None = None
    max_age: int | None = None
    acr: str = ""


async def verify_id_token(token: str, keys: FindsKeys, expected: Expected) -> JSONObject:
    """The claims of an ID token that is signed, ours, fresh and the answer to this sign-in. Raises Untrusted."""
    algorithm, claims = await open_token(token, keys, expected.algorithms, ID_TOKEN_TYPES)
    check_parties(claims, expected.issuer, expected.client_id)
    check_times(claims, OLDEST_SECONDS)
    check_subject(claims)
    if not _same(claims.get("nonce"), expected.nonce):
        raise Untrusted("nonce")
    if "events" in claims:
        raise Untrusted("events")
    _check_access_token(claims, algorithm, expected.access_token)
    _check_strength(claims, expected)
    return claims


async def open_token(
    token: str, keys: FindsKeys, algorithms: Collection[str], types: Collection[str | None]
) -> tuple[str, JSONObject]:
    """Check form, type and signature of a compact JWS; gives the algorithm and the claims. Raises Untrusted."""
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


def _check_type(found: object, types: Collection[str | None]) -> None:
    # "application/" may be left out, and case does not matter (RFC 7515, 4.1.9).
    if isinstance(found, str):
        found = found.lower().removeprefix("application/")
    if found not in types:
        raise Untrusted("type")


def _check_signature(token: str, key: PublicKey, algorithm: str) -> None:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise Untrusted("signature") from error


def check_parties(claims: JSONObject, issuer: str, client_id: str) -> None:
    """From the issuer we know, for us and nobody else (ASVS 9.2.3, 9.2.4). Raises Untrusted."""
    if claims.get("iss") != issuer:
        raise Untrusted("issuer")
    if claims.get("aud") not in (client_id, [client_id]):
        raise Untrusted("audience")
    if "azp" in claims and claims["azp"] != client_id:
        raise Untrusted("authorized-party")


def check_times(claims: JSONObject, oldest: int) -> None:
    """Valid now, and made no longer ago than `oldest` seconds. Raises Untrusted."""
    instant = now().timestamp()
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expires is None or instant >= expires + LEEWAY_SECONDS:
        raise Untrusted("expired")
    if issued is None or not instant - oldest - LEEWAY_SECONDS <= issued <= instant + LEEWAY_SECONDS:
        raise Untrusted("issued")
    begins = _seconds(claims, "nbf")
    if begins is not None and begins > instant + LEEWAY_SECONDS:
        raise Untrusted("not-yet")


def _seconds(claims: JSONObject, name: str) -> float | None:
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Untrusted("time")
    return float(found)


def check_subject(claims: JSONObject) -> str:
    """The subject: 1 to 255 ASCII characters (OpenID Connect Core 1.0, 2). Raises Untrusted."""
    found = claims.get("sub")
    if not isinstance(found, str) or not 0 < len(found.strip()) <= len(found) <= LONGEST_SUBJECT:
        raise Untrusted("subject")
    if not found.isascii() or not found.isprintable():
        raise Untrusted("subject")
    return found


def _check_access_token(claims: JSONObject, algorithm: str, access_token: str | None) -> None:
    if "at_hash" not in claims:
        return
    if access_token is None or not _same(claims["at_hash"], half_hash(access_token, algorithm)):
        raise Untrusted("access-token-hash")


def half_hash(text: str, algorithm: str) -> str:
    """The left half of the digest that goes with a signature algorithm (OpenID Connect Core 1.0, 3.1.3.6)."""
    digest = HASHES.get(algorithm[-3:], hashlib.sha512)(text.encode()).digest()
    return to_base64url(digest[: len(digest) // 2])


def _check_strength(claims: JSONObject, expected: Expected) -> None:
    if expected.acr and claims.get("acr") != expected.acr:
        raise Untrusted("acr")
    if expected.max_age is None:
        return
    authenticated, instant = _seconds(claims, "auth_time"), now().timestamp()
    oldest = instant - expected.max_age - LEEWAY_SECONDS
    if authenticated is None or not oldest <= authenticated <= instant + LEEWAY_SECONDS:
        raise Untrusted("auth-time")


def _same(found: object, wanted: str) -> bool:
    return isinstance(found, str) and bool(wanted) and hmac.compare_digest(found.encode(), wanted.encode())
