"""Metrics of HTTP requests: their number by kind and status class, and their duration in seconds.

Each application chooses the kind: the portal uses the route template (`/meetings/{meeting}`), the read path a coarse
kind of route only (`file`, `page`), so that no metric reveals what was read.
"""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.observability.methods import to_known_method
from app.core.observability.metrics import ProcessMetrics
from app.http.csrf import SAFE_METHODS

UPLOAD_MEDIA_TYPES = (b"application/partial-upload", b"multipart/form-data")
UNKNOWN_ROUTE = "unknown"


class MetricsMiddleware:
    """ASGI middleware that records the metrics; `kind` maps a scope to its label.

    Add it last, inside SecurityHeadersMiddleware only.
    """

    def __init__(self, app: ASGIApp, meters: ProcessMetrics, kind: Callable[[Scope], str]) -> None:
        self.app, self.meters, self.kind = app, meters, kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        is_upload = scope["method"] not in SAFE_METHODS and any(
            key == b"content-type" and value.startswith(UPLOAD_MEDIA_TYPES) for key, value in scope["headers"]
        )
        if is_upload:
            self.meters.uploads.inc()
        try:
            await self.app(scope, receive, send_and_note_status)
        finally:
            if is_upload:
                self.meters.uploads.dec()
            self._count(scope, status, perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that ended, and why it or a sign-in by it was refused."""
        kind, method, state = self.kind(scope), to_known_method(scope["method"]), scope.get("state", {})
        self.meters.requests.labels(kind, method, f"{status // 100}xx").inc()
        self.meters.seconds.labels(kind, method).observe(seconds)
        if reason := state.get("refusal"):
            self.meters.refusals.labels(reason).inc()
        if cause := state.get("sign_in_refusal"):
            self.meters.sign_in_refusals.labels(cause).inc()


def route_template(scope: Scope) -> str:
    """Return the path template of the matched route; `unknown` if none matched, so that no unknown URL is recorded."""
    return str(getattr(scope.get("route"), "path", UNKNOWN_ROUTE))


def route_kind(scope: Scope) -> str:
    """Return the kind of a read-path route: `file`, the first path segment if it is a known one, else `page`."""
    path: str = scope["path"]
    if "/files/" in path:
        return "file"
    first = path.split("/", 2)[1]
    return first if first in ROUTE_KINDS else "page"


ROUTE_KINDS = frozenset(
    {"static", "healthz", "readyz", "sign-in", "sign-out", "search", "feeds", "oai", "help", "verify"}
)
