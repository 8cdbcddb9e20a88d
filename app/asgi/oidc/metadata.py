"""The discovery document of the provider, checked: it may name endpoints, but only at allowed origins.

OpenID Connect Discovery 1.0; RFC 8414; RFC 9207. The algorithms it lists are ignored: ours are pinned.
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
    """The fields used from the discovery document."""

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
    """Return the URL of the discovery document of an issuer (OpenID Connect Discovery 1.0, 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def origin(address: str) -> str:
    """Return scheme, host and port of a URL that is https, or plain http on loopback (ASVS 12.2.1).

    Raises OidcVerificationError for any other URL.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError as error:
        raise Untrusted("endpoint-address") from error
    is_plain_remote = parts.scheme == "http" and parts.hostname not in LOOPBACK
    if parts.scheme not in {"https", "http"} or is_plain_remote or not parts.hostname or "@" in parts.netloc:
        raise Untrusted("endpoint-address")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def read_metadata(found: JSONObject, issuer: str, other_origins: Collection[str]) -> Metadata:
    """Check the discovery document and return its fields.

    Raises OidcVerificationError if it names another issuer, an endpoint at another origin, or no PKCE with S256.
    """
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
        userinfo_endpoint=_optional_endpoint(found, "userinfo_endpoint", allowed),
        end_session_endpoint=_optional_endpoint(found, "end_session_endpoint", allowed),
        secret_methods=frozenset(_strings(found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]))),
        says_iss=found.get("authorization_response_iss_parameter_supported") is True,
        is_demo=bool(found.get(DEMO_MARK)),
    )


def _strings(value: object) -> Iterable[str]:
    """Return the strings in a JSON list. Raises OidcVerificationError for any other value."""
    if not isinstance(value, list):
        raise Untrusted("discovery-list")
    return [item for item in value if isinstance(item, str)]


def _endpoint(document: JSONObject, name: str, allowed: Collection[str]) -> str:
    """Return an endpoint of the document, a URL at an allowed origin. Raises OidcVerificationError."""
    address = document.get(name)
    if not isinstance(address, str) or not address.isascii() or not address.isprintable() or "#" in address:
        raise Untrusted("endpoint-address")
    if origin(address) not in allowed:
        raise Untrusted("endpoint-origin")
    return address


def _optional_endpoint(document: JSONObject, name: str, allowed: Collection[str]) -> str | None:
    return _endpoint(document, name, allowed) if document.get(name) is not None else None
