"""Before the body of a request is read: does whoever sends it have a session?

FastAPI reads forms before it asks guards. The guards still decide; this only keeps strangers from making us read;
how much is read of others, `max_body_size` says. What is no form, such as a piece of a file, is read behind the guards.
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

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Threshold:
    """Lets in what only reads, what is no form, what is sent to an address in `open_to_all`, and whoever has a living
    session.

    Whoever had a session here before is let in with a form that is no larger than `largest_form`, so that what they
    typed while it ran out can be given back to them.
    """

    def __init__(self, app: ASGIApp, *, open_to_all: Collection[str], largest_form: int) -> None:
        self.app = app
        self.open_to_all = open_to_all
        self.largest_form = largest_form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE or scope["path"] in self.open_to_all:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if not is_form(request):
            await self.app(scope, receive, send)
            return
        house: House = request.app.state.house
        secret = request.cookies.get(cookie_name(house))
        lives = await self._lives(house, secret) if secret else None
        if lives or (lives is False and self._is_small(request)):
            await self.app(scope, receive, send)
        else:
            await refusal_page(house.pages, request, not_signed_in())(scope, receive, send)

    async def _lives(self, house: House, secret: str) -> bool | None:
        async with house.turns.taken(is_writer=False):
            return await run_in_threadpool(_lives, house, secret)

    def _is_small(self, request: Request) -> bool:
        length = request.headers.get("Content-Length", "")
        return length.isdecimal() and int(length) <= self.largest_form


def is_form(request: Request) -> bool:
    """Whether Starlette would read this as a form; it asks no more of the field than how it begins."""
    kind = request.headers.get("Content-Type", "").lower().lstrip()
    return kind.startswith(FORMS)


def _lives(house: House, secret: str) -> bool | None:
    """Whether the session of this secret lives; None if there never was one."""
    with transaction(house.read) as session:
        if people.by_secret(session, secret, house.limits):
            return True
        return False if people.was_given_out(session, secret) else None
