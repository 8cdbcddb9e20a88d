"""The agenda that everybody sees, and the editor of its draft.

Every change says on which version it was made; a stale one changes nothing, and the page shows the draft as it is now
beside what was wanted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.i18n import Text, say
from app.domain.agendas import actions, allocating, queries, releasing, rules
from app.domain.agendas.inputs import NewItem, Release
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.turns import StaleAgenda
from app.domain.documents import queries as documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import agenda_lines
from app.web.entries import EachFieldOnce, Typed, read
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

KEEPS = [Depends(Asks(rules.KEEP))]
Version = Annotated[int, Form()]
STEPS = {
    "up": say("You wanted to move an item up."),
    "down": say("You wanted to move an item down."),
    "in": say("You wanted to put an item under the one before it."),
    "out": say("You wanted to move an item one level up."),
}


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
                raise StaleAgenda
            act()
        except StaleAgenda as stale:
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
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return Turn(actor, session, house, request, found, version)


TheTurn = Annotated[Turn, Depends(the_turn)]


@router.get("/meetings/{meeting}/agenda", name="agenda", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The version that was released last."""
    found = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    release = queries.current(session, found)
    return house.pages.show(
        request,
        "web/meetings/agenda.html",
        frame=frame(session, actor, found, "agenda", language),
        release=release,
        agenda=agenda_lines.released(session, actor, found, release, language) if release else None,
    )


@router.get("/meetings/{meeting}/agenda/edit", name="edit-agenda", dependencies=KEEPS)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return _page(session, actor, house, request, found)


@router.post("/meetings/{meeting}/agenda/items", name="add-item", dependencies=KEEPS)
def add(turn: TheTurn, title: Typed = "") -> Response:
    entry = read(NewItem, {"title": title})
    if (new := entry.made) is None:
        return turn.again(Wanted(say("You wanted to add an item:"), title, error=entry.errors["title"]), None, 400)
    wanted = Wanted(say("You wanted to add an item:"), title)
    return turn.take(
        wanted,
        lambda: actions.add_item(turn.session, turn.actor, turn.meeting, new, turn.language, version=turn.version),
    )


@router.post("/meetings/{meeting}/agenda/items/{item}", name="change-item", dependencies=KEEPS)
def change(item: UUID, turn: TheTurn, title: Typed = "") -> Response:
    wanted = Wanted(say("You wanted to change this title:"), title, item)

    def act() -> None:
        there = turn.item(item)
        kept = {"kind": there.kind, "minutes": there.minutes, "responsible": there.responsible, "notes": there.notes}
        new = NewItem(title=title, restricted=there.restricted, session=there.session_id, **kept)
        actions.change_item(turn.session, turn.actor, turn.meeting, there, new, turn.language, version=turn.version)

    entry = read(NewItem, {"title": title})
    if entry.made is None:
        return turn.again(replace(wanted, error=entry.errors["title"]), None, 400)
    return turn.take(wanted, act)


@router.post("/meetings/{meeting}/agenda/items/{item}/move", name="move-item", dependencies=KEEPS)
def move(item: UUID, turn: TheTurn, direction: Annotated[Literal["up", "down", "in", "out"], Form()]) -> Response:
    return turn.take(
        Wanted(STEPS[direction], item=item),
        lambda: actions.step_item(
            turn.session, turn.actor, turn.meeting, turn.item(item), direction, version=turn.version
        ),
    )


@router.post("/meetings/{meeting}/agenda/items/{item}/remove", name="remove-item", dependencies=KEEPS)
def remove(item: UUID, turn: TheTurn) -> Response:
    return turn.take(
        Wanted(say("You wanted to remove an item."), item=item),
        lambda: actions.remove_item(turn.session, turn.actor, turn.meeting, turn.item(item), version=turn.version),
    )


@router.post("/meetings/{meeting}/agenda/allocations", name="allocate-document", dependencies=KEEPS)
def allocate(turn: TheTurn, document: Annotated[UUID, Form()], item: Annotated[UUID, Form()]) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    wanted = Wanted(
        say("You wanted to put %(symbol)s under an item.", symbol=found.symbol), document=document, under=item
    )
    return turn.take(
        wanted,
        lambda: allocating.allocate(
            turn.session, turn.actor, turn.meeting, found, turn.item(item), version=turn.version
        ),
        "allocated",
    )


@router.post("/meetings/{meeting}/agenda/allocations/{document}/remove", name="take-off", dependencies=KEEPS)
def take_off(document: UUID, turn: TheTurn) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    return turn.take(
        Wanted(say("You wanted to take %(symbol)s off the agenda.", symbol=found.symbol)),
        lambda: allocating.take_off(turn.session, turn.actor, turn.meeting, found, version=turn.version),
        "taken-off",
    )


@router.post("/meetings/{meeting}/agenda/undo", name="undo-agenda", dependencies=KEEPS)
def undo(turn: TheTurn) -> Response:
    return turn.take(
        Wanted(say("You wanted to undo the last change.")),
        lambda: actions.undo(turn.session, turn.actor, turn.meeting, version=turn.version),
        "undone",
    )


@router.post("/meetings/{meeting}/agenda/release", name="release-agenda", dependencies=[Depends(Asks(rules.RELEASE))])
def release(turn: TheTurn, note: Typed = "") -> Response:
    entry = read(Release, {"note": note})
    wanted = Wanted(say("You wanted to release the agenda."))
    if (new := entry.made) is None:
        return turn.again(replace(wanted, error=entry.errors["note"]), None, 400)
    return turn.take(
        wanted,
        lambda: releasing.release(turn.session, turn.actor, turn.meeting, new, version=turn.version),
        "released-agenda",
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
    agenda = agenda_lines.draft(session, actor, meeting, language)
    return house.pages.show(
        request,
        "web/meetings/agenda_edit.html",
        status=status,
        frame=frame(session, actor, meeting, "agenda", language),
        agenda=agenda,
        choices=[(line.id, f"{line.number} {line.title}", line.lang or language) for line in agenda.items],
        wanted=wanted,
        stale=stale,
        moved=next((line for line in agenda.items if wanted and line.id == wanted.item), None),
    )
