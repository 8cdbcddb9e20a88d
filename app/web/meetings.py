"""Meetings: the list, the overview page, convening a meeting and changing its dates.

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
from app.asgi.printing import is_available
from app.asgi.words import LIVES as LIFE_TAGS
from app.core.errors import Conflict, Unacceptable, Unknown
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.agendas import queries as agendas
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.contributions import lateness
from app.domain.meetings import actions, queries, rules
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Life, Meeting
from app.domain.member_states import sort_key
from app.domain.participants import queries as participants
from app.domain.participants.rules import REGISTER, delegation
from app.web.circulation_view import before
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import frame
from app.web.standing import called, deadline_moved
from app.web.timeline import dates, day_of, due_on, timeline, today_at
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

EMPTY = {
    "number": "",
    "place": "",
    "zone": "Europe/Zurich",
    "opens_on": "",
    "closes_on": "",
    "contributions_due_on": "",
    "posting_due_on": "",
    "proposals_due_on": "",
    "registration_due_on": "",
}
DUE = ("contributions", "posting", "proposals", "registration")
LIVES = [
    ("open", say("Convene it now"), say("Every seat of the group sees it, and can submit contributions to it.")),
    ("planned", say("Plan it"), say("Only the secretariat and the chairs see it, until you convene it.")),
]


def meeting_fields(
    number: Typed = "",
    place: Typed = "",
    zone: Typed = "",
    opens_on: Typed = "",
    closes_on: Typed = "",
    contributions_due_on: Typed = "",
    posting_due_on: Typed = "",
    proposals_due_on: Typed = "",
    registration_due_on: Typed = "",
) -> dict[str, str]:
    """Return the form fields of a meeting as typed."""
    return {
        "number": number,
        "place": place,
        "zone": zone,
        "opens_on": opens_on,
        "closes_on": closes_on,
        "contributions_due_on": contributions_due_on,
        "posting_due_on": posting_due_on,
        "proposals_due_on": proposals_due_on,
        "registration_due_on": registration_due_on,
    }


MeetingFields = Annotated[dict[str, str], Depends(meeting_fields)]


@router.get("/meetings", name="meetings", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the meetings of the reader's bodies, coming ones first. Raises NotFound for a person without a seat."""
    if not actor.bodies():
        raise Unknown()
    language = house.pages.language(request)
    rows = [
        (meeting, body, called(meeting, body), in_language(meeting.place, language))
        for meeting, body in queries.listed(session, actor)
    ]
    coming = [row for row in rows if row[0].closes_on >= today_at(row[0]) and row[0].life not in rules.ENDED]
    return house.pages.show(
        request,
        "web/meetings/list.html",
        coming=coming[::-1],
        past=[row for row in rows if row not in coming],
        may_convene=bodies.of_secretary(session, actor),
        lives=LIFE_TAGS,
    )


@router.get("/meetings/new", name="new-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def new(actor: SignedIn, session: Reading, house: TheHouse, request: Request, body: str = "") -> Response:
    """Show the form of a new meeting."""
    body_row = bodies.one_visible(session, actor, body)
    rules.CONVENE.require(actor, Place(body_row.id))
    return _render_form(house, request, body_row, EMPTY, {}, life=Life.OPEN)


@router.post("/meetings", name="convene-meeting", dependencies=[Depends(Asks(rules.CONVENE))])
def convene(
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: MeetingFields,
    body: Typed = "",
    life: Typed = "open",
) -> Response:
    """Convene a meeting, or plan one that only secretariat and chairs see."""
    body_row = bodies.one_visible(session, actor, body)
    rules.CONVENE.require(actor, Place(body_row.id))
    entry = _read_form(typed)
    if entry.made is None:
        return _render_form(house, request, body_row, typed, entry.errors, life=life)
    call, done = (actions.plan, "planned") if life == Life.PLANNED else (actions.convene, "convened")
    try:
        with apart(session):
            meeting = call(session, actor, body_row, entry.made, house.pages.language(request))
    except Unacceptable as error:
        return _render_form(house, request, body_row, typed, {"number": error.reason}, life=life)
    return RedirectResponse(f"/meetings/{meeting.id}?done={done}", 303)


@router.get("/meetings/{meeting}", name="meeting", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the overview page of a meeting."""
    meeting_row = queries.one_visible(session, actor, meeting)
    formats = Formats(house.pages.language(request))
    sessions = queries.sessions(session, meeting_row)
    items = [
        (item, in_language(item.titles, formats.language)) for item in agendas.released_items(session, meeting_row)
    ]
    return house.pages.show(
        request,
        "web/meetings/show.html",
        frame=frame(session, actor, meeting_row, "overview", formats.language),
        moved=deadline_moved(session, meeting_row, formats),
        items=items,
        dates=dates(meeting_row, formats),
        timeline=timeline(meeting_row, sessions, formats),
        due_on=due_on(meeting_row),
        has_closed=meeting_row.closes_on < today_at(meeting_row) or meeting_row.life in rules.ENDED,
        sessions=[(each, day_of(each.starts_at, meeting_row)) for each in sessions],
        practical=in_language(meeting_row.practical, formats.language),
        before=before(session, actor, formats, meeting_row),
        moves=rules.open_moves(actor, meeting_row),
        may_join=bool(meeting_row.remote_link) and participants.may_join(session, actor, meeting_row),
        may_register=REGISTER.allows(actor, delegation(meeting_row, actor.entity)),
        letter=is_available() and meeting_row.life != Life.CANCELLED,
    )


@router.get("/meetings/{meeting}/edit", name="edit-meeting", dependencies=[Depends(Asks(rules.CHANGE))])
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of a meeting."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.CHANGE.require(actor, meeting_row)
    body = session.get_one(Body, meeting_row.body_id)
    return _render_form(
        house, request, body, _current_form_fields(meeting_row, body, house.pages.language(request)), {}, meeting_row
    )


@router.post("/meetings/{meeting}/edit", name="change-meeting", dependencies=[Depends(Asks(rules.CHANGE))])
def change(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: MeetingFields,
    version: Version = 0,
) -> Response:
    """Save the form of a meeting."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.CHANGE.require(actor, meeting_row)
    body, language = session.get_one(Body, meeting_row.body_id), house.pages.language(request)
    typed = typed | _unchangeable_fields(meeting_row, body, language)
    entry = _read_form(typed)
    if entry.made is None:
        return _render_form(house, request, body, typed, entry.errors, meeting_row)
    try:
        with apart(session):
            actions.change(session, actor, meeting_row, entry.made, language, version=version)
    except Conflict as error:
        return _render_form(house, request, body, typed, {"closes_on": error.reason}, meeting_row, status=409)
    lateness.reconsider(session, actor, meeting_row)
    return RedirectResponse(f"/meetings/{meeting_row.id}?done=saved", 303)


def _current_form_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the saved values as form fields; of the deadlines only those that differ from the body's rules."""
    typed = {
        "number": str(meeting.number),
        "place": in_language(meeting.place, language)[0],
        "zone": meeting.zone,
        "opens_on": meeting.opens_on.isoformat(),
        "closes_on": meeting.closes_on.isoformat(),
    }
    for what, days in zip(DUE, _deadline_days(body), strict=True):
        day = day_of(getattr(meeting, f"{what}_due_at"), meeting)
        typed[f"{what}_due_on"] = "" if (meeting.opens_on - day).days == days else day.isoformat()
    return typed


def _unchangeable_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the fields that the form cannot change: the number; in session also the opening day and the deadlines."""
    current_fields = _current_form_fields(meeting, body, language)
    if meeting.life != Life.IN_SESSION:
        return {"number": current_fields["number"]}
    return {name: value for name, value in current_fields.items() if name not in ("place", "closes_on")}


def _deadline_days(body: Body) -> tuple[int, int, int, int]:
    return body.deadline_days, body.posting_days, body.proposal_days, body.registration_days


def _read_form(typed: Mapping[str, str]) -> Entry[NewMeeting]:
    """Validate the form; an error about two dates together is shown at the first of them."""
    entry = read(NewMeeting, typed)
    return Entry(typed, entry.made, {name or "opens_on": words for name, words in entry.errors.items()})


def _render_form(
    house: House,
    request: Request,
    body: Body,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    meeting: Meeting | None = None,
    *,
    status: int | None = None,
    life: str = "",
) -> Response:
    """Render the form of a new or an existing meeting."""
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
        life=life,
        lives=LIVES,
        in_session=meeting is not None and meeting.life == Life.IN_SESSION,
        zones=_zones(Formats(house.pages.language(request)), typed["zone"]),
    )


def _zones(formats: Formats, chosen: str) -> list[tuple[str, str]]:
    """Return time zones sorted by place name in the reader's language, UTC first."""
    shown = zones.TO_CHOOSE | {chosen} & zones.KNOWN - {zones.UTC}
    named = [(zone, formats.zone_name(zone)) for zone in shown]
    return [(zones.UTC, zones.UTC), *sorted(named, key=lambda pair: sort_key(pair[1], formats.language))]
