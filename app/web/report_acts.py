"""Actions on a report: circulating, corrections and their answers, adoption, and registration under a symbol."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, let_go
from app.core.errors import Conflict, Unknown
from app.core.i18n import Text
from app.core.intake import take_in
from app.core.journal import apart
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import actions, queries, rules
from app.domain.reports.inputs import Declining, NewCorrection, Taking
from app.domain.reports.models import ReportRevision
from app.domain.reports.paragraphs import Paragraph
from app.domain.reports.paragraphs import read as paragraphs_of
from app.web import receiving
from app.web.entries import EachFieldOnce, Typed, file_of, read
from app.web.meeting_pages import frame
from app.web.report_paper import as_word, paper
from app.web.reports import HERE, Revision, page

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

CORRECTS, ANSWERS = [Depends(Asks(rules.CORRECT))], [Depends(Asks(rules.ANSWER))]


@router.post(f"{HERE}/circulate", name="circulate-report", dependencies=[Depends(Asks(rules.CIRCULATE))])
def circulate(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, revision: Revision = 0
) -> Response:
    """Circulate the report to the delegations."""
    return _run_action(session, actor, house, request, meeting, actions.circulate, revision)


@router.post(f"{HERE}/adopt", name="adopt-report", dependencies=[Depends(Asks(rules.ADOPT))])
def adopt(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, revision: Revision = 0
) -> Response:
    """Record the adoption of the report."""
    return _run_action(session, actor, house, request, meeting, actions.adopt, revision)


def _run_action(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: UUID,
    action: Callable[..., None],
    revision: int,
) -> Response:
    """Run a domain action and redirect to the report, or render the report with the reason why it was refused."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    try:
        with apart(session):
            action(session, actor, meeting_row, revision=revision)
    except Conflict as error:
        return page(session, actor, house, request, meeting_row, refused=error.reason, status=409)
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record", 303)


@router.post(f"{HERE}/register", name="register-report", dependencies=[Depends(Asks(rules.REGISTER))])
def register(meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse) -> Response:
    """Register the adopted report. Its Word document passes the file inspection like any other file."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.REGISTER.require(actor, queries.at(session, meeting_row))
    report = paper(session, meeting_row, queries.one_visible(session, actor, meeting_row), "")
    largest = receiving.largest_of(session, house, meeting_row.body_id)
    let_go(session)
    content = BytesIO(as_word(house, report))
    received = take_in(house.store, content, f"{report.name}.docx", largest, scanner=house.scanner)
    meeting_row = meetings.one_visible(session, actor, meeting)
    actions.register_report(session, actor, meeting_row, report.title, file_of(report.filling.language, received))
    receiving.settle(session, actor, receiving.Taken(received, clock.now(), None))
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=registered", 303)


@router.get(f"{HERE}/paragraphs/{{paragraph}}/correction", name="asking-correction", dependencies=CORRECTS)
def asking(
    meeting: UUID, paragraph: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of a correction to one paragraph."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.CORRECT.require(actor, queries.at(session, meeting_row, actor.entity))
    return _render_correction_form(session, actor, house, request, meeting_row, paragraph)


@router.post(f"{HERE}/paragraphs/{{paragraph}}/correction", name="ask-correction", dependencies=CORRECTS)
def ask(
    meeting: UUID,
    paragraph: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
    revision: Revision = 0,
) -> Response:
    """Request a correction for the actor's State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.CORRECT.require(actor, queries.at(session, meeting_row, actor.entity))
    entry = read(NewCorrection, {"text": text})
    if entry.made is None:
        return _render_correction_form(
            session, actor, house, request, meeting_row, paragraph, text, entry.errors, status=400
        )
    try:
        with apart(session):
            actions.ask(session, actor, meeting_row, paragraph, entry.made, revision=revision)
    except Conflict as error:
        return _render_correction_form(
            session, actor, house, request, meeting_row, paragraph, text, {}, error.reason, 409
        )
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record#corrections", 303)


@router.get(f"{HERE}/corrections/{{correction}}", name="answering-correction", dependencies=ANSWERS)
def answering(
    meeting: UUID, correction: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form that answers a correction."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ANSWER.require(actor, queries.at(session, meeting_row))
    return _render_answer_form(session, actor, house, request, meeting_row, correction)


@router.post(f"{HERE}/corrections/{{correction}}", name="answer-correction", dependencies=ANSWERS)
def answer(
    meeting: UUID,
    correction: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    to: Annotated[Literal["take", "decline"], Form()] = "take",
    text: Typed = "",
    reason: Typed = "",
    revision: Revision = 0,
) -> Response:
    """Take or decline a correction."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ANSWER.require(actor, queries.at(session, meeting_row))
    taking, declining = read(Taking, {"text": text}), read(Declining, {"reason": reason})
    errors = declining.errors if to == "decline" else taking.errors
    if errors:
        return _render_answer_form(
            session, actor, house, request, meeting_row, correction, text, reason, errors, status=400
        )
    try:
        with apart(session):
            if to == "decline" and declining.made:
                actions.decline(session, actor, meeting_row, correction, declining.made)
            elif taking.made:
                actions.take(session, actor, meeting_row, correction, taking.made, revision=revision)
    except Conflict as error:
        return _render_answer_form(
            session, actor, house, request, meeting_row, correction, text, reason, {}, error.reason, 409
        )
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record#corrections", 303)


def _render_correction_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    key: str,
    text: str | None = None,
    errors: object = None,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    """Render the form of a correction. Raises NotFound if the paragraph does not exist."""
    report = queries.one_visible(session, actor, meeting)
    paragraph = _find_paragraph(queries.latest(session, report), key)
    if paragraph is None:
        raise Unknown()
    return house.pages.show(
        request,
        "web/reports/correction.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        paragraph=paragraph,
        text=paragraph.text if text is None else text,
        errors=errors or {},
        refused=refused,
    )


def _render_answer_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    correction: UUID,
    text: str | None = None,
    reason: str = "",
    errors: object = None,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    report = queries.one_visible(session, actor, meeting)
    correction_row = queries.one_correction(session, report, correction)
    return house.pages.show(
        request,
        "web/reports/answer.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        asked=correction_row,
        state=EntityName(correction_row.entity),
        now=_find_paragraph(queries.latest(session, report), correction_row.paragraph),
        text=correction_row.text if text is None else text,
        reason=reason,
        errors=errors or {},
        refused=refused,
    )


def _find_paragraph(revision: ReportRevision, key: str) -> Paragraph | None:
    return next((each for each in paragraphs_of(revision.paragraphs) if each.key == key), None)
