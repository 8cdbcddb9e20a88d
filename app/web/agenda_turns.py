"""One change of an agenda's draft through the web: applied to the version that was seen, or rejected with both shown.

Nothing typed is lost: it comes back with the current draft, and can be submitted again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import SignedIn
from app.asgi.house import House, TheHouse, Writing
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.agendas import queries, rules
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.turns import StaleAgenda
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting

Version = Annotated[int, Form()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that somebody attempted: its description, and the form that repeats it (path, fields, errors)."""

    words: Text
    action: str = ""
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)
    item: UUID | None = None
    errors: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a change was rejected: the draft changed since `version`, or the change is not possible at all (`version`
    None)."""

    words: Text
    version: int | None


Show = Callable[["Turn", Wanted, Refused | None, int], Response]


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of one agenda, made on the version that the actor saw."""

    actor: Actor
    session: WriteSession
    house: House
    request: Request
    meeting: Meeting
    version: int

    @property
    def language(self) -> str:
        """Return the language of the reader."""
        return self.house.pages.language(self.request)

    def item(self, item: UUID) -> AgendaItem:
        """Return an item of the draft. Raises NotFound."""
        return queries.one_item(self.session, self.meeting, item)

    def take(
        self, wanted: Wanted, act: Callable[[], object], show: Show, *, to: str = "edit", room: str = "agenda"
    ) -> Response:
        """Apply the action if the draft is still at the version that was seen; if it raises Conflict (StaleAgenda on
        another version), roll back and render both versions.

        Redirects to `to` under `room` ("agenda" or "plan") of the meeting.
        """
        try:
            with apart(self.session):
                if self.meeting.agenda_version != self.version:  # first, since the item may be gone
                    raise StaleAgenda
                act()
        except Conflict as error:
            seen = self.version if isinstance(error, StaleAgenda) else None
            self.session.rollback()  # the action may have written before it raised
            self.session.refresh(self.meeting)
            return show(self, wanted, Refused(error.reason, seen), 409)
        place = f"#item-{wanted.item}" if wanted.item else ""
        mark = "&" if "?" in to else "?"
        did = f"{mark}did={self.meeting.agenda_version}" if to.startswith("edit") else ""
        return RedirectResponse(f"/meetings/{self.meeting.id}/{room}/{to}{did}{place}", 303)


def the_turn(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, version: Version
) -> Turn:
    """Return the edit of a meeting's agenda. Raises NotFound, Forbidden."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    return Turn(actor, session, house, request, meeting_row, version)


TheTurn = Annotated[Turn, Depends(the_turn)]
