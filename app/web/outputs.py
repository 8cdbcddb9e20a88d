"""Outputs: the list, the page of one with its texts and steps, adoption and approval.

Editing a draft is in `output_drafts`.
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
from app.web import output_receipts_view
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
    """Show the outputs of the reader's bodies, the latest first. Raises NotFound for a person without a seat."""
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
            _file_links(row),
        )
        for row in queries.listed(session, actor, limit=page.size, offset=page.offset)
    ]
    drafts = before(session, actor, Formats(language)) if number == 1 else []
    return house.pages.show(request, "web/outputs/list.html", rows=rows, page=page, before=drafts)


def _file_links(row: queries.Undecided) -> list[tuple[str, str]]:
    """Return each language with the URL of its file: as adopted, or as a released translation."""
    places = {code: f"/outputs/{row.id}/translations/{code}" for code in row.translated or ()}
    places |= {code: f"/outputs/{row.id}/files/{code}" for code in row.languages or ()}
    return [(code, places[code]) for code in LANGUAGES if code in places]


@router.get("/outputs/{output}", name="output", dependencies=[Depends(Asks(rules.SEE))])
def show(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page of an output."""
    output_row = queries.one_visible(session, actor, output)
    formats = Formats(house.pages.language(request))
    case, is_due = queries.case(session, output_row), silence.is_due(session, output_row)
    return house.pages.show(
        request,
        "web/outputs/show.html",
        about=about(session, output_row, formats.language),
        docket=docket(output_row, case, _release_instant(session, output_row, formats)),
        steps=steps(session, output_row, formats),
        sources=[
            (source, in_language(source.titles, formats.language, source.original), EntityName(source.entity))
            for source in queries.sources(session, output_row)
        ],
        decisions=decision_lines(session, queries.decisions(session, output_row), formats.language),
        moves={} if is_due else rules.open_moves(actor, case),
        may_edit=not is_due and rules.EDIT.allows(actor, case),
        failure=FAILURES[output_row.failed_because][0] if output_row.failed_because else None,
        released_at=_read_path_url(house, output_row),
        plans=plans(session, output_row, formats),
        languages_of_text=languages(session, actor, output_row, formats),
        beside=beside(session, actor, output_row),
        circulated=circulations.latest(session, output_row),
        open_comments=circulations.open_comments(session, output_row.id),
        may_circulate=not is_due and CIRCULATE.allows(actor, case),
        to_parent=to_parent(session, actor, output_row, formats),
        withdrawal=of_output(session, actor, output_row, case, formats),
        receipts=output_receipts_view.about_output(session, output_row.id),
        alone=alone(session, output_row, formats),
        may_alone=open_to(actor, case),
    )


@router.get("/outputs/{output}/files/{language}", name="output-file", dependencies=[Depends(Asks(rules.SEE))])
def file(output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download the text of an output in one language."""
    output_file = queries.one_file(session, queries.one_visible(session, actor, output), language)
    scans.insist_on_checked(session, [output_file.sha256])
    return download(
        request,
        house.store,
        sha256=output_file.sha256,
        media=output_file.media,
        name=output_file.name,
        caching="private, no-cache",
    )


@router.get("/outputs/{output}/adopt", name="adopting-output", dependencies=[Depends(Asks(rules.ADOPT))])
def adopting(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that records the adoption."""
    output_row = queries.one_visible(session, actor, output)
    rules.ADOPT.require(actor, silence.case(session, output_row))
    return _render_confirmation(session, house, request, output_row, "adopt", typed=_latest_day(session, output_row))


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
    """Record the adoption of exactly the text that was seen."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.ADOPT.require(actor, silence.case(session, output_row))
    entry: Entry[Adoption] = read(Adoption, {"adopted_on": adopted_on, "text": text})
    if entry.made is None:
        return _render_confirmation(session, house, request, output_row, "adopt", adopted_on, errors=entry.errors)
    if unknown := not_known(session, output_row, knowing):
        return _render_confirmation(session, house, request, output_row, "adopt", adopted_on, stale=unknown)
    try:
        with apart(session):
            drafting.adopt(session, actor, output_row, entry.made)
    except Unacceptable as error:
        return _render_confirmation(
            session, house, request, output_row, "adopt", adopted_on, errors={"adopted_on": error.reason}
        )
    except Conflict as conflict:
        return _render_confirmation(session, house, request, output_row, "adopt", adopted_on, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=adopted", 303)


@router.get("/outputs/{output}/approve", name="approving-output", dependencies=[Depends(Asks(rules.APPROVE))])
def approving(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that approves the release."""
    output_row = queries.one_visible(session, actor, output)
    rules.APPROVE.require(actor, queries.case(session, output_row))
    return _render_confirmation(session, house, request, output_row, "approve")


@router.post("/outputs/{output}/approve", name="approve-output", dependencies=[Depends(Asks(rules.APPROVE))])
def approve(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, text: Typed = ""
) -> Response:
    """Approve the release of exactly the text that was seen."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.APPROVE.require(actor, queries.case(session, output_row))
    try:
        with apart(session):
            actions.approve(session, actor, output_row, text=text)
    except Conflict as conflict:
        return _render_confirmation(session, house, request, output_row, "approve", stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=approved", 303)


def _latest_day(session: ReadSession, output: Output) -> str:
    """Return the last day of the meeting, or today if that is earlier, as an ISO date."""
    return min(session.get_one(Meeting, output.meeting_id).closes_on, clock.now().date()).isoformat()


def _render_confirmation(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    action: str,
    typed: str = "",
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """Render the page that says what the action does, and to exactly which text."""
    return house.pages.show(
        request,
        "web/outputs/act.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, output, house.pages.language(request)),
        act=action,
        missing=translations.missing(session, output) if action == "approve" else [],
        silence_runs=silence.on(session, output).course == Course.OPEN,
        open_comments=circulations.open_comments(session, output.id),
        adopted_on=typed,
        errors=errors or {},
        stale=stale,
    )


def _release_instant(session: ReadSession, output: Output, formats: Formats) -> Pair | None:
    """Return when a scheduled release takes place, with the time left; otherwise None."""
    if output.status != Status.SCHEDULED or output.release_at is None:
        return None
    zone = session.get_one(Meeting, output.meeting_id).zone
    return formats.when(output.release_at, zone), formats.left(output.release_at)


def _read_path_url(house: House, output: Output) -> str | None:
    """Return where the membership reads the output, once it is released or withdrawn."""
    if output.status not in (Status.RELEASED, Status.WITHDRAWN) or output.symbol is None:
        return None
    return f"{house.settings.read_url}/outputs/{slug(output.symbol)}"
