"""Check the session before the body of a form is read.

FastAPI reads forms before it runs guards. The guards still decide; this middleware only stops clients without a session
from sending large bodies (`max_body_size` limits all others). Bodies that are no form, such as a chunk of a file, are
read behind the guards.
"""

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.db import transaction
from app.domain.identity import queries as identity
from app.http.authentication import not_signed_in_error, session_cookie_name
from app.http.csrf import SAFE_METHODS
from app.http.error_pages import error_page
from app.http.portal_state import PortalState

FORM_MEDIA_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class SessionPrecheckMiddleware:
    """ASGI middleware that answers 401 to forms without a live session.

    Safe methods, bodies that are no form and the paths in `open_to_all` pass. A form with an ended session passes if it
    has at most `largest_form` bytes, so that the error page can give its text back to the person.
    """

    def __init__(self, app: ASGIApp, *, open_to_all: Collection[str], largest_form: int) -> None:
        self.app = app
        self.open_to_all = open_to_all
        self.largest_form = largest_form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or scope["path"] in self.open_to_all:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if not is_form_request(request):
            await self.app(scope, receive, send)
            return
        portal: PortalState = request.app.state.portal
        secret = request.cookies.get(session_cookie_name(portal))
        is_live = await self._session_is_live(portal, secret) if secret else None
        if is_live or (is_live is False and self._is_small(request)):
            await self.app(scope, receive, send)
        else:
            await error_page(portal.templates, request, not_signed_in_error())(scope, receive, send)

    async def _session_is_live(self, portal: PortalState, secret: str) -> bool | None:
        async with portal.limiter.acquire_slot(is_writer=False):
            return await run_in_threadpool(_session_is_live, portal, secret)

    def _is_small(self, request: Request) -> bool:
        length = request.headers.get("Content-Length", "")
        return length.isdecimal() and int(length) <= self.largest_form


def is_form_request(request: Request) -> bool:
    """Tell whether Starlette would parse the body as a form: like Starlette, by the start of Content-Type alone."""
    kind = request.headers.get("Content-Type", "").lower().lstrip()
    return kind.startswith(FORM_MEDIA_TYPES)


def _session_is_live(portal: PortalState, secret: str) -> bool | None:
    """Tell whether the session of this secret is live: False if it has ended, None if there never was one."""
    with transaction(portal.read_sessions) as session:
        if identity.find_session_by_secret(session, secret, portal.session_limits):
            return True
        return False if identity.is_known_session_secret(session, secret) else None
