"""The demo's OpenID provider: it signs anybody in as any of the demo's people, and therefore runs on loopback only.

It follows the protocol strictly (`app.demo.issuing`), so that portal and read path are tried as in production.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_urlsafe
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from authlib.oauth2 import OAuth2Error
from joserfc import jwt
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from app.core.addresses import LOOPBACK_HOSTS
from app.core.clock import now
from app.demo.cast import DemoPerson
from app.demo.issuing import (
    ALGORITHM,
    DEMO_ACR,
    NO_STORE,
    SCOPES,
    AuthlibRequest,
    DemoClient,
    ProviderSession,
    ProviderState,
    build_claims,
    create_authorization_server,
)
from app.demo.pages import LoopbackMiddleware, ProviderPages, list_origins

log = structlog.get_logger(__name__)

COOKIE_NAME = "demo-provider"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_SECONDS = 5.0
TransportFactory = Callable[[], httpx2.AsyncBaseTransport]


def create_identity_provider(
    issuer: str,
    clients: Sequence[DemoClient],
    cast: Sequence[DemoPerson],
    *,
    stylesheet: str = "",
    http: TransportFactory = httpx2.AsyncHTTPTransport,
) -> Starlette:
    """Create the provider as an application under the path of `issuer`.

    `http` creates the transports for back-channel logout. Raises ValueError if the issuer or an address of a client is
    not on loopback.
    """
    addresses = [issuer, *(address for client in clients for address in _addresses(client))]
    if rejected := [address for address in addresses if not _on_loopback(address)]:
        raise ValueError(f"the demo's identity provider is for loopback only, not for {', '.join(rejected)}")
    guard = Middleware(LoopbackMiddleware, host=urlsplit(issuer).netloc)
    return build_provider(issuer, clients, cast, stylesheet=stylesheet, http=http, middleware=[guard])


def build_provider(
    issuer: str,
    clients: Sequence[DemoClient],
    cast: Sequence[DemoPerson],
    *,
    stylesheet: str = "",
    http: TransportFactory = httpx2.AsyncHTTPTransport,
    middleware: Sequence[Middleware] = (),
) -> Starlette:
    """Build the provider without the restriction to loopback, for tests of a deployment (`tests/deployed`).

    Only one with `middleware` says that it is that of the demo, which no installation but the demo believes.
    """
    targets = list_origins(address for client in clients for address in _addresses(client))
    pages = ProviderPages(stylesheet, targets, {player.key: player for player in cast})
    state = ProviderState(issuer, {client.client_id: client for client in clients})
    endpoints = _Endpoints(issuer, state, pages, http, is_demo=bool(middleware))
    routes = [
        Route("/.well-known/openid-configuration", endpoints.discovery),
        Route("/jwks", endpoints.jwks),
        Route("/authorize", endpoints.authorize, methods=["GET", "POST"]),
        Route("/token", endpoints.token, methods=["POST"]),
        Route("/userinfo", endpoints.userinfo, methods=["GET", "POST"]),
        Route("/sign-out", endpoints.sign_out, methods=["GET", "POST"]),
    ]
    return Starlette(routes=[Mount(urlsplit(issuer).path, routes=routes)], middleware=middleware)


def _addresses(client: DemoClient) -> Iterable[str]:
    yield from client.redirect_uris
    yield from client.post_logout_uris
    if client.backchannel_logout_uri:
        yield client.backchannel_logout_uri


def _on_loopback(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK_HOSTS


@dataclass(slots=True)
class _Endpoints:
    """The endpoints of the provider, over its state."""

    issuer: str
    memory: ProviderState
    pages: ProviderPages
    http: TransportFactory
    is_demo: bool

    async def discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                **({"demo_provider": True} if self.is_demo else {}),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "end_session_endpoint": f"{self.issuer}/sign-out",
                "scopes_supported": SCOPES,
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "acr_values_supported": [DEMO_ACR],
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
            }
        )

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.memory.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Show the people to choose from; once one is chosen, sign them in and redirect the browser to the client."""
        self.memory.drop_expired()
        oauth_request = await _parse_request(request)
        server = create_authorization_server(self.memory)
        try:
            grant = server.get_consent_grant(oauth_request, self._current_session(request))
        except OAuth2Error as error:
            if not error.redirect_uri:
                return self.pages.render_page(request, "refused", HTTPStatus.BAD_REQUEST)
            return self._with_issuer(server.handle_error_response(oauth_request, error))
        if request.method == "GET":
            return self._show_people(request)
        player = self.pages.cast.get(oauth_request.form.get("player", ""))
        signed_in = self._sign_in(player, request) if player else None
        response = self._with_issuer(server.create_authorization_response(oauth_request, signed_in, grant=grant))
        if signed_in:
            self.memory.clients_by_session.setdefault(signed_in.sid, set()).add(grant.client.client_id)
            response.set_cookie(
                COOKIE_NAME, signed_in.sid, path=urlsplit(self.issuer).path, httponly=True, samesite="lax"
            )
        return response

    def _show_people(self, request: Request) -> Response:
        hint = request.query_params.get("login_hint", "")
        cast = sorted(self.pages.cast.values(), key=lambda player: hint not in {player.key, player.email})
        return self.pages.render_page(request, "choose", cast=cast, hint=hint)

    def _current_session(self, request: Request) -> ProviderSession | None:
        return self.memory.sessions.get(request.cookies.get(COOKIE_NAME, ""))

    def _sign_in(self, player: DemoPerson, request: Request) -> ProviderSession:
        current = self._current_session(request)
        sid = current.sid if current and current.player == player else token_urlsafe(32)
        signed_in = ProviderSession(sid, player, now())
        self.memory.sessions[sid] = signed_in
        return signed_in

    def _with_issuer(self, response: Response) -> Response:
        """Add the issuer to a redirect (RFC 9207), also to errors. After a POST the browser must follow it by GET."""
        location = response.headers.get("location")
        if location:
            response.headers["location"] = (
                f"{location}{'&' if '?' in location else '?'}{urlencode({'iss': self.issuer})}"
            )
            response.status_code = HTTPStatus.SEE_OTHER
        return response

    async def token(self, request: Request) -> Response:
        """Exchange an authorization code for tokens."""
        response = create_authorization_server(self.memory).create_token_response(await _parse_request(request))
        if not isinstance(response, Response):
            raise TypeError("the server answers with what handle_response made")
        return response

    async def userinfo(self, request: Request) -> Response:
        """Return the claims of the person with this access token."""
        self.memory.drop_expired()
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        entry = self.memory.access_tokens.get(token) if kind.lower() == "bearer" else None
        if entry is None or entry[0].sid not in self.memory.sessions:
            return Response(status_code=401, headers={"www-authenticate": 'Bearer error="invalid_token"'} | NO_STORE)
        return JSONResponse(build_claims(entry[0].player), headers=NO_STORE)

    async def sign_out(self, request: Request) -> Response:
        """RP-initiated logout. Without a valid `id_token_hint` the person must confirm (section 6 of that spec)."""
        oauth_request = await _parse_request(request)
        data = oauth_request.payload.data
        hinted_session = self._find_hinted_session(data.get("id_token_hint"))
        signed_in = hinted_session or self._current_session(request)
        if signed_in and not hinted_session and "confirmed" not in oauth_request.form:
            return self.pages.render_page(request, "sign_out", player=signed_in.player)
        if signed_in:
            await self._end_session(signed_in)
        client = self.memory.clients.get(data.get("client_id", ""))
        redirect_uri = data.get("post_logout_redirect_uri")
        if client and redirect_uri in client.post_logout_uris:
            state = urlencode({"state": data["state"]}) if data.get("state") else ""
            response: Response = RedirectResponse(
                f"{redirect_uri}?{state}" if state else redirect_uri, HTTPStatus.SEE_OTHER, NO_STORE
            )
        else:
            response = self.pages.render_page(request, "signed_out")
        response.delete_cookie(COOKIE_NAME, path=urlsplit(self.issuer).path)
        return response

    def _find_hinted_session(self, id_token: str | None) -> ProviderSession | None:
        if not id_token:
            return None
        try:
            claims = jwt.decode(id_token, self.memory.key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        return self.memory.sessions.get(str(claims.get("sid")))

    async def _end_session(self, signed_in: ProviderSession) -> None:
        """End the session and notify every client that used it (OpenID Connect Back-Channel Logout 1.0)."""
        self.memory.sessions.pop(signed_in.sid, None)
        clients = [
            self.memory.clients[name] for name in sorted(self.memory.clients_by_session.pop(signed_in.sid, set()))
        ]
        for client in clients:
            if client.backchannel_logout_uri:
                await self._send_logout(client, client.backchannel_logout_uri, signed_in)

    async def _send_logout(self, client: DemoClient, address: str, signed_in: ProviderSession) -> None:
        issued_at = int(now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": client.client_id,
            "sub": signed_in.player.subject,
            "sid": signed_in.sid,
            "iat": issued_at,
            "exp": issued_at + 120,
            "jti": token_urlsafe(16),
            "events": {LOGOUT_EVENT: {}},
        }
        header = {"alg": ALGORITHM, "kid": self.memory.key.kid, "typ": "logout+jwt"}
        token = jwt.encode(header, claims, self.memory.key, algorithms=[ALGORITHM])
        try:
            async with httpx2.AsyncClient(transport=self.http(), timeout=LOGOUT_SECONDS, trust_env=False) as http:
                response = await http.post(address, data={"logout_token": token})
        except httpx2.HTTPError:
            log.warning("demo_provider.logout_not_told", client=client.client_id)
            return
        log.info("demo_provider.logout_told", client=client.client_id, status=response.status_code)


async def _parse_request(request: Request) -> AuthlibRequest:
    form: list[tuple[str, str]] = []
    if request.method == "POST":
        async with request.form() as sent:
            form = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    return AuthlibRequest(request.method, str(request.url), request.headers, request.query_params.multi_items(), form)
