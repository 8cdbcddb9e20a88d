"""Silence procedures: the list, the page of one with its clock, opening one, and giving it a later deadline.

What States say in them is in `silence_positions`.
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
from app.web import act_receipts
from app.web.circulation_view import not_known
from app.web.entries import EachFieldOnce, Typed, Version, read
from app.web.output_standing import about as about_output
from app.web.silence_view import about, counted, docket, now, positions
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES, OPENS, EXTENDS = ([Depends(Asks(each))] for each in (rules.SEE, rules.OPEN, rules.EXTEND))
PAGE = 50
A_LITTLE = timedelta(hours=2)  # time to fill in the form, before the shortest deadline is too short


def ending_fields(on: Typed = "", at: Typed = "") -> dict[str, str]:
    """A deadline as it was typed."""
    return {"on": on, "at": at}


EndingFields = Annotated[dict[str, str], Depends(ending_fields)]


@router.get("/silence", name="silences", dependencies=SEES)
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request, number: PageNumber) -> Response:
    """Procedures of the bodies where the reader has a seat, the latest first."""
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
    found = queries.one_visible(session, actor, procedure)
    rules.SEE.require(actor, found)
    formats = Formats(house.pages.language(request))
    there = about(session, found, formats.language)
    on, taken = queries.on_procedure(session, found, actor.entity), queries.positions(session, found)
    mine = next((each for each in taken if each.entity == actor.entity), None)
    return house.pages.show(
        request,
        "web/silence/show.html",
        about=there,
        docket=docket(there, on, actor, mine, formats),
        said=positions(taken),
        counts=counted(taken, len(found.addressees)),
        extensions=queries.extensions(session, found),
        opened_by=queries.name_of(session, found.opened_by),
        reminder_hours=house.settings.reminder_hours if house.settings.sends_letters else None,
        may_take=rules.TAKE.allows(actor, on),
        may_extend=rules.EXTEND.allows(actor, on),
        may_open=rules.OPEN.allows(actor, queries.on(session, there.output)),
        sees_output=output_rules.SEE.allows(actor, on.output),
        mine=mine,
        circulated=circulations.latest(session, there.output),
        receipts=act_receipts.about_position(session, actor, found.id),
    )


@router.get("/silence/{procedure}/files/{language}", name="silence-file", dependencies=SEES)
def file(
    procedure: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """The text exactly as it was put before the States."""
    found = queries.one_visible(session, actor, procedure)
    rules.SEE.require(actor, found)
    text = queries.one_text(session, found, language)
    scans.insist_on_checked(session, [text.sha256])
    return download(
        request, house.store, sha256=text.sha256, media=text.media, name=text.name, caching="private, no-cache"
    )


@router.get("/outputs/{output}/silence", name="opening-silence", dependencies=OPENS)
def opening(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = outputs.one_visible(session, actor, output)
    rules.OPEN.require(actor, queries.on(session, found))
    shortest = timedelta(hours=session.get_one(Body, found.body_id).silence_hours)
    moment = (clock.now() + shortest + A_LITTLE).replace(minute=0, second=0, microsecond=0)
    typed = _in_the_form(moment, session.get_one(Meeting, found.meeting_id).zone)
    return _open_page(session, house, request, found, typed)


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
    found = outputs.one_visible(session, actor, output, lock=True)
    rules.OPEN.require(actor, queries.on(session, found))
    entry = read(Opening, typed | {"text": text})
    if entry.made is None:
        return _open_page(session, house, request, found, typed, errors=entry.errors)
    if unknown := not_known(session, found, knowing):
        return _open_page(session, house, request, found, typed, stale=unknown)
    try:
        with apart(session):
            made = actions.open_procedure(session, actor, found, entry.made)
    except Unacceptable as refused:
        return _open_page(session, house, request, found, typed, errors={"on": refused.reason})
    except Conflict as stale:
        return _open_page(session, house, request, found, typed, stale=stale.reason)
    return RedirectResponse(f"/silence/{made.id}?done=silence", 303)


@router.get("/silence/{procedure}/extend", name="extending-silence", dependencies=EXTENDS)
def extending(procedure: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, procedure)
    rules.EXTEND.require(actor, queries.on_procedure(session, found))
    zone = session.get_one(Meeting, session.get_one(Output, found.output_id).meeting_id).zone
    typed = _in_the_form(found.until + rules.LEAST_EXTENSION, zone)
    return _extend_page(session, actor, house, request, found, typed)


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
    found = queries.one_visible(session, actor, procedure)
    rules.EXTEND.require(actor, queries.on_procedure(session, found))
    entry = read(Extension, typed | {"reason": reason})
    typed |= {"reason": reason}
    if entry.made is None:
        return _extend_page(session, actor, house, request, found, typed, errors=entry.errors)
    try:
        with apart(session):
            actions.extend(session, actor, found, entry.made, version=version)
    except Unacceptable as refused:
        return _extend_page(session, actor, house, request, found, typed, errors={"on": refused.reason})
    except Refusal as stale:
        return _extend_page(session, actor, house, request, found, typed, stale=stale.reason)
    return RedirectResponse(f"/silence/{found.id}?done=extended", 303)


def _in_the_form(moment: datetime, zone: str) -> dict[str, str]:
    """That instant or the next whole minute: browsers offer no seconds."""
    there = moment.astimezone(ZoneInfo(zone)) + timedelta(seconds=59, microseconds=999_999)
    return {"on": there.date().isoformat(), "at": there.strftime("%H:%M")}


def _open_page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    formats = Formats(house.pages.language(request))
    there = about_output(session, found, formats.language)
    return house.pages.show(
        request,
        "web/silence/open.html",
        status=409 if stale else 400 if errors else 200,
        about=there,
        zone=formats.zone_name(there.meeting.zone),
        body=session.get_one(Body, found.body_id),
        addressees=len(queries.member_states(session, found.body_id)),
        open_comments=circulations.open_comments(session, found.id),
        sends_letters=house.settings.sends_letters,
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _extend_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: SilenceProcedure,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    found = queries.one_visible(session, actor, found.id)
    formats = Formats(house.pages.language(request))
    there = about(session, found, formats.language)
    return house.pages.show(
        request,
        "web/silence/extend.html",
        status=409 if stale else 400 if errors else 200,
        about=there,
        zone=formats.zone_name(there.meeting.zone),
        body=session.get_one(Body, found.body_id),
        typed={"reason": "", **typed},
        errors=errors or {},
        stale=stale,
    )
