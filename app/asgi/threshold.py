"""Before the body of a request is read: does whoever sends it have a session?

FastAPI reads forms before it asks guards. The guards still decide; this only keeps strangers from making us read;
how much is read of others, `max_body_size` says.
"""

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.asgi.actors import cookie_name, not_signed_in
from app.asgi.forms import SAFE
from app.asgi.house import House
from app.asgi.refusals import refusal_page
from app.core.db import transaction
from app.domain.identity import people


class Threshold:
    """Lets in what only reads, what is sent to an address in `open_to_all`, and whoever has a living session.

    Whoever had a session here before is let in with a form that is no larger than `largest_form`, so that what they
    typed while it ran out can be given back to them.
    """

    def __init__(self, app: ASGIApp, *, house: House, open_to_all: Collection[str], largest_form: int) -> None:
        self.app = app
        self.house = house
        self.open_to_all = open_to_all
        self.largest_form = largest_form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE or scope["path"] in self.open_to_all:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        secret = request.cookies.get(cookie_name(self.house))
        lives = await run_in_threadpool(self._lives, secret) if secret else None
        if lives or (lives is False and self._is_small(request)):
            await self.app(scope, receive, send)
        else:
            await refusal_page(self.house.pages, request, not_signed_in())(scope, receive, send)

    def _lives(self, secret: str) -> bool | None:
        """Whether the session of this secret lives; None if there never was one."""
        with transaction(self.house.read) as session:
            if people.by_secret(session, secret, self.house.limits):
                return True
            return False if people.was_given_out(session, secret) else None

    def _is_small(self, request: Request) -> bool:
        length = request.headers.get("Content-Length", "")
        return length.isdecimal() and int(length) <= self.largest_form
