"""Silence procedures: the list, the page of one with its deadline, opening one, and extending it.

The positions of States are in `silence_positions`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import download
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.paging import Page, PageNumber
from app.asgi.words import COURSES, KINDS
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Refusal, Unacceptable, Unknown
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.circulations import queries as circulations
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs import rules as output_rules
from app.domain.outputs.models import Output
from app.domain.scans import queries as scans
from app.domain.silence import actions, queries, rules
from app.domain.silence.inputs import Extension, Opening
from app.domain.silence.models import SilenceProcedure
from app.web import output_receipts_view
from app.web.circulation_view import not_known
from app.web.entries import EachFieldOnce, Typed, Version, read
from app.web.output_standing import about as about_output
from app.web.silence_view import about, counted, docket, now, positions
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES, OPENS, EXTENDS = ([Depends(Asks(each))] for each in (rules.SEE, rules.OPEN, rules.EXTEND))
PAGE = 50
A_LITTLE = timedelta(hours=2)  # so that the suggested deadline is still valid when the form is submitted


def ending_fields(on: Typed = "", at: Typed = "") -> dict[str, str]:
    """Return the form fields of a deadline as typed."""
    return {"on": on, "at": at}


EndingFields = Annotated[dict[str, str], Depends(ending_fields)]


@router.get("/silence", name="silences", dependencies=SEES)
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request, number: PageNumber) -> Response:
    """Show the procedures of the reader's bodies, the latest first. Raises NotFound for a person without a seat."""
    if not actor.bodies():
        raise Unknown()
    language = house.pages.language(request)
    page = Page(number, PAGE, queries.how_many(session, actor))
    rows = []
    for each, zone in queries.listed(session, actor, limit=page.size, offset=page.offset):
        title = in_language(each.titles, language, each.original)
        rows.append((each, title, KINDS[each.kind], COURSES[now(each.course, each.until)], zone))
    return house.pages.show(request, "web/silence/list.html", rows=rows, page=page)


@router.get("/silence/{procedure}", name="silence", dependencies=SEES)
def show(procedure: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page of a silence procedure."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.SEE.require(actor, procedure_row)
    formats = Formats(house.pages.language(request))
    summary = about(session, procedure_row, formats.language)
    on, silence_positions = (
        queries.on_procedure(session, procedure_row, actor.entity),
        queries.positions(session, procedure_row),
    )
    mine = next((each for each in silence_positions if each.entity == actor.entity), None)
    return house.pages.show(
        request,
        "web/silence/show.html",
        about=summary,
        docket=docket(summary, on, actor, mine, formats),
        said=positions(silence_positions),
        counts=counted(silence_positions, len(procedure_row.addressees)),
        extensions=queries.extensions(session, procedure_row),
        opened_by=queries.name_of(session, procedure_row.opened_by),
        reminder_hours=house.settings.reminder_hours if house.settings.sends_letters else None,
        may_take=rules.TAKE.allows(actor, on),
        may_extend=rules.EXTEND.allows(actor, on),
        may_open=rules.OPEN.allows(actor, queries.on(session, summary.output)),
        sees_output=output_rules.SEE.allows(actor, on.output),
        mine=mine,
        circulated=circulations.latest(session, summary.output),
        receipts=output_receipts_view.about_position(session, actor, procedure_row.id),
    )


@router.get("/silence/{procedure}/files/{language}", name="silence-file", dependencies=SEES)
def file(
    procedure: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Download the text exactly as it was put before the States."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.SEE.require(actor, procedure_row)
    text = queries.one_text(session, procedure_row, language)
    scans.insist_on_checked(session, [text.sha256])
    return download(
        request, house.store, sha256=text.sha256, media=text.media, name=text.name, caching="private, no-cache"
    )


@router.get("/outputs/{output}/silence", name="opening-silence", dependencies=OPENS)
def opening(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that opens a silence procedure."""
    output_row = outputs.one_visible(session, actor, output)
    rules.OPEN.require(actor, queries.on(session, output_row))
    shortest = timedelta(hours=session.get_one(Body, output_row.body_id).silence_hours)
    moment = (clock.now() + shortest + A_LITTLE).replace(minute=0, second=0, microsecond=0)
    typed = _to_form_fields(moment, session.get_one(Meeting, output_row.meeting_id).zone)
    return _render_open_page(session, house, request, output_row, typed)


@router.post("/outputs/{output}/silence", name="open-silence", dependencies=OPENS)
def open_one(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: EndingFields,
    text: Typed = "",
    knowing: Typed = "",
) -> Response:
    """Open a silence procedure on exactly the text that was seen."""
    output_row = outputs.one_visible(session, actor, output, lock=True)
    rules.OPEN.require(actor, queries.on(session, output_row))
    entry = read(Opening, typed | {"text": text})
    if entry.made is None:
        return _render_open_page(session, house, request, output_row, typed, errors=entry.errors)
    if unknown := not_known(session, output_row, knowing):
        return _render_open_page(session, house, request, output_row, typed, stale=unknown)
    try:
        with apart(session):
            procedure = actions.open_procedure(session, actor, output_row, entry.made)
    except Unacceptable as error:
        return _render_open_page(session, house, request, output_row, typed, errors={"on": error.reason})
    except Conflict as conflict:
        return _render_open_page(session, house, request, output_row, typed, stale=conflict.reason)
    return RedirectResponse(f"/silence/{procedure.id}?done=silence", 303)


@router.get("/silence/{procedure}/extend", name="extending-silence", dependencies=EXTENDS)
def extending(procedure: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that extends the deadline."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.EXTEND.require(actor, queries.on_procedure(session, procedure_row))
    zone = session.get_one(Meeting, session.get_one(Output, procedure_row.output_id).meeting_id).zone
    typed = _to_form_fields(procedure_row.until + rules.LEAST_EXTENSION, zone)
    return _render_extend_page(session, actor, house, request, procedure_row, typed)


@router.post("/silence/{procedure}/extend", name="extend-silence", dependencies=EXTENDS)
def extend(
    procedure: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: EndingFields,
    reason: Typed = "",
    version: Version = 0,
) -> Response:
    """Extend the deadline of a silence procedure."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.EXTEND.require(actor, queries.on_procedure(session, procedure_row))
    entry = read(Extension, typed | {"reason": reason})
    typed |= {"reason": reason}
    if entry.made is None:
        return _render_extend_page(session, actor, house, request, procedure_row, typed, errors=entry.errors)
    try:
        with apart(session):
            actions.extend(session, actor, procedure_row, entry.made, version=version)
    except Unacceptable as error:
        return _render_extend_page(session, actor, house, request, procedure_row, typed, errors={"on": error.reason})
    except Refusal as conflict:
        return _render_extend_page(session, actor, house, request, procedure_row, typed, stale=conflict.reason)
    return RedirectResponse(f"/silence/{procedure_row.id}?done=extended", 303)


def _to_form_fields(moment: datetime, zone: str) -> dict[str, str]:
    """Return the instant, rounded up to the minute (browsers offer no seconds), as form fields in the zone."""
    local_time = moment.astimezone(ZoneInfo(zone)) + timedelta(seconds=59, microseconds=999_999)
    return {"on": local_time.date().isoformat(), "at": local_time.strftime("%H:%M")}


def _render_open_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    formats = Formats(house.pages.language(request))
    summary = about_output(session, output, formats.language)
    return house.pages.show(
        request,
        "web/silence/open.html",
        status=409 if stale else 400 if errors else 200,
        about=summary,
        zone=formats.zone_name(summary.meeting.zone),
        body=session.get_one(Body, output.body_id),
        addressees=len(queries.member_states(session, output.body_id)),
        open_comments=circulations.open_comments(session, output.id),
        sends_letters=house.settings.sends_letters,
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _render_extend_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    procedure: SilenceProcedure,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    procedure = queries.one_visible(session, actor, procedure.id)
    formats = Formats(house.pages.language(request))
    summary = about(session, procedure, formats.language)
    return house.pages.show(
        request,
        "web/silence/extend.html",
        status=409 if stale else 400 if errors else 200,
        about=summary,
        zone=formats.zone_name(summary.meeting.zone),
        body=session.get_one(Body, procedure.body_id),
        typed={"reason": "", **typed},
        errors=errors or {},
        stale=stale,
    )
