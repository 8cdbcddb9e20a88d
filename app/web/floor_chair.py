"""Running a session: the buttons of whoever works with the chair's tools.

Each says on which version of the floor it was pressed. What cannot be done is said above the floor as it is now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Unacceptable, Unknown
from app.core.i18n import say
from app.core.journal import apart
from app.domain.floor import actions, calling, queries, rules, speakers
from app.domain.floor.inputs import Closing, Declining, Limit, Moving, Putting
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.floor import page
from app.web.floor_view import seen
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

RUNS = [Depends(Asks(rules.RUN))]
CLOCK = {"stop": calling.stop_clock, "start": calling.start_clock, "more": calling.more_time}
REASONED = {"move": Moving, "decline": Declining}


@dataclass(frozen=True, slots=True)
class Tools:
    """Somebody who runs the floor, and the version on which they decided."""

    actor: Actor
    session: WriteSession
    house: House
    request: Request
    meeting: Meeting
    version: int

    def use(self, act: Callable[..., object], *given: object) -> Response:
        """Do it and show the floor; or show it as it is now, with why it was not done."""
        try:
            with apart(self.session):
                act(self.session, self.actor, self.meeting, *given, version=self.version)
        except Conflict as refused:
            return page(self.session, self.actor, self.house, self.request, self.meeting, refused=refused.reason)
        return RedirectResponse(f"/meetings/{self.meeting.id}/floor", 303)


def the_tools(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, version: Version = 0
) -> Tools:
    """Find the meeting and ask. Raises Unknown, Forbidden, Conflict."""
    found = meetings.one_visible(session, actor, meeting)
    rules.RUN.require(actor, queries.at(session, found))
    return Tools(actor, session, house, request, found, version)


TheTools = Annotated[Tools, Depends(the_tools)]
Key = Annotated[UUID, Form()]


@router.post("/meetings/{meeting}/floor/open", name="open-session", dependencies=[Depends(Asks(rules.OPEN))])
def open_session(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    wanted: Annotated[UUID, Form(alias="session")],
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.OPEN.require(actor, queries.at(session, found))
    try:
        with apart(session):
            actions.open_session(session, actor, found, queries.one_session(session, found, wanted))
    except Conflict as refused:
        return page(session, actor, house, request, found, refused=refused.reason)
    return RedirectResponse(f"/meetings/{found.id}/floor", 303)


@router.post("/meetings/{meeting}/floor/close", name="close-session", dependencies=RUNS)
def close_session(tools: TheTools) -> Response:
    return tools.use(actions.close_session)


@router.post("/meetings/{meeting}/floor/item", name="go-to-item", dependencies=RUNS)
def go_to(tools: TheTools, item: Key) -> Response:
    return tools.use(actions.go_to, item)


@router.post("/meetings/{meeting}/floor/give", name="give-the-floor", dependencies=RUNS)
def give(tools: TheTools, asked: Annotated[UUID, Form(alias="request")]) -> Response:
    return tools.use(calling.give, asked)


@router.post("/meetings/{meeting}/floor/end", name="end-statement", dependencies=RUNS)
def end(tools: TheTools) -> Response:
    return tools.use(calling.end)


@router.post("/meetings/{meeting}/floor/clock", name="set-clock", dependencies=RUNS)
def clock(tools: TheTools, to: Annotated[Literal["stop", "start", "more"], Form()]) -> Response:
    return tools.use(CLOCK[to])


@router.post("/meetings/{meeting}/floor/limit", name="set-limit", dependencies=RUNS)
def limit(tools: TheTools, minutes: Typed = "") -> Response:
    return tools.use(calling.set_limit, _whole(read(Limit, {"minutes": minutes})))


@router.post("/meetings/{meeting}/floor/list", name="close-list", dependencies=RUNS)
def the_list(tools: TheTools, to: Annotated[Literal["close", "reopen"], Form()], minutes: Typed = "") -> Response:
    if to == "reopen":
        return tools.use(speakers.reopen_list)
    return tools.use(speakers.close_list, _whole(read(Closing, {"minutes": minutes})))


@router.post("/meetings/{meeting}/floor/add", name="put-on-list", dependencies=RUNS)
def add(tools: TheTools, entity: Typed = "", kind: Typed = "") -> Response:
    return tools.use(speakers.put_on_list, _whole(read(Putting, {"entity": entity, "kind": kind})))


@router.get("/meetings/{meeting}/floor/requests/{asked}/{act}", name="asking-why", dependencies=RUNS)
def asking_why(
    meeting: UUID,
    asked: UUID,
    act: Literal["move", "decline"],
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.RUN.require(actor, queries.at(session, found))
    return _asking_why(session, actor, house, request, found, asked, act, Entry({"reason": "", "before": ""}, None, {}))


@router.post("/meetings/{meeting}/floor/requests/{asked}/move", name="move-speaker", dependencies=RUNS)
def move(asked: UUID, tools: TheTools, before: Typed = "", reason: Typed = "") -> Response:
    entry = read(Moving, {"before": before, "reason": reason})
    return _reasoned(tools, asked, "move", entry, speakers.move)


@router.post("/meetings/{meeting}/floor/requests/{asked}/decline", name="decline-request", dependencies=RUNS)
def decline(asked: UUID, tools: TheTools, reason: Typed = "") -> Response:
    return _reasoned(tools, asked, "decline", read(Declining, {"reason": reason}), speakers.decline)


def _reasoned(
    tools: Tools,
    asked: UUID,
    act: str,
    entry: Entry[Moving] | Entry[Declining],
    verb: Callable[..., object],
) -> Response:
    if entry.made is None:
        return _asking_why(tools.session, tools.actor, tools.house, tools.request, tools.meeting, asked, act, entry)
    return tools.use(verb, asked, entry.made)


def _asking_why(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    asked: UUID,
    act: str,
    entry: Entry[Moving] | Entry[Declining],
) -> Response:
    """The page that asks for the reason; for a move, also in front of whom."""
    language = house.pages.language(request)
    floor = seen(session, actor, meeting, Formats(language))
    about = next((each for each in floor.queue if each.id == asked and not each.interrupted), None)
    if about is None:
        raise Unknown()
    others = [each for each in floor.queue if each.kind == about.kind and each.id != asked and not each.interrupted]
    return house.pages.show(
        request,
        "web/floor/reason.html",
        status=400 if entry.errors else 200,
        frame=frame(session, actor, meeting, "floor", language),
        floor=floor,
        act=act,
        about=about,
        choices=[*((each.id, each.name) for each in others), ("", say("Behind all of them"))],
        typed=entry.typed,
        errors=entry.errors,
    )


def _whole(entry: Entry[Limit] | Entry[Closing] | Entry[Putting]) -> Limit | Closing | Putting:
    """What was chosen. Everything is chosen from a list, so that anything else is nobody's mistake."""
    if entry.made is None:
        raise Unacceptable(next(iter(entry.errors.values())))
    return entry.made
