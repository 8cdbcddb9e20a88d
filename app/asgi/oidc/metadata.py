"""The discovery document, read with suspicion: it may say where things are, but not where we do not want to go.

OpenID Connect Discovery 1.0; RFC 8414; RFC 9207. Algorithms it lists are not read at all: ours are pinned.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.asgi.oidc.notation import JSONObject
from app.asgi.oidc.refusal import Untrusted
from app.settings import LOOPBACK

DEMO_MARK = "demo_provider"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we take from the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    secret_methods: frozenset[str]
    says_iss: bool
    is_demo: bool


def discovery_address(issuer: str) -> str:
    """Where the discovery document of an issuer lies (OpenID Connect Discovery 1.0, 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def origin(address: str) -> str:
    """Scheme, host and port, if it is https or plain http on loopback; anything else is Untrusted (ASVS 12.2.1)."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError as error:
        raise Untrusted("endpoint-address") from error
    plain_elsewhere = parts.scheme == "http" and parts.hostname not in LOOPBACK
    if parts.scheme not in {"https", "http"} or plain_elsewhere or not parts.hostname or "@" in parts.netloc:
        raise Untrusted("endpoint-address")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def read_metadata(found: JSONObject, issuer: str, other_origins: Collection[str]) -> Metadata:
    """The checked document. Raises Untrusted: another issuer, or an endpoint at another origin."""
    if found.get("issuer") != issuer:
        raise Untrusted("discovery-issuer")
    allowed = {origin(address) for address in (issuer, *other_origins)}
    challenges = found.get("code_challenge_methods_supported")
    if challenges is not None and "S256" not in _strings(challenges):
        raise Untrusted("discovery-pkce")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(found, "authorization_endpoint", allowed),
        token_endpoint=_endpoint(found, "token_endpoint", allowed),
        jwks_uri=_endpoint(found, "jwks_uri", allowed),
        userinfo_endpoint=_endpoint_if_any(found, "userinfo_endpoint", allowed),
        end_session_endpoint=_endpoint_if_any(found, "end_session_endpoint", allowed),
        secret_methods=frozenset(_strings(found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]))),
        says_iss=found.get("authorization_response_iss_parameter_supported") is True,
        is_demo=bool(found.get(DEMO_MARK)),
    )


def _strings(value: object) -> Iterable[str]:
    if not isinstance(value, list):
        raise Untrusted("discovery-list")
    return [item for item in value if isinstance(item, str)]


def _endpoint(found: JSONObject, name: str, allowed: Collection[str]) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not address.isascii() or not address.isprintable() or "#" in address:
        raise Untrusted("endpoint-address")
    if origin(address) not in allowed:
        raise Untrusted("endpoint-origin")
    return address


def _endpoint_if_any(found: JSONObject, name: str, allowed: Collection[str]) -> str | None:
    return _endpoint(found, name, allowed) if found.get(name) is not None else None
