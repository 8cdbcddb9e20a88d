"""Client of the identity provider: pinned parameters, requests, and checks of each response.

One `IdentityProvider` is created at start from the settings of each application, and shared by all requests. No network
request is made before the first sign-in.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from app.asgi.oidc.keys import Keys, PublicKey, read_keys
from app.asgi.oidc.metadata import Metadata, discovery_address, origin, read_metadata
from app.asgi.oidc.notation import JSONObject, read_object
from app.asgi.oidc.refusal import Untrusted
from app.asgi.oidc.remembered import Remembered
from app.asgi.oidc.wire import PLAIN, STEP_SECONDS, Bounded, Transport, fetch_object, in_time, over_the_network

LIFETIME = timedelta(hours=1)
COOLDOWN = timedelta(seconds=30)
RETRY = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens from the token endpoint: not yet verified, never sent to a browser."""

    id_token: str
    access_token: str


class Provider:
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
        http: Transport | None = None,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.algorithms = frozenset(algorithms)
        self.acr = acr
        self.keys = Keys(Remembered(self._fetch_keys, LIFETIME, COOLDOWN))
        self._client_secret = client_secret
        self._scopes = scopes
        self._allow_demo = allow_demo
        self._other_origins = frozenset(other_origins)
        self._http = http or over_the_network()
        self._metadata = Remembered(self._discover, LIFETIME, RETRY)

    async def metadata(self) -> Metadata:
        """Return the discovery document, cached for an hour. Raises Unavailable or OidcVerificationError."""
        return await self._metadata.get()

    async def _discover(self) -> Metadata:
        """Fetch and check the discovery document.

        Raises OidcVerificationError; also for the demo provider unless it is allowed.
        """
        origin(self.issuer)
        document = await fetch_object(self._http, discovery_address(self.issuer), "discovery")
        metadata = read_metadata(document, self.issuer, self._other_origins)
        if metadata.is_demo and not self._allow_demo:
            raise Untrusted("demo-provider")
        return metadata

    async def _fetch_keys(self) -> tuple[PublicKey, ...]:
        return read_keys(await fetch_object(self._http, (await self.metadata()).jwks_uri, "jwks"))

    async def authorization_address(
        self, redirect_uri: str, state: str, nonce: str, verifier: str, extra: dict[str, str]
    ) -> str:
        """Return the URL to redirect the browser to: code flow with PKCE S256, always (RFC 9700, 2.1.1)."""
        metadata = await self.metadata()
        if self.acr:
            extra = extra | {"acr_values": self.acr}
        async with self._client(metadata, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier, **extra
            )
        return str(url)

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Exchange the code for tokens.

        Raises OidcVerificationError if the response has no ID token, Unavailable without a response.
        """
        metadata = await self.metadata()
        async with in_time(), self._client(metadata, redirect_uri) as client:
            client.register_compliance_hook("access_token_response", _check_token_response)
            try:
                response = await client.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                )
            except (OAuthError, ValueError) as error:
                raise Untrusted("token-refused") from error
        return _parse_tokens(response)

    async def userinfo(self, access_token: str) -> JSONObject:
        """Fetch the userinfo claims for an access token; empty if the provider has no such endpoint."""
        address = (await self.metadata()).userinfo_endpoint
        if address is None:
            return {}
        return await fetch_object(self._http, address, "userinfo", bearer=access_token)

    async def end_session_address(self, back_to: str, id_token: str = "") -> str | None:
        """Return the URL to redirect to after our own sign-out, or None (OpenID Connect RP-Initiated Logout 1.0).

        Without the ID token of the session, the provider may ask the person to confirm.
        """
        endpoint = (await self.metadata()).end_session_endpoint
        if endpoint is None:
            return None
        parameters = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            parameters["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def _client(self, metadata: Metadata, redirect_uri: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self._client_secret or None,
            token_endpoint_auth_method=self._client_auth_method(metadata),
            scope=self._scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=Bounded(self._http()),
            timeout=STEP_SECONDS,
            headers=PLAIN,
            follow_redirects=False,
            trust_env=False,
        )

    def _client_auth_method(self, metadata: Metadata) -> str:
        """Return the client authentication method for the token endpoint.

        Raises OidcVerificationError if none is supported.
        """
        if not self._client_secret:
            return "none"
        for method in ("client_secret_basic", "client_secret_post"):
            if method in metadata.secret_methods:
                return method
        raise Untrusted("client-authentication")


def _check_token_response(response: httpx2.Response) -> httpx2.Response:
    if response.status_code == 200:
        read_object(response.content, "token-answer")
    elif response.status_code == 429:
        response.raise_for_status()
    return response


def _parse_tokens(response: JSONObject) -> Tokens:
    """Return the tokens of a token response.

    Raises OidcVerificationError if one is missing or it is no bearer token.
    """
    id_token, access_token, token_type = (response.get(name) for name in ("id_token", "access_token", "token_type"))
    if not isinstance(id_token, str) or not id_token:
        raise Untrusted("no-id-token")
    if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
        raise Untrusted("no-access-token")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise Untrusted("token-type")
    return Tokens(id_token, access_token)
