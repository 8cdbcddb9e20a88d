"""The report of a meeting: its page, the draft, revisions and the differences between them, as Word and PDF."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.db import release_connection
from app.core.errors import BadRequest, Conflict
from app.core.inspection import DOCX, PDF
from app.domain.meetings import queries as meetings
from app.domain.reports import queries
from app.domain.reports.actions import drafting
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.rules import reports
from app.http.authentication import SignedInGuard
from app.http.downloads import attachment_response
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.reports.report_page import find_report_symbol, render_report_page
from app.web.views.documents.diffs import describe_differences
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.generator import generate_report_paragraphs
from app.web.views.reports.print import (
    PrintableReport,
    load_printable_report,
    render_report_docx,
    render_report_pdf,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

REPORT_PATH = "/meetings/{meeting}/report"
SEE_REPORT_GUARDS = [Depends(SignedInGuard(reports.SEE))]
EDIT_REPORT_GUARDS = [Depends(SignedInGuard(reports.KEEP))]
RevisionField = Annotated[int, Form(ge=0, le=10**6)]


@router.get(REPORT_PATH, dependencies=SEE_REPORT_GUARDS)
def show_report(context: ReadContext, meeting: UUID) -> Response:
    """Show the report. While it is a draft, those who do not edit it see that there is none yet."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    return render_report_page(context, meeting_row)


@router.post(f"{REPORT_PATH}/draft", dependencies=[Depends(SignedInGuard(reports.DRAFT))])
def draft_report(context: WriteContext, meeting: UUID, attribution: TextField = "") -> Response:
    """Generate the first draft of the report from what happened at the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.DRAFT.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    entry = parse_form(NewReportDraft, {"attribution": attribution, "lang": context.language})
    new = entry.value
    if new is None:
        return render_report_page(context, meeting_row, BadRequest(next(iter(entry.errors.values()))))
    text = generate_report_paragraphs(context.session, context.actor, meeting_row, new)
    refusal = try_action(
        context,
        lambda: drafting.save_report_draft(context.session, context.actor, meeting_row, new, text),
        refusals=(Conflict,),
    )
    if refusal:
        return render_report_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report")


@router.get(f"{REPORT_PATH}/revisions", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def show_report_revisions(
    context: ReadContext,
    meeting: UUID,
    former: Annotated[int, Query(alias="from", ge=0, le=10**6)] = 0,
    latter: Annotated[int, Query(alias="to", ge=0, le=10**6)] = 0,
) -> Response:
    """Show the revisions that the reader may see, and the differences between two of them, by default the last two."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    report = queries.find_visible_report(context.session, context.actor, meeting_row)
    listed = queries.list_report_revisions(context.session, context.actor, meeting_row, report) if report else []
    numbers = [row[0].number for row in listed]
    differences = None
    if report and len(numbers) > 1:
        latter, former = latter or numbers[0], former or numbers[1]
        old, new = (
            queries.get_report_revision(context.session, context.actor, meeting_row, report, each)
            for each in (former, latter)
        )
        differences = describe_differences(*([each["text"] for each in rev.paragraphs] for rev in (old, new)))
    return context.render(
        "web/reports/revisions.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "report", context.language),
        listed=listed,
        former=former,
        latter=latter,
        lang=report.lang if report else "",
        differences=differences,
    )


@router.get(f"{REPORT_PATH}/docx", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def download_report_docx(context: ReadContext, meeting: UUID) -> Response:
    """Download the current report as a Word document."""
    report = _load_printable_report(context, meeting)
    release_connection(context.session)
    return attachment_response(render_report_docx(context.portal, report), DOCX, f"{report.name}.docx")


@router.get(f"{REPORT_PATH}/pdf", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def download_report_pdf(context: ReadContext, meeting: UUID) -> Response:
    """Download the current report as PDF."""
    report = _load_printable_report(context, meeting)
    release_connection(context.session)
    return attachment_response(render_report_pdf(context.portal, report), PDF, f"{report.name}.pdf")


def _load_printable_report(context: ReadContext, meeting: UUID) -> PrintableReport:
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    report = queries.get_visible_report(context.session, context.actor, meeting_row)
    return load_printable_report(context.session, meeting_row, report, find_report_symbol(context, report))
