"""The editor of an agenda. Every change says on which version it was made; a stale one changes nothing, and the page
shows the agenda as it is now beside what was wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.i18n import Text, say
from app.domain.documents import queries as documents
from app.domain.meetings import actions, queries, rules
from app.domain.meetings.inputs import ItemTitle
from app.domain.meetings.models import AgendaItem, Meeting
from app.web.entries import EachFieldOnce, Typed, read
from app.web.meeting_pages import agenda_of, frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

KEEP = [Depends(Asks(rules.KEEP_AGENDA))]
Version = Annotated[int, Form()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wanted to do: said again if it could not be done, with what they had typed."""

    words: Text
    title: str = ""
    item: UUID | None = None
    document: UUID | None = None
    under: UUID | None = None
    error: Text | None = None


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

    def take(self, wanted: Wanted, act: Callable[[], object], done: str = "agenda") -> Response:
        """Do it if the agenda is still the one that was seen; else show both, with nothing changed."""
        try:
            if self.meeting.agenda_version != self.version:  # the item may be gone: before anything is looked up
                raise actions.StaleAgenda
            act()
        except actions.StaleAgenda as stale:
            self.session.refresh(self.meeting)
            return self.again(wanted, stale.reason, 409)
        return RedirectResponse(f"/meetings/{self.meeting.id}/agenda/edit?done={done}", 303)

    def again(self, wanted: Wanted, stale: Text | None, status: int) -> Response:
        """The editor, with what was typed."""
        return _page(self.session, self.actor, self.house, self.request, self.meeting, wanted, stale, status)


def the_turn(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, version: Version
) -> Turn:
    """Find the meeting and ask. Raises Unknown, Forbidden."""
    found = queries.one_visible(session, actor, meeting)
    rules.KEEP_AGENDA.require(actor, found)
    return Turn(actor, session, house, request, found, version)


TheTurn = Annotated[Turn, Depends(the_turn)]


@router.get("/meetings/{meeting}/agenda/edit", name="edit-agenda", dependencies=KEEP)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, meeting)
    rules.KEEP_AGENDA.require(actor, found)
    return _page(session, actor, house, request, found)


@router.post("/meetings/{meeting}/agenda/items", name="add-item", dependencies=KEEP)
def add(turn: TheTurn, title: Typed = "") -> Response:
    entry = read(ItemTitle, {"title": title})
    if (new := entry.made) is None:
        return turn.again(Wanted(say("You wanted to add an item:"), title, error=entry.errors["title"]), None, 400)
    wanted = Wanted(say("You wanted to add an item:"), title)
    return turn.take(
        wanted,
        lambda: actions.add_item(turn.session, turn.actor, turn.meeting, new, turn.language, version=turn.version),
    )


@router.post("/meetings/{meeting}/agenda/items/{item}", name="rename-item", dependencies=KEEP)
def rename(item: UUID, turn: TheTurn, title: Typed = "") -> Response:
    entry = read(ItemTitle, {"title": title})
    if (new := entry.made) is None:
        wanted = Wanted(say("You wanted to change this title:"), title, item, error=entry.errors["title"])
        return turn.again(wanted, None, 400)
    return turn.take(
        Wanted(say("You wanted to change this title:"), title, item),
        lambda: actions.rename_item(
            turn.session, turn.actor, turn.meeting, turn.item(item), new, turn.language, version=turn.version
        ),
    )


@router.post("/meetings/{meeting}/agenda/items/{item}/move", name="move-item", dependencies=KEEP)
def move(item: UUID, turn: TheTurn, up: Annotated[Literal["yes", "no"], Form()]) -> Response:
    words = say("You wanted to move an item up.") if up == "yes" else say("You wanted to move an item down.")
    return turn.take(
        Wanted(words, item=item),
        lambda: actions.move_item(
            turn.session, turn.actor, turn.meeting, turn.item(item), up=up == "yes", version=turn.version
        ),
    )


@router.post("/meetings/{meeting}/agenda/items/{item}/remove", name="remove-item", dependencies=KEEP)
def remove(item: UUID, turn: TheTurn) -> Response:
    return turn.take(
        Wanted(say("You wanted to remove an item."), item=item),
        lambda: actions.remove_item(turn.session, turn.actor, turn.meeting, turn.item(item), version=turn.version),
    )


@router.post("/meetings/{meeting}/agenda/allocations", name="allocate-document", dependencies=KEEP)
def allocate(turn: TheTurn, document: Annotated[UUID, Form()], item: Annotated[UUID, Form()]) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    wanted = Wanted(
        say("You wanted to put %(symbol)s under an item.", symbol=found.symbol), document=document, under=item
    )
    return turn.take(
        wanted,
        lambda: actions.allocate(turn.session, turn.actor, turn.meeting, found, turn.item(item), version=turn.version),
        "allocated",
    )


@router.post("/meetings/{meeting}/agenda/allocations/{document}/remove", name="take-off", dependencies=KEEP)
def take_off(document: UUID, turn: TheTurn) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    return turn.take(
        Wanted(say("You wanted to take %(symbol)s off the agenda.", symbol=found.symbol)),
        lambda: actions.take_off(turn.session, turn.actor, turn.meeting, found, version=turn.version),
        "taken-off",
    )


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    wanted: Wanted | None = None,
    stale: Text | None = None,
    status: int = 200,
) -> Response:
    language = house.pages.language(request)
    agenda = agenda_of(session, actor, meeting, language)
    return house.pages.show(
        request,
        "web/meetings/agenda_edit.html",
        status=status,
        frame=frame(session, actor, meeting, "agenda", language),
        agenda=agenda,
        choices=[(line.id, f"{line.number}. {line.title}", line.lang or language) for line in agenda.items],
        wanted=wanted,
        stale=stale,
        moved=next((line for line in agenda.items if wanted and line.id == wanted.item), None),
    )
