"""The discovery document of the provider, checked: it may name endpoints, but only at allowed origins.

OpenID Connect Discovery 1.0; RFC 8414; RFC 9207. The algorithms it lists are ignored: ours are pinned.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.addresses import LOOPBACK_HOSTS
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.strict_json import JSONObject

DEMO_PROVIDER_FIELD = "demo_provider"


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The fields used from the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    client_auth_methods: frozenset[str]
    sends_issuer: bool
    is_demo: bool


def discovery_url(issuer: str) -> str:
    """Return the URL of the discovery document of an issuer (OpenID Connect Discovery 1.0, 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def parse_origin(address: str) -> str:
    """Return scheme, host and port of a URL that is https, or plain http on loopback (ASVS 12.2.1).

    Raises OidcVerificationError for any other URL.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError as error:
        raise OidcVerificationError("endpoint-address") from error
    is_plain_remote = parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS
    if parts.scheme not in {"https", "http"} or is_plain_remote or not parts.hostname or "@" in parts.netloc:
        raise OidcVerificationError("endpoint-address")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def parse_metadata(document: JSONObject, issuer: str, other_origins: Collection[str]) -> ProviderMetadata:
    """Check the discovery document and return its fields.

    Raises OidcVerificationError if it names another issuer, an endpoint at another origin, or no PKCE with S256.
    """
    if document.get("issuer") != issuer:
        raise OidcVerificationError("discovery-issuer")
    allowed = {parse_origin(address) for address in (issuer, *other_origins)}
    challenges = document.get("code_challenge_methods_supported")
    if challenges is not None and "S256" not in _strings(challenges):
        raise OidcVerificationError("discovery-pkce")
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", allowed),
        token_endpoint=_endpoint(document, "token_endpoint", allowed),
        jwks_uri=_endpoint(document, "jwks_uri", allowed),
        userinfo_endpoint=_optional_endpoint(document, "userinfo_endpoint", allowed),
        end_session_endpoint=_optional_endpoint(document, "end_session_endpoint", allowed),
        client_auth_methods=frozenset(
            _strings(document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]))
        ),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        is_demo=bool(document.get(DEMO_PROVIDER_FIELD)),
    )


def _strings(value: object) -> Iterable[str]:
    """Return the strings in a JSON list. Raises OidcVerificationError for any other value."""
    if not isinstance(value, list):
        raise OidcVerificationError("discovery-list")
    return [item for item in value if isinstance(item, str)]


def _endpoint(document: JSONObject, name: str, allowed: Collection[str]) -> str:
    """Return an endpoint of the document, a URL at an allowed origin. Raises OidcVerificationError."""
    address = document.get(name)
    if not isinstance(address, str) or not address.isascii() or not address.isprintable() or "#" in address:
        raise OidcVerificationError("endpoint-address")
    if parse_origin(address) not in allowed:
        raise OidcVerificationError("endpoint-origin")
    return address


def _optional_endpoint(document: JSONObject, name: str, allowed: Collection[str]) -> str | None:
    return _endpoint(document, name, allowed) if document.get(name) is not None else None
