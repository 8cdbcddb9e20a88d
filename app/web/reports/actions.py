"""Actions on a report: circulating, corrections and their answers, adoption, and registration under a symbol."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.core import clock
from app.core.db import ReadSession, WriteSession, release_connection
from app.core.errors import Conflict, NotFound
from app.core.files.ingest import ingest_file
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import drafting
from app.domain.reports.inputs import CorrectionDeclineInput, NewReportCorrection, ParagraphChange
from app.domain.reports.models import ReportRevision
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import ReportParagraph
from app.domain.reports.rules.paragraphs import load_paragraphs as paragraphs_of
from app.http.authentication import EntityName, SignedInActor, SignedInFor
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.forms import file_fields
from app.web.forms.parsing import RejectRepeatedFields, TextField, build_file_input, parse_form
from app.web.reports.pages import REPORT_PATH, RevisionField, render_report_page
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.print import load_printable_report, render_report_docx

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

CORRECT_REPORT_GUARDS, ANSWER_CORRECTION_GUARDS = (
    [Depends(SignedInFor(reports.CORRECT))],
    [Depends(SignedInFor(reports.ANSWER))],
)


@router.post(
    f"{REPORT_PATH}/circulate", name="circulate-report", dependencies=[Depends(SignedInFor(reports.CIRCULATE))]
)
def circulate_report(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    revision: RevisionField = 0,
) -> Response:
    """Circulate the report to the delegations."""
    return _run_action(session, actor, house, request, meeting, drafting.circulate_report, revision)


@router.post(f"{REPORT_PATH}/adopt", name="adopt-report", dependencies=[Depends(SignedInFor(reports.ADOPT))])
def adopt_report(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    revision: RevisionField = 0,
) -> Response:
    """Record the adoption of the report."""
    return _run_action(session, actor, house, request, meeting, drafting.adopt_report, revision)


def _run_action(
    session: WriteSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: UUID,
    action: Callable[..., None],
    revision: int,
) -> Response:
    """Run a domain action and redirect to the report, or render the report with the reason why it was refused."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    try:
        with savepoint(session):
            action(session, actor, meeting_row, revision=revision)
    except Conflict as error:
        return render_report_page(session, actor, house, request, meeting_row, rejection=error.reason, status=409)
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record", 303)


@router.post(f"{REPORT_PATH}/register", name="register-report", dependencies=[Depends(SignedInFor(reports.REGISTER))])
def register_report(meeting: UUID, actor: SignedInActor, session: RequestWriteSession, house: Portal) -> Response:
    """Register the adopted report. Its Word document passes the file inspection like any other file."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    reports.REGISTER.require(actor, queries.build_report_context(session, meeting_row))
    report = load_printable_report(session, meeting_row, queries.get_visible_report(session, actor, meeting_row), "")
    largest = file_fields.get_max_file_size(session, house, meeting_row.body_id)
    release_connection(session)
    content = BytesIO(render_report_docx(house, report))
    received = ingest_file(house.store, content, f"{report.name}.docx", largest, scanner=house.scanner)
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    drafting.register_report(
        session, actor, meeting_row, report.title, build_file_input(report.filling.language, received)
    )
    file_fields.record_accepted_file(session, actor, file_fields.AcceptedFile(received, clock.now(), None))
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=registered", 303)


@router.get(
    f"{REPORT_PATH}/paragraphs/{{paragraph}}/correction", name="asking-correction", dependencies=CORRECT_REPORT_GUARDS
)
def show_report_correction_form(
    meeting: UUID, paragraph: str, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form of a correction to one paragraph."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    reports.CORRECT.require(actor, queries.build_report_context(session, meeting_row, actor.entity))
    return _render_correction_form(session, actor, house, request, meeting_row, paragraph)


@router.post(
    f"{REPORT_PATH}/paragraphs/{{paragraph}}/correction", name="ask-correction", dependencies=CORRECT_REPORT_GUARDS
)
def request_report_correction(
    meeting: UUID,
    paragraph: str,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    text: TextField = "",
    revision: RevisionField = 0,
) -> Response:
    """Request a correction for the actor's State."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    reports.CORRECT.require(actor, queries.build_report_context(session, meeting_row, actor.entity))
    entry = parse_form(NewReportCorrection, {"text": text})
    if entry.value is None:
        return _render_correction_form(
            session, actor, house, request, meeting_row, paragraph, text, entry.errors, status=400
        )
    try:
        with savepoint(session):
            drafting.request_report_correction(session, actor, meeting_row, paragraph, entry.value, revision=revision)
    except Conflict as error:
        return _render_correction_form(
            session, actor, house, request, meeting_row, paragraph, text, {}, error.reason, 409
        )
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record#corrections", 303)


@router.get(
    f"{REPORT_PATH}/corrections/{{correction}}", name="answering-correction", dependencies=ANSWER_CORRECTION_GUARDS
)
def show_correction_answer_form(
    meeting: UUID, correction: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that answers a correction."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    reports.ANSWER.require(actor, queries.build_report_context(session, meeting_row))
    return _render_answer_form(session, actor, house, request, meeting_row, correction)


@router.post(
    f"{REPORT_PATH}/corrections/{{correction}}", name="answer-correction", dependencies=ANSWER_CORRECTION_GUARDS
)
def answer_report_correction(
    meeting: UUID,
    correction: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    to: Annotated[Literal["take", "decline"], Form()] = "take",
    text: TextField = "",
    reason: TextField = "",
    revision: RevisionField = 0,
) -> Response:
    """Take or decline a correction."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    reports.ANSWER.require(actor, queries.build_report_context(session, meeting_row))
    taking, declining = (
        parse_form(ParagraphChange, {"text": text}),
        parse_form(CorrectionDeclineInput, {"reason": reason}),
    )
    errors = declining.errors if to == "decline" else taking.errors
    if errors:
        return _render_answer_form(
            session, actor, house, request, meeting_row, correction, text, reason, errors, status=400
        )
    try:
        with savepoint(session):
            if to == "decline" and declining.value:
                drafting.decline_report_correction(session, actor, meeting_row, correction, declining.value)
            elif taking.value:
                drafting.accept_report_correction(
                    session, actor, meeting_row, correction, taking.value, revision=revision
                )
    except Conflict as error:
        return _render_answer_form(
            session, actor, house, request, meeting_row, correction, text, reason, {}, error.reason, 409
        )
    return RedirectResponse(f"/meetings/{meeting_row.id}/report?done=on-record#corrections", 303)


def _render_correction_form(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: Meeting,
    key: str,
    text: str | None = None,
    errors: object = None,
    refused: LazyText | None = None,
    status: int = 200,
) -> Response:
    """Render the form of a correction. Raises NotFound if the paragraph does not exist."""
    report = queries.get_visible_report(session, actor, meeting)
    paragraph = _find_paragraph(queries.get_latest_revision(session, report), key)
    if paragraph is None:
        raise NotFound()
    return house.templates.render_response(
        request,
        "web/reports/correction.html",
        status=status,
        frame=build_meeting_frame(session, actor, meeting, "report", house.templates.negotiate_language(request)),
        report=report,
        paragraph=paragraph,
        text=paragraph.text if text is None else text,
        errors=errors or {},
        refused=refused,
    )


def _render_answer_form(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: Meeting,
    correction: UUID,
    text: str | None = None,
    reason: str = "",
    errors: object = None,
    refused: LazyText | None = None,
    status: int = 200,
) -> Response:
    report = queries.get_visible_report(session, actor, meeting)
    correction_row = queries.get_report_correction(session, report, correction)
    return house.templates.render_response(
        request,
        "web/reports/answer.html",
        status=status,
        frame=build_meeting_frame(session, actor, meeting, "report", house.templates.negotiate_language(request)),
        report=report,
        asked=correction_row,
        state=EntityName(correction_row.entity),
        now=_find_paragraph(queries.get_latest_revision(session, report), correction_row.paragraph),
        text=correction_row.text if text is None else text,
        reason=reason,
        errors=errors or {},
        refused=refused,
    )


def _find_paragraph(revision: ReportRevision, key: str) -> ReportParagraph | None:
    return next((each for each in paragraphs_of(revision.paragraphs) if each.key == key), None)
