"""Meetings: the list, the pages that every seat reads, convening one and changing its dates.

The editor of the agenda is in `agendas`.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi import zones
from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.errors import Stale, Unacceptable, Unknown
from app.core.i18n import Text
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.contributions import lateness
from app.domain.meetings import actions, queries, rules
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.member_states import sort_key
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import agenda_of, frame
from app.web.standing import called, deadline_moved
from app.web.timeline import dates, due_on, timeline, today_at
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

EMPTY = {
    "number": "",
    "place": "",
    "zone": "Europe/Zurich",
    "opens_on": "",
    "closes_on": "",
    "contributions_due_on": "",
}


def meeting_fields(
    number: Typed = "",
    place: Typed = "",
    zone: Typed = "",
    opens_on: Typed = "",
    closes_on: Typed = "",
    contributions_due_on: Typed = "",
) -> dict[str, str]:
    """The form of a meeting as it was typed."""
    return {
        "number": number,
        "place": place,
        "zone": zone,
        "opens_on": opens_on,
        "closes_on": closes_on,
        "contributions_due_on": contributions_due_on,
    }


MeetingFields = Annotated[dict[str, str], Depends(meeting_fields)]


@router.get("/meetings", name="meetings", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Meetings of the bodies where the reader has a seat; what is still to come stands first."""
    if not actor.bodies():
        raise Unknown()
    language = house.pages.language(request)
    rows = [
        (meeting, body, called(meeting, body), in_language(meeting.place, language))
        for meeting, body in queries.listed(session, actor)
    ]
    coming = [row for row in rows if row[0].closes_on >= today_at(row[0])]
    return house.pages.show(
        request,
        "web/meetings/list.html",
        coming=coming[::-1],
        past=[row for row in rows if row not in coming],
        may_convene=bodies.of_secretary(session, actor),
    )


@router.get("/meetings/new", name="new-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def new(actor: SignedIn, session: Reading, house: TheHouse, request: Request, body: str = "") -> Response:
    there = bodies.one_visible(session, actor, body)
    rules.CONVENE.require(actor, Place(there.id))
    return _form(house, request, there, EMPTY, {})


@router.post("/meetings", name="convene-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def convene(
    actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: MeetingFields, body: Typed = ""
) -> Response:
    there = bodies.one_visible(session, actor, body)
    rules.CONVENE.require(actor, Place(there.id))
    entry = _read(typed)
    if entry.made is None:
        return _form(house, request, there, typed, entry.errors)
    try:
        made = actions.convene(session, actor, there, entry.made, house.pages.language(request))
    except Unacceptable as refused:
        return _form(house, request, there, typed, {"number": refused.reason})
    return RedirectResponse(f"/meetings/{made.id}?done=convened", 303)


@router.get("/meetings/{meeting}", name="meeting", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, meeting)
    formats = Formats(house.pages.language(request))
    items = [(item, in_language(item.titles, formats.language)) for item in queries.agenda(session, found)]
    return house.pages.show(
        request,
        "web/meetings/show.html",
        frame=frame(session, actor, found, "overview", formats.language),
        moved=deadline_moved(session, found, formats),
        items=items,
        dates=dates(found, formats),
        timeline=timeline(found, formats),
        due_on=due_on(found),
        has_closed=found.closes_on < today_at(found),
    )


@router.get("/meetings/{meeting}/edit", name="edit-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, meeting)
    rules.CONVENE.require(actor, found)
    language = house.pages.language(request)
    typed = {
        "number": str(found.number),
        "place": in_language(found.place, language)[0],
        "zone": found.zone,
        "opens_on": found.opens_on.isoformat(),
        "closes_on": found.closes_on.isoformat(),
        "contributions_due_on": due_on(found).isoformat(),
    }
    return _form(house, request, session.get_one(Body, found.body_id), typed, {}, found)


@router.post("/meetings/{meeting}/edit", name="change-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def change(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: MeetingFields,
    version: Version = 0,
) -> Response:
    found = queries.one_visible(session, actor, meeting)
    rules.CONVENE.require(actor, found)
    typed = typed | {"number": str(found.number)}
    entry = _read(typed)
    if entry.made is None:
        return _form(house, request, session.get_one(Body, found.body_id), typed, entry.errors, found)
    try:
        actions.change(session, actor, found, entry.made, house.pages.language(request), version=version)
    except Stale as stale:
        body = session.get_one(Body, found.body_id)
        return _form(house, request, body, typed, {"opens_on": stale.reason}, found, status=409)
    lateness.reconsider(session, actor, found)
    return RedirectResponse(f"/meetings/{found.id}?done=saved", 303)


@router.get("/meetings/{meeting}/agenda", name="agenda", dependencies=[Depends(Asks(rules.SEE))])
def agenda(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/meetings/agenda.html",
        frame=frame(session, actor, found, "agenda", language),
        agenda=agenda_of(session, actor, found, language),
    )


def _read(typed: Mapping[str, str]) -> Entry[NewMeeting]:
    """What is wrong with two days together is said beside the first of them."""
    entry = read(NewMeeting, typed)
    return Entry(typed, entry.made, {name or "opens_on": words for name, words in entry.errors.items()})


def _form(
    house: House,
    request: Request,
    body: Body,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    meeting: Meeting | None = None,
    *,
    status: int | None = None,
) -> Response:
    """The form of a new meeting, or of one that is there."""
    return house.pages.show(
        request,
        "web/meetings/edit.html",
        status=status or (400 if errors else 200),
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        meeting=meeting,
        name=called(meeting, body) if meeting else None,
        typed=typed,
        errors=errors,
        zones=_zones(Formats(house.pages.language(request)), typed["zone"]),
    )


def _zones(formats: Formats, chosen: str) -> list[tuple[str, str]]:
    """Zones by their places, in the order of the reader's language; UTC stands first."""
    shown = zones.TO_CHOOSE | {chosen} & zones.KNOWN - {zones.UTC}
    named = [(zone, formats.zone_name(zone)) for zone in shown]
    return [(zones.UTC, zones.UTC), *sorted(named, key=lambda pair: sort_key(pair[1], formats.language))]
