"""A span for each request of the portal: method, template of the route, status. The read path has none."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.asgi.headers import HEALTH
from app.asgi.metering import template
from app.core.traces import Traces


class Tracing:
    """Stands around everything but the outermost layer; add it last. Whether we are well is asked too often to tell."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self.app, self.traces = app, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in HEALTH:
            await self.app(scope, receive, send)
            return
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.traces.request(scope["method"]) as answered:
            try:
                await self.app(scope, receive, sending)
            finally:
                answered(template(scope), status)
