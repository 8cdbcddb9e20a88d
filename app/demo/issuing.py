"""The demo's OAuth 2 authorization server: Authlib's server with state in memory, stricter than its defaults.

Codes are short-lived and work once, PKCE with S256 and a nonce are required, clients are confidential, and redirect
addresses must match exactly.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc.jwk import RSAKey
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from app.core.clock import now
from app.demo.cast import DemoPerson

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(minutes=10)
SCOPES = ("openid", "profile", "email")
ALGORITHM = "RS256"
DEMO_ACR = "urn:cwg:demo"  # the one authentication class that the provider states, if a client asks for it
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
NameValuePairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DemoClient:
    """An OpenID client of the provider. The methods are those that Authlib needs."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return None: there is no default, the address must be given."""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(word for word in SCOPES if word in (scope or "").split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret.encode(), self.client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """A session at the provider: a person signed in in one browser."""

    sid: str
    player: DemoPerson
    since: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A single-use authorization code. The methods are those that Authlib needs."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    session: ProviderSession
    expires_at: datetime
    acr_values: str = ""

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        """Return when the person was chosen: at each sign-in again, so any `max_age` of a request is kept."""
        return int(self.session.since.timestamp())

    def get_acr(self) -> str | None:
        """Return the provider's own class if it was asked for; it means that there is no authentication."""
        return DEMO_ACR if DEMO_ACR in self.acr_values.split() else None

    def get_amr(self) -> None:
        """Return None: no authentication method is claimed."""


@dataclass(slots=True)
class ProviderState:
    """The state of the provider, in memory: clients, signing key, codes, access tokens and sessions."""

    issuer: str
    clients: Mapping[str, DemoClient]
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    )
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    access_tokens: dict[str, tuple[ProviderSession, datetime]] = field(default_factory=dict)
    sessions: dict[str, ProviderSession] = field(default_factory=dict)
    clients_by_session: dict[str, set[str]] = field(default_factory=dict)

    def drop_expired(self) -> None:
        """Delete expired codes and access tokens."""
        moment = now()
        self.codes = {name: code for name, code in self.codes.items() if code.expires_at > moment}
        self.access_tokens = {name: entry for name, entry in self.access_tokens.items() if entry[1] > moment}


def build_claims(player: DemoPerson) -> dict[str, object]:
    """Build the claims about a person, according to the claims contract of the portal."""
    return {
        "sub": player.subject,
        "name": player.name,
        "email": player.email,
        "email_verified": True,
        "locale": player.locale,
        "membership": player.membership,
        "entity": player.entity,
        "entity_name": player.entity_name,
        "roles": list(player.roles),
    }


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, pairs: NameValuePairs) -> None:
        self._pairs = pairs

    @property
    def data(self) -> dict[str, str]:
        return dict(self._pairs)

    @property
    def datalist(self) -> dict[str, list[str]]:
        values_by_name: dict[str, list[str]] = {}
        for name, value in self._pairs:
            values_by_name.setdefault(name, []).append(value)
        return values_by_name


class AuthlibRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """Adapter of a request to Authlib's OAuth2Request."""

    def __init__(self, method: str, url: str, headers: Headers, query: NameValuePairs, form: NameValuePairs) -> None:
        super().__init__(method, url, headers=headers)
        self._args, self._form = dict(query), dict(form)
        self.payload = _Payload([*query, *form])

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _StrictChallenge(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        """Raise InvalidRequestError unless PKCE with S256 is used (RFC 7636)."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("This provider demands PKCE with S256.")
        super().validate_code_challenge(grant, redirect_uri)


def create_authorization_server(state: ProviderState) -> AuthorizationServer:
    """Create the authorization server over that state. It takes `AuthlibRequest` and returns Starlette responses."""

    class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
        """Authlib's hooks for clients, tokens, requests and responses."""

        def query_client(self, client_id: str) -> DemoClient | None:
            return state.clients.get(client_id)

        def save_token(self, token: Mapping[str, str], request: AuthlibRequest) -> None:
            state.access_tokens[token["access_token"]] = (request.user, now() + TOKEN_LIFETIME)

        def create_oauth2_request(self, request: AuthlibRequest) -> AuthlibRequest:
            return request

        def send_signal(self, *_args: object, **_values: object) -> None:
            """Ignore signals: there are no listeners."""

        def handle_response(self, status: int, body: object, headers: Sequence[tuple[str, str]]) -> Response:
            if isinstance(body, str):
                return Response(body, status, dict(headers) | NO_STORE)
            return JSONResponse(body, status, dict(headers) | NO_STORE)

    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
        """Authlib's hooks for authorization codes."""

        def save_authorization_code(self, code: str, request: AuthlibRequest) -> None:
            parameters = request.payload.data
            state.codes[code] = AuthorizationCode(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=parameters["redirect_uri"],
                scope=request.scope,
                nonce=parameters["nonce"],
                code_challenge=parameters["code_challenge"],
                code_challenge_method=parameters["code_challenge_method"],
                session=request.user,
                expires_at=now() + CODE_LIFETIME,
                acr_values=parameters.get("acr_values", ""),
            )

        def query_authorization_code(self, code: str, client: DemoClient) -> AuthorizationCode | None:
            # The code is used up, whatever the result of this request.
            authorization_code = state.codes.pop(code, None)
            return (
                authorization_code
                if authorization_code
                and authorization_code.client_id == client.client_id
                and authorization_code.expires_at > now()
                else None
            )

        def delete_authorization_code(self, code: AuthorizationCode) -> None:
            """Do nothing: the code was deleted when it was queried."""

        def authenticate_user(self, code: AuthorizationCode) -> ProviderSession | None:
            return state.sessions.get(code.session.sid)

    class IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
        """Authlib's hooks for ID tokens."""

        def exists_nonce(self, nonce: str, _request: AuthlibRequest) -> bool:
            return any(code.nonce == nonce for code in state.codes.values())

        def resolve_client_private_key(self, _client: DemoClient) -> RSAKey:
            return state.key

        def get_client_algorithm(self, _client: DemoClient) -> str:
            return ALGORITHM

        def get_encode_header(self, _client: DemoClient) -> dict[str, object]:
            return {"alg": ALGORITHM, "kid": state.key.kid}

        def get_client_claims(self, client: DemoClient) -> dict[str, object]:
            issued = int(now().timestamp())
            lifetime = int(TOKEN_LIFETIME.total_seconds())
            return {"iss": state.issuer, "aud": client.client_id, "iat": issued, "exp": issued + lifetime}

        def generate_user_info(self, user: ProviderSession, _scope: str) -> dict[str, object]:
            return build_claims(user.player) | {"sid": user.sid}

    server = Server(scopes_supported=SCOPES)
    server.register_token_generator("default", BearerTokenGenerator(_new_token, expires_generator=_token_seconds))
    server.register_grant(Grant, [_StrictChallenge(required=True), IdToken(require_nonce=True)])
    return server


def _new_token(**_asked: object) -> str:
    return token_urlsafe(32)


def _token_seconds(*_asked: object) -> int:
    return int(TOKEN_LIFETIME.total_seconds())
