"""Running a session: the buttons of the chair and its deputies.

Each names the version of the floor on which it was pressed. A refused action is explained above the current floor.
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
    """A person who runs the floor, with the version on which they decided."""

    actor: Actor
    session: WriteSession
    house: House
    request: Request
    meeting: Meeting
    version: int

    def use(self, act: Callable[..., object], *args: object) -> Response:
        """Run the action and redirect to the floor; or render the current floor with the reason why it was not done."""
        try:
            with apart(self.session):
                act(self.session, self.actor, self.meeting, *args, version=self.version)
        except Conflict as error:
            return page(self.session, self.actor, self.house, self.request, self.meeting, refused=error.reason)
        return RedirectResponse(f"/meetings/{self.meeting.id}/floor", 303)


def the_tools(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, version: Version = 0
) -> Tools:
    """Return the chair's tools for a meeting. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.RUN.require(actor, queries.at(session, meeting_row))
    return Tools(actor, session, house, request, meeting_row, version)


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
    """Open a session of the meeting."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.OPEN.require(actor, queries.at(session, meeting_row))
    try:
        with apart(session):
            actions.open_session(session, actor, meeting_row, queries.one_session(session, meeting_row, wanted))
    except Conflict as error:
        return page(session, actor, house, request, meeting_row, refused=error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.post("/meetings/{meeting}/floor/close", name="close-session", dependencies=RUNS)
def close_session(tools: TheTools) -> Response:
    """Close the open session."""
    return tools.use(actions.close_session)


@router.post("/meetings/{meeting}/floor/item", name="go-to-item", dependencies=RUNS)
def go_to(tools: TheTools, item: Key) -> Response:
    """Go to an item of the agenda."""
    return tools.use(actions.go_to, item)


@router.post("/meetings/{meeting}/floor/give", name="give-the-floor", dependencies=RUNS)
def give(tools: TheTools, asked: Annotated[UUID, Form(alias="request")]) -> Response:
    """Give the floor to a delegation."""
    return tools.use(calling.give, asked)


@router.post("/meetings/{meeting}/floor/end", name="end-statement", dependencies=RUNS)
def end(tools: TheTools) -> Response:
    """End the current statement."""
    return tools.use(calling.end)


@router.post("/meetings/{meeting}/floor/clock", name="set-clock", dependencies=RUNS)
def clock(tools: TheTools, to: Annotated[Literal["stop", "start", "more"], Form()]) -> Response:
    """Stop, start or extend the speaker's clock."""
    return tools.use(CLOCK[to])


@router.post("/meetings/{meeting}/floor/limit", name="set-limit", dependencies=RUNS)
def limit(tools: TheTools, minutes: Typed = "") -> Response:
    """Set the speaking limit in minutes."""
    return tools.use(calling.set_limit, _require_valid(read(Limit, {"minutes": minutes})))


@router.post("/meetings/{meeting}/floor/list", name="close-list", dependencies=RUNS)
def the_list(tools: TheTools, to: Annotated[Literal["close", "reopen"], Form()], minutes: Typed = "") -> Response:
    """Close or reopen the list of speakers."""
    if to == "reopen":
        return tools.use(speakers.reopen_list)
    return tools.use(speakers.close_list, _require_valid(read(Closing, {"minutes": minutes})))


@router.post("/meetings/{meeting}/floor/add", name="put-on-list", dependencies=RUNS)
def add(tools: TheTools, entity: Typed = "", kind: Typed = "") -> Response:
    """Put a delegation on the list of speakers."""
    return tools.use(speakers.put_on_list, _require_valid(read(Putting, {"entity": entity, "kind": kind})))


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
    """Show the form for the reason of a move or of declining a request."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.RUN.require(actor, queries.at(session, meeting_row))
    return _render_reason_form(
        session, actor, house, request, meeting_row, asked, act, Entry({"reason": "", "before": ""}, None, {})
    )


@router.post("/meetings/{meeting}/floor/requests/{asked}/move", name="move-speaker", dependencies=RUNS)
def move(asked: UUID, tools: TheTools, before: Typed = "", reason: Typed = "") -> Response:
    """Move a request on the list of speakers."""
    entry = read(Moving, {"before": before, "reason": reason})
    return _apply_with_reason(tools, asked, "move", entry, speakers.move)


@router.post("/meetings/{meeting}/floor/requests/{asked}/decline", name="decline-request", dependencies=RUNS)
def decline(asked: UUID, tools: TheTools, reason: Typed = "") -> Response:
    """Decline a request for the floor."""
    return _apply_with_reason(tools, asked, "decline", read(Declining, {"reason": reason}), speakers.decline)


def _apply_with_reason(
    tools: Tools,
    request_id: UUID,
    step: str,
    entry: Entry[Moving] | Entry[Declining],
    action: Callable[..., object],
) -> Response:
    """Run the action with its reason, or render the form again if the reason is not valid."""
    if entry.made is None:
        return _render_reason_form(
            tools.session, tools.actor, tools.house, tools.request, tools.meeting, request_id, step, entry
        )
    return tools.use(action, request_id, entry.made)


def _render_reason_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    request_id: UUID,
    step: str,
    entry: Entry[Moving] | Entry[Declining],
) -> Response:
    """Render the form for the reason; for a move also the new place. Raises NotFound if the request is not on the
    list."""
    language = house.pages.language(request)
    floor = seen(session, actor, meeting, Formats(language))
    speaker = next((each for each in floor.queue if each.id == request_id and not each.interrupted), None)
    if speaker is None:
        raise Unknown()
    others = [
        each for each in floor.queue if each.kind == speaker.kind and each.id != request_id and not each.interrupted
    ]
    return house.pages.show(
        request,
        "web/floor/reason.html",
        status=400 if entry.errors else 200,
        frame=frame(session, actor, meeting, "floor", language),
        floor=floor,
        act=step,
        about=speaker,
        choices=[*((each.id, each.name) for each in others), ("", say("Behind all of them"))],
        typed=entry.typed,
        errors=entry.errors,
    )


def _require_valid(entry: Entry[Limit] | Entry[Closing] | Entry[Putting]) -> Limit | Closing | Putting:
    """Return the validated choice. Raises BadRequest otherwise: every field is a select box, so only a forged form
    fails."""
    if entry.made is None:
        raise Unacceptable(next(iter(entry.errors.values())))
    return entry.made
