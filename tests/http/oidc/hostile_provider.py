"""An identity provider that keeps the protocol, until a test turns one of its switches.

It is an ASGI application that the code under test reaches through its own HTTP client; nothing of ours is replaced.
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
from urllib.parse import parse_qsl, urlsplit

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
SECRET = "the portal's secret"
CALLBACK = "https://portal.example.org/sign-in/callback"
BROWSER = "b" * 43
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
GONE = object()
T = TypeVar("T")
Changes = dict[str, object]


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def changed(honest: Changes, changes: Changes) -> Changes:
    return {name: value for name, value in (honest | changes).items() if value is not GONE}


def signed(header: Changes, body: bytes, key: RSAKey) -> str:
    registry = jws.JWSRegistry(algorithms=["RS256", "RS512", "PS256"], strict_check_header=False)
    return jws.serialize_compact(header, body, key, registry=registry)


def unsigned(header: Changes, body: bytes) -> str:
    return ".".join([encode_base64url(json.dumps(header).encode()), encode_base64url(body), ""])


def signed_by_hand(header: Changes, body: bytes, secret: bytes) -> str:
    front = unsigned(header, body).removesuffix(".")
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
    sign: Callable[[Changes, bytes], str] = lambda header, body: signed(header, body, KEY)
    encode: Callable[[Changes], bytes] = lambda claims: json.dumps(claims).encode()
    keys: list[RSAKey] = field(default_factory=lambda: [KEY])
    respond: dict[str, Callable[[], Response]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def transport(self) -> httpx2.AsyncBaseTransport:
        paths = ["/realm/.well-known/openid-configuration", "/realm/jwks", "/realm/token", "/realm/userinfo"]
        routes = [Route(path, self.serve, methods=["GET", "POST"]) for path in paths]
        return httpx2.ASGITransport(app=Starlette(routes=routes))

    async def serve(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.url}")
        what = request.url.path.rsplit("/", 1)[1]
        if what in self.respond:
            return self.respond[what]()
        if what == "openid-configuration":
            return JSONResponse(changed(self.honest_metadata(), self.metadata))
        if what == "jwks":
            return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})
        if what == "userinfo":
            assert request.headers["authorization"].startswith("Bearer ")
            return JSONResponse(changed({"sub": "amina", "name": "Amina"}, self.userinfo))
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
            name, _, secret = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        else:
            name, secret = sent["client_id"], sent.get("client_secret", "")
        asked = self.asked.pop(sent["code"])
        challenge = encode_base64url(hashlib.sha256(sent["code_verifier"].encode()).digest())
        assert (name, secret) == (CLIENT, SECRET)
        assert (challenge, sent["redirect_uri"]) == (asked["code_challenge"], CALLBACK)
        access_token = token_urlsafe()
        header = changed({"alg": "RS256", "typ": "JWT", "kid": "first"}, self.header)
        claims = changed(honest_claims(asked["nonce"], access_token), self.claims)
        honest = {"access_token": access_token, "token_type": "Bearer", "expires_in": 60}
        return JSONResponse(changed(honest | {"id_token": self.sign(header, self.encode(claims))}, self.answer))

    def authorize(self, address: str) -> list[tuple[str, str]]:
        """What the browser brings back to the callback."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, CALLBACK)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = token_urlsafe()
        self.asked[code] = asked
        back = changed({"code": code, "state": asked["state"], "iss": ISSUER}, self.callback)
        return [(name, str(value)) for name, value in back.items()]


def honest_claims(nonce: str, access_token: str) -> Changes:
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


def provider_of(hostile: Hostile, **changes: object) -> IdentityProvider:
    options = {"acr": "", "allow_demo": False} | changes
    return IdentityProvider(ISSUER, CLIENT, SECRET, ["RS256"], "openid profile", transport=hostile.transport, **options)


def signing_in(
    hostile: Hostile, provider: IdentityProvider | None = None, max_age: int | None = None
) -> CompletedSignIn:
    """A whole sign-in at it, in one browser."""

    async def whole() -> CompletedSignIn:
        door = provider or provider_of(hostile)
        address, attempt = await begin_sign_in(door, CALLBACK, "/meetings", BROWSER, max_age=max_age)
        return await complete_sign_in(door, CALLBACK, hostile.authorize(address), attempt, BROWSER)

    return run(whole())


def started(hostile: Hostile, provider: IdentityProvider) -> tuple[list[tuple[str, str]], SignInAttempt]:
    """A sign-in up to the moment when the browser comes back."""
    address, attempt = run(begin_sign_in(provider, CALLBACK, "/meetings", BROWSER))
    return hostile.authorize(address), attempt


@contextmanager
def refused(cause: str) -> Iterator[None]:
    with pytest.raises(OidcVerificationError) as caught:
        yield
    assert caught.value.cause == cause


def signs_in(hostile: Hostile, provider: IdentityProvider | None = None) -> None:
    """The good case, without which no refusal proves anything."""
    done = signing_in(hostile, provider)
    assert (done.claims["sub"], done.userinfo["name"], done.next_path) == ("amina", "Amina", "/meetings")
