"""Reader sessions: membership category and name, stored in the encrypted cookie of the reader only.

Each reader reads one of two catalogues: ITU members theirs, everybody else the public one. Anything outside of it gets
the same answer, whether it exists for others or not.

The cookie is valid for `read_session_minutes` from sign-in and is never renewed: a change of membership, or a sign-out
at the provider, takes effect after that time, since nothing is stored by which it could be noticed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.asgi.forms import form_token
from app.asgi.oidc.notation import JSONObject
from app.asgi.refusals import refusal_page
from app.asgi.words import MEMBERSHIPS
from app.core.errors import Expired, Forbidden, Refusal
from app.core.i18n import Text, say
from app.dissemination.catalogue import NotHeld
from app.dissemination.library import Library, library_of
from app.domain.identity.claims import Claims, Membership
from app.domain.releases.models import Audience

COOKIE = "cwg_read"
KNOWN = "reader_in_cookie"
"""Key of the request state under which the reader in its cookie is stored once it was read."""
ADMITTED = frozenset(Membership) - {Membership.EXTERNAL}


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in reader. `id` is random, created for this session, and binds its forms to it."""

    id: str
    name: str
    membership: Membership

    @property
    def may_read(self) -> bool:
        """Whether they belong to a member of ITU in any category."""
        return self.membership in ADMITTED

    @property
    def acts_for(self) -> None:
        """None: readers do not act for anybody."""

    @property
    def capacity(self) -> Text:
        return MEMBERSHIPS[self.membership]

    @property
    def locale(self) -> None:
        """None: the language is negotiated by the browser."""


def admit(library: Library, answer: Response, claims: Claims) -> None:
    """Start a session: set the session cookie on a response."""
    content = {"id": secrets.token_urlsafe(16), "name": claims.name, "membership": claims.membership.value}
    answer.set_cookie(
        library.cookie(COOKIE),
        library.sessions.seal(content, library.lifetime),
        max_age=int(library.lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=library.secure,
    )


def dismiss(library: Library, answer: Response) -> None:
    """End the session: delete the cookie. A copy of it stays valid until it expires."""
    answer.delete_cookie(library.cookie(COOKIE), httponly=True, samesite="lax", secure=library.secure)


def reader_of(library: Library, cookies: Mapping[str, str]) -> Reader | None:
    """Return the reader in the cookies; None without a valid session cookie."""
    content = library.sessions.unseal(cookies.get(library.cookie(COOKIE), ""))
    return None if content is None else _read(content)


async def who_is_reading(request: Request) -> Reader | None:
    """FastAPI dependency: the reader of this request; sets the page context."""
    state = library_of(request)
    known = request.scope.get("state", {})
    reader = known[KNOWN] if KNOWN in known else reader_of(state, request.cookies)
    request.state.reader = reader
    request.state.form_token = form_token(state.secret, reader.id) if reader else ""
    request.state.menu = _menu(request.url.path)
    return reader


async def recognise(request: Request) -> None:
    """Set the page context for a page without a guard, such as the 404 page."""
    await who_is_reading(request)


def _read(content: JSONObject) -> Reader:
    return Reader(str(content["id"]), str(content["name"]), Membership(str(content["membership"])))


def _menu(path: str) -> list[tuple[str, Text, bool]]:
    return [
        ("/outputs", say("Outputs"), path == "/" or path.startswith("/outputs")),
        ("/search", say("Search"), path == "/search"),
        ("/verify", say("Check a file"), path.startswith("/verify")),
        ("/help", say("Help"), path == "/help"),
    ]


MaybeReader = Annotated[Reader | None, Depends(who_is_reading)]


def audience_of(reader: Reader | None) -> Audience:
    """Return the audience of a reader: members or the public."""
    return Audience.MEMBERS if reader and reader.may_read else Audience.PUBLIC


class Readers:
    """Guard of the read path: admits everybody and selects the catalogue they may read."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = audience_of(await who_is_reading(request))


class Everybody:
    """Guard of routes for programs without a key: always the public catalogue."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = Audience.PUBLIC


async def not_held(request: Request, fault: Exception) -> Response:
    """Return the one answer for anything outside the catalogue of this reader; without a session it asks to sign in."""
    reader: Reader | None = getattr(request.state, "reader", None)
    assert isinstance(fault, NotHeld)
    error: Refusal = fault
    if reader is None:
        error = Expired(say("Nothing public is at this address. Members of ITU sign in to see whether there is more."))
    elif not reader.may_read:
        error = Forbidden(
            say(
                "What is not public is for the members of ITU, and your account belongs to none of them. If you work "
                "for a member, ask it to have your account put under its name."
            )
        )
    return refusal_page(library_of(request).pages, request, error)
