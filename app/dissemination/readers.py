"""Who is reading: a category of membership and a name, carried in the reader's own sealed cookie and kept nowhere else.

Each reads one of two catalogues: members of ITU theirs, everybody else that of the public. What is not in it is
answered in one way, whether it is there for others or not.

The cookie is good for `read_session_minutes` from signing in and is never renewed: within that time a change of
membership, or signing out at the provider, is not noticed here, since nothing is kept by which it could be.
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
"""Where a request carries who is in its cookie, once that was read; it goes with the request."""
ADMITTED = frozenset(Membership) - {Membership.EXTERNAL}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody signed in. `id` is random, made for this session, and ties its forms to it."""

    id: str
    name: str
    membership: Membership

    @property
    def may_read(self) -> bool:
        """Every category of membership reads; who belongs to no member does not."""
        return self.membership in ADMITTED

    @property
    def acts_for(self) -> None:
        """Nobody acts here."""

    @property
    def capacity(self) -> Text:
        return MEMBERSHIPS[self.membership]

    @property
    def locale(self) -> None:
        """Not carried: the browser says which languages are read."""


def admit(library: Library, answer: Response, claims: Claims) -> None:
    """Begin a session, in the cookie of this answer."""
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
    """End the session by taking the cookie back. A copy of it would stay good to the end of its minutes."""
    answer.delete_cookie(library.cookie(COOKIE), httponly=True, samesite="lax", secure=library.secure)


def reader_of(library: Library, cookies: Mapping[str, str]) -> Reader | None:
    """The reader in the cookie; None without one that we sealed and whose time is left."""
    content = library.sessions.unseal(cookies.get(library.cookie(COOKIE), ""))
    return None if content is None else _read(content)


async def who_is_reading(request: Request) -> Reader | None:
    """The same of this request, shown in the masthead."""
    library = library_of(request)
    known = request.scope.get("state", {})
    reader = known[KNOWN] if KNOWN in known else reader_of(library, request.cookies)
    request.state.reader = reader
    request.state.form_token = form_token(library.secret, reader.id) if reader else ""
    request.state.menu = _menu(request.url.path)
    return reader


async def recognise(request: Request) -> None:
    """Furnish a page that no guard stands before, such as that there is no such page."""
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
    """Whose catalogue they read."""
    return Audience.MEMBERS if reader and reader.may_read else Audience.PUBLIC


class Readers:
    """The guard of the read path: everybody, each before the catalogue that they may read. Who nobody knows, or who
    belongs to no member, reads what is public."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = audience_of(await who_is_reading(request))


class Everybody:
    """The guard of what programs read without a key: the catalogue of the public, whoever asks."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = Audience.PUBLIC


async def not_held(request: Request, fault: Exception) -> Response:
    """The one answer to whatever is not in the catalogue of this reader: who could sign in is asked to."""
    reader: Reader | None = getattr(request.state, "reader", None)
    assert isinstance(fault, NotHeld)
    refusal: Refusal = fault
    if reader is None:
        refusal = Expired(
            say("Nothing public is at this address. Members of ITU sign in to see whether there is more.")
        )
    elif not reader.may_read:
        refusal = Forbidden(
            say(
                "What is not public is for the members of ITU, and your account belongs to none of them. If you work "
                "for a member, ask it to have your account put under its name."
            )
        )
    return refusal_page(library_of(request).pages, request, refusal)
