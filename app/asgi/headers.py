"""The outermost layer of both doors: who may be spoken to, and the headers of every answer.

Wrap the whole application (`Headers(app, public_url=…)`) and do not use `add_middleware`: the answer to a fault of
ours is made outside of those and would leave without its headers. Uvicorn adds a `Server` line: start it without.
"""

import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.asgi.stopping import Stopping
from app.core import clock

# Asked by machines that know us by another name; these say nothing about anybody.
HEALTH = frozenset({"/healthz", "/readyz"})
USUAL_PORTS = {"http": 80, "https": 443}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
Pair = tuple[bytes, bytes]
LAST: Final[Pair] = (b"connection", b"close")
# Two years, as the preload lists of the browsers ask for.
TRANSPORT = "max-age=63072000; includeSubDomains"


class Headers:
    """Checks Host and path, names the request, and adds to every answer what a browser must be told.

    HEAD goes in as GET, so that the same guards answer, and its body is left out on the way back (RFC 9110, 9.3.2).
    `form_targets` are the origins that a form of ours may lead to by a redirect: the identity provider, on signing out.
    """

    def __init__(
        self, app: ASGIApp, *, public_url: str, form_targets: Sequence[str] = (), stopping: Stopping | None = None
    ) -> None:
        parts = urlsplit(public_url)
        self.app = app
        self.stopping = stopping or Stopping()
        self.scheme = parts.scheme
        self.host = parts.netloc.lower()
        self.server = (parts.hostname or "", parts.port or USUAL_PORTS[parts.scheme])
        policy = content_policy(form_targets)
        self.unless_set = encoded({"Cache-Control": "no-store", "Content-Security-Policy": policy})
        secure = {"Strict-Transport-Security": TRANSPORT} if self.scheme == "https" else {}
        self.always = encoded(HEADERS | secure)
        self.ours = {key for key, _ in self.always} | {b"x-request-id", b"server"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there are none; nobody shall add one past these checks
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(8)
        is_head = scope["method"] == "HEAD"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.complete(message.get("headers", ()), name)}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        if refusal := self.objection(scope):
            await refusal(scope, receive, sending)
        else:
            await self.app(self.settled(scope, name), receive, sending)

    def objection(self, scope: Scope) -> PlainTextResponse | None:
        """Why this request is not even looked at, or None."""
        path: str = scope["path"]
        if not path.startswith("/") or any(unicodedata.category(letter) == "Cc" for letter in path):
            return PlainTextResponse("The address is not one that can be asked for.\n", 400)
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return PlainTextResponse("The request must name one host, once (RFC 9112, 3.2).\n", 400)
        if path not in HEALTH and hosts[0] not in self.names():
            return PlainTextResponse("This server does not answer for that host.\n", 421)
        return None

    def names(self) -> set[str]:
        """How our host may be written: the usual port may be left out, or said."""
        bare, port = self.host.removesuffix(f":{self.server[1]}"), USUAL_PORTS[self.scheme]
        return {bare, f"{bare}:{port}"} if self.server[1] == port else {self.host}

    def settled(self, scope: Scope, name: str) -> Scope:
        """The request as it goes in: scheme and host are ours whatever its headers said, and it has a name.

        `began_at` is when its headers had arrived: an upload that was begun before a deadline may end after it.
        `is_head` tells those to whom a body costs much that nobody will see it.
        """
        is_head = scope["method"] == "HEAD"
        kept = [(key, value) for key, value in scope["headers"] if key != b"host"]
        return {
            **scope,
            "method": "GET" if is_head else scope["method"],
            "scheme": self.scheme,
            "server": self.server,
            "headers": [(b"host", self.host.encode("ascii")), *kept],
            "state": {**scope.get("state", {}), "request_id": name, "began_at": clock.now(), "is_head": is_head},
        }

    def complete(self, headers: Iterable[Pair], name: str) -> list[Pair]:
        """Caching and content policy may be set by an answer itself (a file is stricter); the rest may not."""
        kept = [pair for pair in headers if pair[0] not in self.ours]
        there = {key for key, _ in kept}
        added = [pair for pair in self.unless_set if pair[0] not in there]
        last = [LAST] if self.stopping.is_told else []
        return [*kept, *added, *self.always, *last, (b"x-request-id", name.encode())]


def encoded(headers: Mapping[str, str]) -> list[Pair]:
    """As ASGI wants them: names in small letters."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def content_policy(form_targets: Sequence[str] = ()) -> str:
    """Nothing but our own files; no inline script or style; nobody frames us (CSP 3)."""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "font-src 'none'",
            "connect-src 'self'",
            "frame-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )
