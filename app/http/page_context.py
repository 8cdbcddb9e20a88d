"""The context of a request to the portal: who asks, in which transaction, of which installation; and how to answer.

A handler declares `context: ReadContext` or `context: WriteContext` and hands it on as one argument. Which of the two
follows from the method: a GET gets a READ ONLY transaction (`app.http.portal_state`). A page that is open to everybody
declares `context: OpenContext`, in which the actor may be missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession, WriteSession, release_connection, transaction
from app.core.errors import Forbidden
from app.core.permissions import Actor
from app.domain.bodies.queries.seats import RIGHTS_ENDED
from app.domain.identity.models.claims import MembershipCategory
from app.domain.organizations.queries import provide_party_names
from app.http.authentication import OptionalActor, SignedInActor, find_actor_by_secret, session_cookie_name
from app.http.localization import Localizer
from app.http.portal_state import PortalState, RequestReadSession, get_portal_state
from app.http.reader_zones import ReaderZone

SessionT_co = TypeVar("SessionT_co", bound=ReadSession, covariant=True)


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[SessionT_co]):
    """One request and the means to answer it."""

    request: Request
    portal: PortalState
    session: SessionT_co

    @property
    def language(self) -> str:
        """The language of the page: one of `app.core.i18n.LANGUAGES`."""
        return self.portal.templates.negotiate_language(self.request)

    @property
    def localizer(self) -> Localizer:
        """Formats of dates, sizes and names in the language of the page, with times in the zone of the reader."""
        reader_zone: ReaderZone | None = getattr(self.request.state, "reader_zone", None)
        return Localizer(self.language, reader_zone.zone if reader_zone else None)

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a template of `templates/` as the response. What only reads ends with it: the connection is given back
        while this thread is at hand."""
        response = self.portal.templates.render_response(self.request, template, status=status, **values)
        if self.session.in_transaction() and not isinstance(self.session, WriteSession):
            release_connection(self.session)
        return response

    def read_party_names(self) -> None:
        """Read the names of parties now: before texts that are made after the transaction of this request."""
        self.request.state.party_names.read()

    def list_party_codes(self) -> list[str]:
        """List the codes of all parties that are no States: the ITU, organizations of the register, and other members
        that have people here."""
        codes: list[str] = self.request.state.party_names.list_codes()
        return ["ITU", *codes]

    def redirect(self, address: str) -> Response:
        """Send the browser to another page after a change (303 See Other, RFC 9110, 15.4.4)."""
        return RedirectResponse(address, 303)


@dataclass(frozen=True, slots=True)
class OpenPageRequestContext(RequestContext[ReadSession]):
    """One request of anybody, signed in or not, for a page that is open to everybody."""

    actor: Actor | None


@dataclass(frozen=True, slots=True)
class SignedInRequestContext(RequestContext[SessionT_co]):
    """One request of a signed-in person."""

    actor: Actor


async def build_open_page_context(
    request: Request, session: RequestReadSession, actor: OptionalActor
) -> OpenPageRequestContext:
    """Build the context of a request to a page that is open to everybody."""
    request.state.party_names = provide_party_names(session)
    return OpenPageRequestContext(request, get_portal_state(request), session, actor)


# The guard of a route comes before its parameters. These take from the request what the guard has kept there: FastAPI
# would solve everything that the guard depends on once more, which takes a tenth of the time of a small page.
async def build_read_context(request: Request) -> SignedInRequestContext[ReadSession]:
    """Build the context of a request that changes nothing."""
    return _build_signed_in_context(request)


async def build_write_context(request: Request) -> SignedInRequestContext[WriteSession]:
    """Build the context of a request that changes something."""
    return _build_signed_in_context(request)


def _build_signed_in_context(request: Request) -> SignedInRequestContext[Any]:
    """Build the context of what the guard found: without one there is no actor, and no context."""
    session, actor = request.state.session, request.state.actor
    request.state.party_names = provide_party_names(session)
    return SignedInRequestContext(request, get_portal_state(request), session, actor)


def require_rights_still_held(context: SignedInRequestContext[ReadSession]) -> None:
    """Raise Forbidden if the user's session ended, or a seat was lost, since the request began.

    For downloads that are sent in pieces: before each piece, in a transaction of its own. An exception cuts them off.
    """
    secret = context.request.cookies[session_cookie_name(context.portal)]
    with transaction(context.portal.read_sessions) as session:
        now, before = find_actor_by_secret(session, context.portal, secret), context.actor
    if now is None or (now.category, now.entity) != (before.category, before.entity) or before.seats - now.seats:
        raise Forbidden(RIGHTS_ENDED)


def open_file_while_allowed(context: SignedInRequestContext[ReadSession], sha256: str) -> Iterator[bytes]:
    """Open a file of a download that is sent in pieces. Raises Forbidden if the actor has lost their rights
    meanwhile."""
    require_rights_still_held(context)
    return context.portal.store.iter_chunks(sha256)


OpenContext = Annotated[OpenPageRequestContext, Depends(build_open_page_context)]
ReadContext = Annotated[SignedInRequestContext[ReadSession], Depends(build_read_context)]
WriteContext = Annotated[SignedInRequestContext[WriteSession], Depends(build_write_context)]


def hold_costly_turn(request: Request, actor: SignedInActor) -> Iterator[None]:
    """FastAPI dependency: bound the costly work of the actor while their page or file is made. Raises TooManyRequests.

    The staff of ITU, and people who belong to no member, count each for themselves.
    """
    is_of_member = actor.entity and actor.category != MembershipCategory.ITU_STAFF
    with get_portal_state(request).costly_work.hold(actor.person, actor.entity if is_of_member else str(actor.person)):
        yield


def hold_download_turn(request: Request, actor: SignedInActor) -> Iterator[None]:
    """FastAPI dependency: bound the downloads of the actor that are made while they are sent. Raises TooManyRequests.

    By person alone: colleagues behind a slow line, whose downloads last for an hour, take nothing from each other.
    """
    with get_portal_state(request).downloads.hold(actor.person, str(actor.person)):
        yield


COSTLY_TURN = Depends(hold_costly_turn, scope="function")
DOWNLOAD_TURN = Depends(hold_download_turn, scope="request")
"""Among the `dependencies` of a route, after its guard: until its function has returned, and until all was sent."""
