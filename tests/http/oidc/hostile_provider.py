"""An identity provider that keeps the protocol until a test sets one of its switches.

It is an ASGI application that the code under test reaches through its own HTTP client; none of our code is replaced.
"""

import asyncio
import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TypeVar
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.clock import now
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import CompletedSignIn, SignInAttempt, begin_sign_in, complete_sign_in
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.strict_json import encode_base64url
from app.http.oidc.verifier import compute_half_hash

ISSUER = "https://id.example.org/realm"
CLIENT = "the-portal"
SECRET = "the portal's secret: 1/2+100%41 é"
CALLBACK = "https://portal.example.org/sign-in/callback"
BROWSER = "b" * 43
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
GONE = object()
T = TypeVar("T")
Changes = dict[str, object]


def run_coroutine(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def apply_changes(honest: Changes, changes: Changes) -> Changes:
    return {name: value for name, value in (honest | changes).items() if value is not GONE}


def sign_token(header: Changes, body: bytes, key: RSAKey) -> str:
    registry = jws.JWSRegistry(algorithms=["RS256", "RS512", "PS256"], strict_check_header=False)
    return jws.serialize_compact(header, body, key, registry=registry)


def unsigned_token(header: Changes, body: bytes) -> str:
    return ".".join([encode_base64url(json.dumps(header).encode()), encode_base64url(body), ""])


def hmac_token(header: Changes, body: bytes, secret: bytes) -> str:
    front = unsigned_token(header, body).removesuffix(".")
    return f"{front}.{encode_base64url(hmac.digest(secret, front.encode(), hashlib.sha256))}"


@dataclass
class Hostile:
    """The switches. Each changes one thing; `GONE` leaves it out."""

    metadata: Changes = field(default_factory=dict)
    header: Changes = field(default_factory=dict)
    claims: Changes = field(default_factory=dict)
    answer: Changes = field(default_factory=dict)
    userinfo: Changes = field(default_factory=dict)
    callback: Changes = field(default_factory=dict)
    sign: Callable[[Changes, bytes], str] = lambda header, body: sign_token(header, body, KEY)
    encode: Callable[[Changes], bytes] = lambda claims: json.dumps(claims).encode()
    keys: list[RSAKey] = field(default_factory=lambda: [KEY])
    respond: dict[str, Callable[[], Response]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    authorizations: dict[str, dict[str, str]] = field(default_factory=dict)

    def transport(self) -> httpx2.AsyncBaseTransport:
        paths = ["/realm/.well-known/openid-configuration", "/realm/jwks", "/realm/token", "/realm/userinfo"]
        routes = [Route(path, self.serve, methods=["GET", "POST"]) for path in paths]
        return httpx2.ASGITransport(app=Starlette(routes=routes))

    async def serve(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.url}")
        endpoint = request.url.path.rsplit("/", 1)[1]
        if endpoint in self.respond:
            return self.respond[endpoint]()
        if endpoint == "openid-configuration":
            return JSONResponse(apply_changes(self.honest_metadata(), self.metadata))
        if endpoint == "jwks":
            return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})
        if endpoint == "userinfo":
            assert request.headers["authorization"].startswith("Bearer ")
            return JSONResponse(apply_changes({"sub": "amina", "name": "Amina"}, self.userinfo))
        return await self.token(request)

    def honest_metadata(self) -> Changes:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/sign-out",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
        }

    async def token(self, request: Request) -> Response:
        sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        if request.headers.get("authorization"):
            credentials = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode("ascii")
            name, secret = (unquote_plus(each, errors="strict") for each in credentials.split(":"))
        else:
            name, secret = sent["client_id"], sent.get("client_secret", "")
        authorization = self.authorizations.pop(sent["code"])
        challenge = encode_base64url(hashlib.sha256(sent["code_verifier"].encode()).digest())
        assert (name, secret) == (CLIENT, SECRET)
        assert (challenge, sent["redirect_uri"]) == (authorization["code_challenge"], CALLBACK)
        access_token = token_urlsafe()
        header = apply_changes({"alg": "RS256", "typ": "JWT", "kid": "first"}, self.header)
        claims = apply_changes(valid_claims(authorization["nonce"], access_token), self.claims)
        honest = {"access_token": access_token, "token_type": "Bearer", "expires_in": 60}
        return JSONResponse(apply_changes(honest | {"id_token": self.sign(header, self.encode(claims))}, self.answer))

    def authorize(self, address: str) -> list[tuple[str, str]]:
        """Return the parameters that the browser brings back to the callback."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert (query["client_id"], query["redirect_uri"]) == (CLIENT, CALLBACK)
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = token_urlsafe()
        self.authorizations[code] = query
        callback = apply_changes({"code": code, "state": query["state"], "iss": ISSUER}, self.callback)
        return [(name, str(value)) for name, value in callback.items()]


def valid_claims(nonce: str, access_token: str) -> Changes:
    instant = int(now().timestamp())
    return {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "amina",
        "nonce": nonce,
        "iat": instant,
        "exp": instant + 300,
        "auth_time": instant,
        "at_hash": compute_half_hash(access_token, "RS256"),
    }


def make_provider(hostile: Hostile, **changes: object) -> IdentityProvider:
    options = {"acr": "", "allow_demo": False} | changes
    return IdentityProvider(ISSUER, CLIENT, SECRET, ["RS256"], "openid profile", transport=hostile.transport, **options)


def sign_in_with(
    hostile: Hostile, provider: IdentityProvider | None = None, max_age: int | None = None, acr: str = ""
) -> CompletedSignIn:
    """Run a complete sign-in at the provider, in one browser."""

    async def run_sign_in() -> CompletedSignIn:
        relying_party = provider or make_provider(hostile)
        address, attempt = await begin_sign_in(relying_party, CALLBACK, "/meetings", BROWSER, max_age=max_age, acr=acr)
        return await complete_sign_in(relying_party, CALLBACK, hostile.authorize(address), attempt, BROWSER)

    return run_coroutine(run_sign_in())


def start_sign_in(hostile: Hostile, provider: IdentityProvider) -> tuple[list[tuple[str, str]], SignInAttempt]:
    """Run a sign-in up to the return of the browser."""
    address, attempt = run_coroutine(begin_sign_in(provider, CALLBACK, "/meetings", BROWSER))
    return hostile.authorize(address), attempt


@contextmanager
def expect_refusal(cause: str) -> Iterator[None]:
    with pytest.raises(OidcVerificationError) as caught:
        yield
    assert caught.value.cause == cause


def check_sign_in(hostile: Hostile, provider: IdentityProvider | None = None) -> None:
    """The valid case, without which no refusal proves anything."""
    completed = sign_in_with(hostile, provider)
    assert (completed.claims["sub"], completed.userinfo["name"], completed.next_path) == ("amina", "Amina", "/meetings")
