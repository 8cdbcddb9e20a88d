"""One change of a draft through the web: made on the version that was seen, or refused with both sides shown.

Nothing that was typed is lost: it comes back with the draft as it is now, and can be sent again on it.
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
    """What somebody wanted to do, in words, with the form that does it: where it goes and what it says."""

    words: Text
    action: str = ""
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)
    item: UUID | None = None
    errors: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it was not done: the draft is another one since `version`, or it cannot be done at all (`version` None)."""

    words: Text
    version: int | None


Show = Callable[["Turn", Wanted, Refused | None, int], Response]


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of one agenda, by somebody who worked on that version."""

    actor: Actor
    session: WriteSession
    house: House
    request: Request
    meeting: Meeting
    version: int

    @property
    def language(self) -> str:
        return self.house.pages.language(self.request)

    def item(self, item: UUID) -> AgendaItem:
        """That item, or Unknown."""
        return queries.one_item(self.session, self.meeting, item)

    def take(
        self, wanted: Wanted, act: Callable[[], object], show: Show, *, to: str = "edit", room: str = "agenda"
    ) -> Response:
        """Do it if the agenda is still the one that was seen; else show both, with nothing changed."""
        try:
            with apart(self.session):
                if self.meeting.agenda_version != self.version:  # the item may be gone: before anything is looked up
                    raise StaleAgenda
                act()
        except Conflict as refused:
            seen = self.version if isinstance(refused, StaleAgenda) else None
            self.session.rollback()  # a verb may have begun before it found that this cannot be done
            self.session.refresh(self.meeting)
            return show(self, wanted, Refused(refused.reason, seen), 409)
        place = f"#item-{wanted.item}" if wanted.item else ""
        mark = "&" if "?" in to else "?"
        did = f"{mark}did={self.meeting.agenda_version}" if to.startswith("edit") else ""
        return RedirectResponse(f"/meetings/{self.meeting.id}/{room}/{to}{did}{place}", 303)


def the_turn(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, version: Version
) -> Turn:
    """Find the meeting and ask. Raises Unknown, Forbidden."""
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return Turn(actor, session, house, request, found, version)


TheTurn = Annotated[Turn, Depends(the_turn)]
