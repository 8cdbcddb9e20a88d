"""The context of a request to the portal: who asks, in which transaction, of which installation; and how to answer.

A handler declares `context: ReadContext` or `context: WriteContext` and hands it on as one argument. Which of the two
follows from the method: a GET gets a READ ONLY transaction (`app.http.portal_state`).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession, WriteSession
from app.core.permissions import Actor
from app.http.authentication import SignedInActor
from app.http.localization import Localizer
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession

SessionT_co = TypeVar("SessionT_co", bound=ReadSession, covariant=True)


@dataclass(frozen=True, slots=True)
class PageContext(Generic[SessionT_co]):
    """One request of a signed-in person."""

    request: Request
    portal: PortalState
    session: SessionT_co
    actor: Actor

    @property
    def language(self) -> str:
        """The language of the page: one of `app.core.i18n.LANGUAGES`."""
        return self.portal.templates.negotiate_language(self.request)

    @property
    def localizer(self) -> Localizer:
        """Formats of dates, sizes and names in the language of the page."""
        return Localizer(self.language)

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a template of `templates/` as the response."""
        return self.portal.templates.render_response(self.request, template, status=status, **values)

    def redirect(self, address: str) -> Response:
        """Send the browser to another page after a change (303 See Other, RFC 9110, 15.4.4)."""
        return RedirectResponse(address, 303)


async def build_read_context(
    request: Request, portal: Portal, session: RequestReadSession, actor: SignedInActor
) -> PageContext[ReadSession]:
    """Build the context of a request that changes nothing."""
    return PageContext(request, portal, session, actor)


async def build_write_context(
    request: Request, portal: Portal, session: RequestWriteSession, actor: SignedInActor
) -> PageContext[WriteSession]:
    """Build the context of a request that changes something."""
    return PageContext(request, portal, session, actor)


ReadContext = Annotated[PageContext[ReadSession], Depends(build_read_context)]
WriteContext = Annotated[PageContext[WriteSession], Depends(build_write_context)]
