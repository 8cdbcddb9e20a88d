"""The demo's authorization server: Authlib's server side over memory, stricter than its defaults.

Codes work once and briefly, PKCE S256 and a nonce are demanded of everybody, clients are confidential, and redirect
addresses must match to the letter.
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
from app.demo.cast import Player

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(minutes=10)
SCOPES = ("openid", "profile", "email")
ALGORITHM = "RS256"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A door that may sign people in here. The methods are what Authlib asks of a client."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None is assumed: the address is always said."""

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
class SignedIn:
    """One of the cast, signed in at the provider in one browser."""

    sid: str
    player: Player
    since: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, to be given for tokens once. The methods are what Authlib asks of a code."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    whose: SignedIn
    until: datetime

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.whose.since.timestamp())

    def get_acr(self) -> None:
        """No class of authentication is claimed: nobody authenticates here."""

    def get_amr(self) -> None:
        """No method either."""


@dataclass(slots=True)
class Memory:
    """Everything the provider knows; gone when it stops."""

    issuer: str
    clients: Mapping[str, DemoClient]
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    )
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, tuple[SignedIn, datetime]] = field(default_factory=dict)
    sessions: dict[str, SignedIn] = field(default_factory=dict)
    visited: dict[str, set[str]] = field(default_factory=dict)

    def forget_what_is_over(self) -> None:
        """Drop codes and access tokens whose time is over."""
        instant = now()
        self.codes = {name: code for name, code in self.codes.items() if code.until > instant}
        self.access = {name: entry for name, entry in self.access.items() if entry[1] > instant}


def describe(player: Player) -> dict[str, object]:
    """The claims contract, as this provider fulfils it."""
    return {
        "sub": player.subject,
        "name": player.name,
        "email": player.email,
        "locale": player.locale,
        "membership": player.membership,
        "entity": player.entity,
        "entity_name": player.entity_name,
        "roles": list(player.roles),
    }


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    @property
    def data(self) -> dict[str, str]:
        return dict(self._pairs)

    @property
    def datalist(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self._pairs:
            found.setdefault(name, []).append(value)
        return found


class Asked(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request as Authlib wants to read it."""

    def __init__(self, method: str, address: str, headers: Headers, query: Pairs, form: Pairs) -> None:
        super().__init__(method, address, headers=headers)
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
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("This provider demands PKCE with S256.")
        super().validate_code_challenge(grant, redirect_uri)


def make_server(memory: Memory) -> AuthorizationServer:
    """The server over that memory. It is given `Asked` and gives Starlette responses."""

    class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
        def query_client(self, client_id: str) -> DemoClient | None:
            return memory.clients.get(client_id)

        def save_token(self, token: Mapping[str, str], request: Asked) -> None:
            memory.access[token["access_token"]] = (request.user, now() + TOKEN_LIFETIME)

        def create_oauth2_request(self, request: Asked) -> Asked:
            return request

        def send_signal(self, *_args: object, **_values: object) -> None:
            """Nobody listens."""

        def handle_response(self, status: int, body: object, headers: Sequence[tuple[str, str]]) -> Response:
            if isinstance(body, str):
                return Response(body, status, dict(headers) | NO_STORE)
            return JSONResponse(body, status, dict(headers) | NO_STORE)

    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
        def save_authorization_code(self, code: str, request: Asked) -> None:
            asked = request.payload.data
            memory.codes[code] = Code(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=asked["redirect_uri"],
                scope=request.scope,
                nonce=asked["nonce"],
                code_challenge=asked["code_challenge"],
                code_challenge_method=asked["code_challenge_method"],
                whose=request.user,
                until=now() + CODE_LIFETIME,
            )

        def query_authorization_code(self, code: str, client: DemoClient) -> Code | None:
            # Whatever comes of this request, the code has had its one use.
            found = memory.codes.pop(code, None)
            return found if found and found.client_id == client.client_id and found.until > now() else None

        def delete_authorization_code(self, code: Code) -> None:
            """It went when it was asked for."""

        def authenticate_user(self, code: Code) -> SignedIn | None:
            return memory.sessions.get(code.whose.sid)

    class IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
        def exists_nonce(self, nonce: str, _request: Asked) -> bool:
            return any(code.nonce == nonce for code in memory.codes.values())

        def resolve_client_private_key(self, _client: DemoClient) -> RSAKey:
            return memory.key

        def get_client_algorithm(self, _client: DemoClient) -> str:
            return ALGORITHM

        def get_encode_header(self, _client: DemoClient) -> dict[str, object]:
            return {"alg": ALGORITHM, "kid": memory.key.kid}

        def get_client_claims(self, client: DemoClient) -> dict[str, object]:
            issued = int(now().timestamp())
            lifetime = int(TOKEN_LIFETIME.total_seconds())
            return {"iss": memory.issuer, "aud": client.client_id, "iat": issued, "exp": issued + lifetime}

        def generate_user_info(self, user: SignedIn, _scope: str) -> dict[str, object]:
            return describe(user.player) | {"sid": user.sid}

    server = Server(scopes_supported=SCOPES)
    server.register_token_generator("default", BearerTokenGenerator(_new_token, expires_generator=_token_seconds))
    server.register_grant(Grant, [_StrictChallenge(required=True), IdToken(require_nonce=True)])
    return server


def _new_token(**_asked: object) -> str:
    return token_urlsafe(32)


def _token_seconds(*_asked: object) -> int:
    return int(TOKEN_LIFETIME.total_seconds())
