"""Client of the identity provider: pinned parameters, requests, and checks of each response.

One `IdentityProvider` is created at start from the settings of each application, and shared by all requests. No network
request is made before the first sign-in.
"""

from base64 import b64encode
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import quote, urlencode

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2 import ClientAuth

from app.http.oidc.cache import CachedFetch
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.http_client import (
    STEP_TIMEOUT,
    UNCOMPRESSED_HEADERS,
    BoundedTransport,
    TransportFactory,
    create_network_transport,
    fetch_json_object,
    within_time_limit,
)
from app.http.oidc.keys import ProviderKeys, ProviderPublicKey, parse_jwk_set
from app.http.oidc.metadata import ProviderMetadata, discovery_url, parse_metadata, parse_origin
from app.http.oidc.strict_json import JSONObject, parse_json_object

CACHE_LIFETIME = timedelta(hours=1)
KEY_REFETCH_INTERVAL = timedelta(seconds=30)
METADATA_RETRY_INTERVAL = timedelta(seconds=3)


def authenticate_with_basic(
    client: ClientAuth, _method: str, uri: str, headers: MutableMapping[str, str], body: str
) -> tuple[str, MutableMapping[str, str], str]:
    """Add client id and secret to a request of the token endpoint, each encoded as in a form (RFC 6749, 2.3.1).

    Authlib's own method sends them as they are: a provider that keeps to the RFC reads another secret if it has one
    of `+` and `%`.
    """
    credentials = ":".join(quote(part, safe="") for part in (client.client_id, client.client_secret))
    headers["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    return uri, headers, body


CLIENT_AUTHENTICATION: Mapping[str, object] = MappingProxyType(
    {"client_secret_basic": authenticate_with_basic, "client_secret_post": "client_secret_post", "none": "none"}
)
"""How each method of client authentication is carried out by Authlib."""


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """The tokens from the token endpoint: not yet verified, never sent to a browser."""

    id_token: str
    access_token: str


class IdentityProvider:
    """The provider behind a sign-in; every token is verified against `issuer`, `client_id` and `algorithms`.

    `other_origins` are origins besides the issuer's own at which its endpoints may be (some serve userinfo elsewhere).
    `allow_demo` admits the demo's provider, which signs anybody in. `transport` creates a transport for each exchange;
    tests pass their own.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        algorithms: Collection[str],
        scopes: str,
        acr: str = "",
        *,
        allow_demo: bool = False,
        other_origins: Collection[str] = (),
        transport: TransportFactory | None = None,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.algorithms = frozenset(algorithms)
        self.acr = acr
        self.keys = ProviderKeys(CachedFetch(self._fetch_keys, CACHE_LIFETIME, KEY_REFETCH_INTERVAL))
        self._client_secret = client_secret
        self._scopes = scopes
        self._allow_demo = allow_demo
        self._other_origins = frozenset(other_origins)
        self._http = transport or create_network_transport()
        self._metadata = CachedFetch(self._discover, CACHE_LIFETIME, METADATA_RETRY_INTERVAL)

    async def get_metadata(self) -> ProviderMetadata:
        """Return the discovery document, cached for an hour. Raises Unavailable or OidcVerificationError."""
        return await self._metadata.get()

    async def _discover(self) -> ProviderMetadata:
        """Fetch and check the discovery document.

        Raises OidcVerificationError; also for the demo provider unless it is allowed.
        """
        parse_origin(self.issuer)
        document = await fetch_json_object(self._http, discovery_url(self.issuer), "discovery")
        metadata = parse_metadata(document, self.issuer, self._other_origins)
        if metadata.is_demo and not self._allow_demo:
            raise OidcVerificationError("demo-provider")
        return metadata

    async def _fetch_keys(self) -> tuple[ProviderPublicKey, ...]:
        return parse_jwk_set(await fetch_json_object(self._http, (await self.get_metadata()).jwks_uri, "jwks"))

    async def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, verifier: str, extra: dict[str, str]
    ) -> str:
        """Return the URL to redirect the browser to: code flow with PKCE S256, always (RFC 9700, 2.1.1).

        `acr_values` of `extra` takes the place of the class that every sign-in needs.
        """
        metadata = await self.get_metadata()
        if self.acr:
            extra = {"acr_values": self.acr} | extra
        async with self._client(metadata, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier, **extra
            )
        return str(url)

    async def exchange_code(self, code: str, redirect_uri: str, verifier: str) -> TokenResponse:
        """Exchange the code for tokens.

        Raises OidcVerificationError if the response has no ID token, Unavailable without a response.
        """
        metadata = await self.get_metadata()
        async with within_time_limit(), self._client(metadata, redirect_uri) as client:
            client.register_compliance_hook("access_token_response", _check_token_response)
            try:
                response = await client.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                )
            except (OAuthError, ValueError) as error:
                raise OidcVerificationError("token-refused") from error
        return _parse_tokens(response)

    async def fetch_userinfo(self, access_token: str) -> JSONObject:
        """Fetch the userinfo claims for an access token; empty if the provider has no such endpoint."""
        address = (await self.get_metadata()).userinfo_endpoint
        if address is None:
            return {}
        return await fetch_json_object(self._http, address, "userinfo", bearer=access_token)

    async def end_session_url(self, return_url: str, id_token: str = "") -> str | None:
        """Return the URL to redirect to after our own sign-out, or None (OpenID Connect RP-Initiated Logout 1.0).

        Without the ID token of the session, the provider may ask the person to confirm.
        """
        endpoint = (await self.get_metadata()).end_session_endpoint
        if endpoint is None:
            return None
        parameters = {"client_id": self.client_id, "post_logout_redirect_uri": return_url}
        if id_token:
            parameters["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def _client(self, metadata: ProviderMetadata, redirect_uri: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self._client_secret or None,
            token_endpoint_auth_method=CLIENT_AUTHENTICATION[self._client_auth_method(metadata)],
            scope=self._scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=BoundedTransport(self._http()),
            timeout=STEP_TIMEOUT,
            headers=UNCOMPRESSED_HEADERS,
            follow_redirects=False,
            trust_env=False,
        )

    def _client_auth_method(self, metadata: ProviderMetadata) -> str:
        """Return the client authentication method for the token endpoint.

        Raises OidcVerificationError if none is supported.
        """
        if not self._client_secret:
            return "none"
        for method in ("client_secret_basic", "client_secret_post"):
            if method in metadata.client_auth_methods:
                return method
        raise OidcVerificationError("client-authentication")


def _check_token_response(response: httpx2.Response) -> httpx2.Response:
    if response.status_code == 200:
        parse_json_object(response.content, "token-answer")
    elif response.status_code == 429:
        response.raise_for_status()
    return response


def _parse_tokens(response: JSONObject) -> TokenResponse:
    """Return the tokens of a token response.

    Raises OidcVerificationError if one is missing or it is no bearer token.
    """
    id_token, access_token, token_type = (response.get(name) for name in ("id_token", "access_token", "token_type"))
    if not isinstance(id_token, str) or not id_token:
        raise OidcVerificationError("no-id-token")
    if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
        raise OidcVerificationError("no-access-token")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise OidcVerificationError("token-type")
    return TokenResponse(id_token, access_token)
