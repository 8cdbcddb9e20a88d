"""The outermost middleware of both applications: check Host and path, set the security headers of every response.

Wrap the whole application (`SecurityHeadersMiddleware(app, public_url=…)`) instead of `add_middleware`: Starlette
answers unhandled errors outside of added middleware, and these responses would lack the headers. Uvicorn adds a
`Server` header by default: switch it off.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import clock
from app.http.csrf import SAFE_METHODS
from app.http.shutdown import GracefulShutdown

# Requested by load balancers under another host name; the responses contain no personal data.
HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
DEFAULT_PORTS = {"http": 80, "https": 443}
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
HeaderPair = tuple[bytes, bytes]
CONNECTION_CLOSE: Final[HeaderPair] = (b"connection", b"close")
CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Two years, as the preload lists of browsers require.
STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


class SecurityHeadersMiddleware:
    """Check Host and path, assign a request id, and set the security headers of every response.

    HEAD is passed on as GET, so that the same guards run, and its response body is dropped (RFC 9110, 9.3.2).
    `form_targets` are the origins to which a form of ours may redirect: the identity provider, on signing out.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_url: str,
        form_targets: Sequence[str] = (),
        shutdown: GracefulShutdown | None = None,
    ) -> None:
        parts = urlsplit(public_url)
        self.app = app
        self.shutdown = shutdown or GracefulShutdown()
        self.scheme = parts.scheme
        self.host = parts.netloc.lower()
        self.server = (parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
        bare, default = self.host.removesuffix(f":{self.server[1]}"), DEFAULT_PORTS[self.scheme]
        # The default port may be given or left out.
        self.accepted_hosts = {bare, f"{bare}:{default}"} if self.server[1] == default else {self.host}
        policy = build_content_policy(form_targets)
        self.default_headers = encode_headers({"Cache-Control": "no-store", "Content-Security-Policy": policy})
        secure = {"Strict-Transport-Security": STRICT_TRANSPORT_SECURITY} if self.scheme == "https" else {}
        self.fixed_headers = encode_headers(SECURITY_HEADERS | secure)
        self.fixed_header_names = {key for key, _ in self.fixed_headers} | {b"x-request-id", b"server"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # not used; no websocket may bypass these checks
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        is_head = scope["method"] == "HEAD"

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.complete_headers(message.get("headers", ()), request_id)}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        if rejection := self.rejection_response(scope):
            await rejection(scope, receive, send_complete)
        else:
            await self.app(self.normalize_scope(scope, request_id), receive, send_complete)

    def rejection_response(self, scope: Scope) -> PlainTextResponse | None:
        """Response with status 400 or 421 for a malformed path or a wrong Host header, 502 for a request that another
        server shall answer; None if the request is acceptable."""
        path: str = scope["path"]
        if not path.startswith("/") or CONTROL_CHARACTER.search(path):
            return PlainTextResponse("The address is not one that can be asked for.\n", 400)
        hosts = [value.decode("latin-1").lower() for key, value in scope["headers"] if key == b"host"]
        if len(hosts) != 1:
            return PlainTextResponse("The request must name one host, once (RFC 9112, 3.2).\n", 400)
        if path not in HEALTH_PATHS and hosts[0] not in self.accepted_hosts:
            return PlainTextResponse("This server does not answer for that host.\n", 421)
        if self.shutdown.is_handing_over and scope["method"] in SAFE_METHODS:
            return PlainTextResponse("This server is being stopped.\n", 502)
        return None

    def normalize_scope(self, scope: Scope, request_id: str) -> Scope:
        """Return the scope passed to the application: with the configured scheme and host, whatever the client sent.

        `request.state` gets `request_id`, `began_at` (when the headers had arrived: an upload begun before a deadline
        may end after it) and `is_head` (handlers need not build an expensive body).
        """
        is_head = scope["method"] == "HEAD"
        other_headers = [(key, value) for key, value in scope["headers"] if key != b"host"]
        return {
            **scope,
            "method": "GET" if is_head else scope["method"],
            "scheme": self.scheme,
            "server": self.server,
            "headers": [(b"host", self.host.encode("ascii")), *other_headers],
            "state": {**scope.get("state", {}), "request_id": request_id, "began_at": clock.now(), "is_head": is_head},
        }

    def complete_headers(self, headers: Iterable[HeaderPair], request_id: str) -> list[HeaderPair]:
        """Add our headers to those of a response.

        A response may set its own Cache-Control and Content-Security-Policy only.
        """
        kept = [pair for pair in headers if pair[0] not in self.fixed_header_names]
        present = {key for key, _ in kept}
        defaults = [pair for pair in self.default_headers if pair[0] not in present]
        closing = [CONNECTION_CLOSE] if self.shutdown.is_shutting_down else []
        return [*kept, *defaults, *self.fixed_headers, *closing, (b"x-request-id", request_id.encode())]


def encode_headers(headers: Mapping[str, str]) -> list[HeaderPair]:
    """Encode headers for ASGI: bytes, names in lower case."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def build_content_policy(form_targets: Sequence[str] = ()) -> str:
    """Build the Content-Security-Policy: our own files only, no inline script or style, no framing (CSP 3)."""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "font-src 'none'",
            "object-src 'none'",
            "connect-src 'self'",
            "frame-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )
