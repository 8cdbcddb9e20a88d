"""Outputs: the list, the page of one with its texts and its way, and what the chair and the secretariat do with it.

What is done while it is a draft is in `output_drafts`.
"""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import download
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.paging import Page, PageNumber
from app.asgi.words import ADVANCE, KINDS, standing
from app.core import clock
from app.core.db import ReadSession
from app.core.errors import Conflict, Unacceptable, Unknown
from app.core.i18n import LANGUAGES, Text
from app.core.journal import apart
from app.domain.circulations import queries as circulations
from app.domain.circulations.rules import CIRCULATE
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs import actions, queries, rules, translations
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output, Status
from app.domain.releases.copying import slug
from app.domain.scans import queries as scans
from app.domain.silence import drafting
from app.domain.silence import queries as silence
from app.domain.silence.models import Course
from app.web import act_receipts
from app.web.alone import open_to
from app.web.circulation_view import before, not_known
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.forwarding_view import of_output as to_parent
from app.web.output_languages import languages
from app.web.output_standing import FAILURES, about, alone, decision_lines, docket, plans, steps
from app.web.silence_view import beside
from app.web.standing import Pair, by_id, called
from app.web.titles import in_language
from app.web.withdrawal_view import of_output

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PAGE = 100


@router.get("/outputs", name="outputs", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request, number: PageNumber) -> Response:
    """Outputs of the bodies where the reader has a seat, the latest first."""
    if not actor.bodies():
        raise Unknown()
    language = house.pages.language(request)
    page = Page(number, PAGE, queries.how_many(session, actor))
    convened = by_id(meetings.listed(session, actor))
    rows = [
        (
            row,
            in_language(row.titles, language, row.original),
            KINDS[row.kind],
            [standing(row.status), *([ADVANCE] if row.still_to_come and row.status == Status.RELEASED else [])],
            called(*convened[row.meeting_id]),
            _files(row),
        )
        for row in queries.listed(session, actor, limit=page.size, offset=page.offset)
    ]
    drafts = before(session, actor, Formats(language)) if number == 1 else []
    return house.pages.show(request, "web/outputs/list.html", rows=rows, page=page, before=drafts)


def _files(row: queries.Undecided) -> list[tuple[str, str]]:
    """Each language with the address of its file: as adopted, or as a translation that readers have."""
    places = {code: f"/outputs/{row.id}/translations/{code}" for code in row.translated or ()}
    places |= {code: f"/outputs/{row.id}/files/{code}" for code in row.languages or ()}
    return [(code, places[code]) for code in LANGUAGES if code in places]


@router.get("/outputs/{output}", name="output", dependencies=[Depends(Asks(rules.SEE))])
def show(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    formats = Formats(house.pages.language(request))
    case, is_due = queries.case(session, found), silence.is_due(session, found)
    return house.pages.show(
        request,
        "web/outputs/show.html",
        about=about(session, found, formats.language),
        docket=docket(found, case, _instant(session, found, formats)),
        steps=steps(session, found, formats),
        sources=[
            (source, in_language(source.titles, formats.language, source.original), EntityName(source.entity))
            for source in queries.sources(session, found)
        ],
        decisions=decision_lines(session, queries.decisions(session, found), formats.language),
        moves={} if is_due else rules.open_moves(actor, case),
        may_edit=not is_due and rules.EDIT.allows(actor, case),
        failure=FAILURES[found.failed_because][0] if found.failed_because else None,
        released_at=_address(house, found),
        plans=plans(session, found, formats),
        languages_of_text=languages(session, actor, found, formats),
        beside=beside(session, actor, found),
        circulated=circulations.latest(session, found),
        open_comments=circulations.open_comments(session, found.id),
        may_circulate=not is_due and CIRCULATE.allows(actor, case),
        to_parent=to_parent(session, actor, found, formats),
        withdrawal=of_output(session, actor, found, case, formats),
        receipts=act_receipts.about_output(session, found.id),
        alone=alone(session, found, formats),
        may_alone=open_to(actor, case),
    )


@router.get("/outputs/{output}/files/{language}", name="output-file", dependencies=[Depends(Asks(rules.SEE))])
def file(output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_file(session, queries.one_visible(session, actor, output), language)
    scans.insist_on_checked(session, [found.sha256])
    return download(
        request, house.store, sha256=found.sha256, media=found.media, name=found.name, caching="private, no-cache"
    )


@router.get("/outputs/{output}/adopt", name="adopting-output", dependencies=[Depends(Asks(rules.ADOPT))])
def adopting(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    rules.ADOPT.require(actor, silence.case(session, found))
    return _asking(session, house, request, found, "adopt", typed=_latest_day(session, found))


@router.post("/outputs/{output}/adopt", name="adopt-output", dependencies=[Depends(Asks(rules.ADOPT))])
def adopt(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    adopted_on: Typed = "",
    text: Typed = "",
    knowing: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    rules.ADOPT.require(actor, silence.case(session, found))
    entry: Entry[Adoption] = read(Adoption, {"adopted_on": adopted_on, "text": text})
    if entry.made is None:
        return _asking(session, house, request, found, "adopt", adopted_on, errors=entry.errors)
    if unknown := not_known(session, found, knowing):
        return _asking(session, house, request, found, "adopt", adopted_on, stale=unknown)
    try:
        with apart(session):
            drafting.adopt(session, actor, found, entry.made)
    except Unacceptable as refused:
        return _asking(session, house, request, found, "adopt", adopted_on, errors={"adopted_on": refused.reason})
    except Conflict as stale:
        return _asking(session, house, request, found, "adopt", adopted_on, stale=stale.reason)
    return RedirectResponse(f"/outputs/{found.id}?done=adopted", 303)


@router.get("/outputs/{output}/approve", name="approving-output", dependencies=[Depends(Asks(rules.APPROVE))])
def approving(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    rules.APPROVE.require(actor, queries.case(session, found))
    return _asking(session, house, request, found, "approve")


@router.post("/outputs/{output}/approve", name="approve-output", dependencies=[Depends(Asks(rules.APPROVE))])
def approve(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, text: Typed = ""
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    rules.APPROVE.require(actor, queries.case(session, found))
    try:
        with apart(session):
            actions.approve(session, actor, found, text=text)
    except Conflict as stale:
        return _asking(session, house, request, found, "approve", stale=stale.reason)
    return RedirectResponse(f"/outputs/{found.id}?done=approved", 303)


def _latest_day(session: ReadSession, output: Output) -> str:
    """The last day of the meeting, or today if that comes first."""
    return min(session.get_one(Meeting, output.meeting_id).closes_on, clock.now().date()).isoformat()


def _asking(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    act: str,
    typed: str = "",
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """The page that says what will happen, and to exactly which text."""
    return house.pages.show(
        request,
        "web/outputs/act.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, found, house.pages.language(request)),
        act=act,
        missing=translations.missing(session, found) if act == "approve" else [],
        silence_runs=silence.on(session, found).course == Course.OPEN,
        open_comments=circulations.open_comments(session, found.id),
        adopted_on=typed,
        errors=errors or {},
        stale=stale,
    )


def _instant(session: ReadSession, output: Output, formats: Formats) -> Pair | None:
    """When it is released, if that is set; with what is left until then."""
    if output.status != Status.SCHEDULED or output.release_at is None:
        return None
    zone = session.get_one(Meeting, output.meeting_id).zone
    return formats.when(output.release_at, zone), formats.left(output.release_at)


def _address(house: House, output: Output) -> str | None:
    """Where the membership reads it, once it is released, or that it was withdrawn."""
    if output.status not in (Status.RELEASED, Status.WITHDRAWN) or output.symbol is None:
        return None
    return f"{house.settings.read_url}/outputs/{slug(output.symbol)}"
