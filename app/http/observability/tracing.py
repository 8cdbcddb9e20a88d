"""Record a trace span for each request of the portal: method, route template, status. The read path records none."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.observability.tracing import ProcessTracing
from app.http.observability.metrics import route_template
from app.http.security_headers import HEALTH_PATHS


class TracingMiddleware:
    """ASGI middleware that records the spans; add it last, inside SecurityHeadersMiddleware only.

    Health checks are skipped.
    """

    def __init__(self, app: ASGIApp, traces: ProcessTracing) -> None:
        self.app, self.traces = app, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in HEALTH_PATHS:
            await self.app(scope, receive, send)
            return
        status = 500

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.traces.trace_request(scope["method"]) as finish:
            try:
                await self.app(scope, receive, send_and_note_status)
            finally:
                finish(route_template(scope), status)
