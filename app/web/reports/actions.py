"""Actions on a report: circulating, corrections and their answers, adoption, and registration under a symbol."""

from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core import clock
from app.core.db import release_connection
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.files.ingest import ingest_file
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.core.validation import ReasonInput
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.reports import queries
from app.domain.reports.actions import corrections, drafting
from app.domain.reports.inputs import NewReportCorrection, ParagraphChange
from app.domain.reports.models import Report
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import find_paragraph, load_paragraphs
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms import file_fields
from app.web.forms.actions import submit_form, try_action
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, convert_to_language_file
from app.web.reports.pages import REPORT_PATH, RevisionField
from app.web.reports.report_page import render_report_page, warn_of_other_reports
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.page import compare_corrections
from app.web.views.reports.print import load_printable_report, render_report_docx

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

CORRECT_REPORT_GUARDS = [Depends(SignedInGuard(reports.CORRECT))]
ANSWER_CORRECTION_GUARDS = [Depends(SignedInGuard(reports.ANSWER))]


REPORT_STEPS: Mapping[str, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        "circulate": (
            _("Circulate the report"),
            _("All delegations of the group can then see the report and every later change."),
        ),
        "adopt": (
            _("Record the adoption of the report"),
            _("You record that the meeting adopted this revision of the report. It can then no longer be changed."),
        ),
        "register": (
            _("Assign the symbol"),
            _(
                "The report is saved as a Word document and registered as a document of the meeting. It receives the "
                "next symbol of the reports of the meeting."
            ),
        ),
    }
)
"""Name of the button of each step, and what it does."""
MEETING_GOES_ON = _(
    "The meeting is in session. Once the report has been circulated, the draft cannot be regenerated: add what happens "
    "later by editing the report."
)
CORRECTIONS_GO_ON = _(
    "The deadline for corrections has not passed. Once the adoption is recorded, none can be requested."
)
DEADLINE_LABEL = _("Deadline for corrections")


class CorrectionAnswerForm(BaseModel):
    """Form that takes a correction with this text, or declines it for this reason, as typed."""

    text: str = ""
    reason: str = ""


def register_check_page(name: str, permission: Permission[reports.ReportRuleSubject]) -> None:
    """Register the check page of one step of a report."""

    @router.get(f"{REPORT_PATH}/{name}", dependencies=[Depends(SignedInGuard(permission))])
    def show_check_page(context: ReadContext, meeting: UUID) -> Response:
        """Show what the step does; while a correction is open, the report with the reason why it cannot be adopted."""
        meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
        permission.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
        report = queries.get_visible_report(context.session, context.actor, meeting_row)
        if permission is reports.ADOPT:
            try:
                queries.require_answered_corrections(context.session, report)
            except Conflict as refusal:
                return render_report_page(context, meeting_row, refusal)
        frame = build_meeting_frame(context.session, context.actor, meeting_row, "report", context.language)
        here, (button, what) = f"/meetings/{meeting_row.id}", REPORT_STEPS[name]
        return render_check_page(
            context,
            CheckPage(
                act=f"{REPORT_PATH}/{name}",
                heading=button,
                crumbs=[("/meetings", _("Meetings")), (here, frame.name), (f"{here}/report", _("Report"))],
                what=what,
                button=button,
                action=f"{here}/report/{name}",
                back=f"{here}/report",
                fields={"revision": report.revision},
                facts=_list_facts(context, meeting_row, report),
                warning=_find_warning(context, permission, meeting_row, report),
                kind="",
            ),
        )


def _find_warning(
    context: ReadContext, permission: Permission[reports.ReportRuleSubject], meeting: Meeting, report: Report
) -> LazyText | None:
    """Return what speaks against the step: another report of the meeting, that the meeting goes on, or that corrections
    can still be requested."""
    due_at = report.corrections_due_at
    if other := warn_of_other_reports(context, meeting, report):
        return other
    if permission is reports.CIRCULATE and meeting.life == MeetingLife.IN_SESSION:
        return MEETING_GOES_ON
    return CORRECTIONS_GO_ON if permission is reports.ADOPT and due_at and clock.now() <= due_at else None


def _list_facts(context: ReadContext, meeting: Meeting, report: Report) -> list[tuple[LazyText, str]]:
    """List until when corrections can be requested, if there is a deadline."""
    due_at = report.corrections_due_at
    return [(DEADLINE_LABEL, context.localizer.format_instant(due_at, meeting.zone))] if due_at else []


for _name, _permission in (
    ("circulate", reports.CIRCULATE),
    ("adopt", reports.ADOPT),
    ("register", reports.REGISTER),
):
    register_check_page(_name, _permission)


@router.post(f"{REPORT_PATH}/circulate", dependencies=[Depends(SignedInGuard(reports.CIRCULATE))])
def circulate_report(context: WriteContext, meeting: UUID, revision: RevisionField = 0) -> Response:
    """Circulate the report to the delegations."""
    return _run_action(context, meeting, drafting.circulate_report, revision, done="report-circulated")


@router.post(f"{REPORT_PATH}/adopt", dependencies=[Depends(SignedInGuard(reports.ADOPT))])
def adopt_report(context: WriteContext, meeting: UUID, revision: RevisionField = 0) -> Response:
    """Record the adoption of the report."""
    return _run_action(context, meeting, drafting.adopt_report, revision, done="report-adopted")


def _run_action(
    context: WriteContext, meeting: UUID, action: Callable[..., None], revision: int, *, done: str
) -> Response:
    """Run a domain action and redirect to the report, which says what was done, or render it with the reason why it was
    refused."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    refusal = try_action(
        context,
        lambda: action(context.session, context.actor, meeting_row, revision=revision),
        refusals=(Conflict,),
    )
    if refusal:
        return render_report_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done={done}")


@router.post(f"{REPORT_PATH}/register", dependencies=[Depends(SignedInGuard(reports.REGISTER))])
def register_report(context: WriteContext, meeting: UUID) -> Response:
    """Register the adopted report. Its Word document passes the file inspection like any other file."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.REGISTER.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    report = load_printable_report(
        context.session, meeting_row, queries.get_visible_report(context.session, context.actor, meeting_row), ""
    )
    largest = file_fields.get_max_file_size(context, meeting_row.body_id)
    release_connection(context.session)
    content = BytesIO(render_report_docx(context.portal, report))
    received = ingest_file(
        context.portal.store, content, f"{report.name}.docx", largest, scanner=context.portal.scanner
    )
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    drafting.register_report(
        context.session,
        context.actor,
        meeting_row,
        report.title,
        convert_to_language_file(report.filling.language, received),
    )
    file_fields.mark_accepted_upload_as_used(
        context.session, context.actor, file_fields.AcceptedFile(received, clock.now(), clock.now())
    )
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=registered")


@router.get(f"{REPORT_PATH}/paragraphs/{{paragraph}}/correction", dependencies=CORRECT_REPORT_GUARDS)
def show_report_correction_form(context: ReadContext, meeting: UUID, paragraph: str) -> Response:
    """Show the form of a correction to one paragraph."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.CORRECT.require(
        context.actor, queries.build_report_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    return _render_correction_form(context, meeting_row, paragraph, None)


@router.post(f"{REPORT_PATH}/paragraphs/{{paragraph}}/correction", dependencies=CORRECT_REPORT_GUARDS)
def request_report_correction(
    context: WriteContext, meeting: UUID, paragraph: str, text: TextField = "", revision: RevisionField = 0
) -> Response:
    """Request a correction for the actor's State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.CORRECT.require(
        context.actor, queries.build_report_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    return submit_form(
        context,
        NewReportCorrection,
        {"text": text},
        action=lambda correction: corrections.request_report_correction(
            context.session, context.actor, meeting_row, paragraph, correction, revision=revision
        ),
        render=partial(_render_correction_form, context, meeting_row, paragraph),
        done=lambda made: f"/meetings/{meeting_row.id}/report?done=correction-requested#correction-{made.id}",
    )


@router.get(f"{REPORT_PATH}/corrections/{{correction}}", dependencies=ANSWER_CORRECTION_GUARDS)
def show_correction_answer_form(context: ReadContext, meeting: UUID, correction: UUID) -> Response:
    """Show the form that answers a correction."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ANSWER.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return _render_answer_form(context, meeting_row, correction, None)


@router.post(f"{REPORT_PATH}/corrections/{{correction}}", dependencies=ANSWER_CORRECTION_GUARDS)
def answer_report_correction(
    context: WriteContext,
    meeting: UUID,
    correction: UUID,
    form: Annotated[CorrectionAnswerForm, Form()],
    to: Annotated[Literal["take", "decline"], Form()] = "take",
    revision: RevisionField = 0,
) -> Response:
    """Take or decline a correction."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ANSWER.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    done = "correction-rejected" if to == "decline" else "correction-accepted"
    answer = partial(
        submit_form,
        context,
        render=partial(_render_answer_form, context, meeting_row, correction, typed=form),
        done=f"/meetings/{meeting_row.id}/report?done={done}#correction-{correction}",
    )
    if to == "decline":
        return answer(
            ReasonInput,
            {"reason": form.reason},
            action=lambda decline: corrections.decline_report_correction(
                context.session, context.actor, meeting_row, correction, decline
            ),
        )
    return answer(
        ParagraphChange,
        {"text": form.text},
        action=lambda change: corrections.accept_report_correction(
            context.session, context.actor, meeting_row, correction, change, revision=revision
        ),
    )


def _render_correction_form(
    context: ReadContext,
    meeting: Meeting,
    key: str,
    entry: ParsedForm[NewReportCorrection] | None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a correction, at first with the paragraph itself. Raises NotFound if there is none."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    paragraph = find_paragraph(load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs), key)
    if paragraph is None:
        raise NotFound()
    return context.render(
        "web/reports/correction.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        paragraph=paragraph,
        **build_form_page_values(
            entry or ParsedForm({"text": paragraph.text}, None, {}),
            refusal,
            field="text" if isinstance(refusal, BadRequest) else None,
        ),
    )


def _render_answer_form(
    context: ReadContext,
    meeting: Meeting,
    correction: UUID,
    entry: ParsedForm[Any] | None,
    refusal: DomainError | None = None,
    *,
    typed: CorrectionAnswerForm | None = None,
) -> Response:
    """Render the form of an answer: as typed, at first with the text that the State asks for."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    correction_row = queries.get_report_correction(context.session, report, correction)
    present = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    now = find_paragraph(present, correction_row.paragraph)
    shown = prefill_form(typed or CorrectionAnswerForm(text=correction_row.text))
    return context.render(
        "web/reports/answer.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        asked=correction_row,
        state=EntityName(correction_row.entity),
        now=now,
        has_changed=now is None or now.text != correction_row.was,
        difference=compare_corrections([correction_row])[0],
        **build_form_page_values(entry or shown, refusal) | {"typed": shown.typed},
    )
