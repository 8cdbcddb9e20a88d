"""Counts the requests of a door by kind and class of status, and how long they took.

What a kind is, the door says: the portal counts by the template of the route (`/meetings/{meeting}`), the read path by
the kind of surface alone (`file`, `page`), so that no number tells what was read.
"""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.meters import Meters

BRINGS_A_FILE = (b"application/partial-upload", b"multipart/form-data")
UNKNOWN = "unknown"


class Metering:
    """Stands around everything but the outermost layer; add it last."""

    def __init__(self, app: ASGIApp, meters: Meters, kind: Callable[[Scope], str]) -> None:
        self.app, self.meters, self.kind = app, meters, kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        is_upload = any(key == b"content-type" and value.startswith(BRINGS_A_FILE) for key, value in scope["headers"])
        if is_upload:
            self.meters.sending.inc()
        try:
            await self.app(scope, receive, sending)
        finally:
            if is_upload:
                self.meters.sending.dec()
            kind = self.kind(scope)
            self.meters.requests.labels(kind, f"{status // 100}xx").inc()
            self.meters.seconds.labels(kind).observe(perf_counter() - began)


def template(scope: Scope) -> str:
    """The route's own words for its address; of an address that is none of ours nothing is said."""
    return str(getattr(scope.get("route"), "path", UNKNOWN))


def surface(scope: Scope) -> str:
    """The kind of surface, by the first word of the path where it is one of ours."""
    path: str = scope["path"]
    if "/files/" in path:
        return "file"
    first = path.split("/", 2)[1]
    return first if first in SURFACES else "page"


SURFACES = frozenset({"static", "healthz", "readyz", "sign-in", "sign-out", "search", "feeds", "oai", "help", "verify"})
