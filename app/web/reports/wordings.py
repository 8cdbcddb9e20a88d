"""The wordings that a paragraph of a report had, and putting an earlier one back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import Conflict, DomainError, NotFound
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import editing
from app.domain.reports.rules import reports
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields
from app.web.reports.pages import EDIT_REPORT_GUARDS, REPORT_PATH, SEE_REPORT_GUARDS, RevisionField
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

WORDINGS_PATH = f"{REPORT_PATH}/paragraphs/{{paragraph}}/wordings"


@router.get(WORDINGS_PATH, dependencies=SEE_REPORT_GUARDS)
def show_paragraph_wordings(context: ReadContext, meeting: UUID, paragraph: str) -> Response:
    """Show the wordings of a paragraph that the reader may see, with who saved each and when."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    return _render_wordings(context, meeting_row, paragraph)


@router.post(f"{WORDINGS_PATH}/restore", dependencies=EDIT_REPORT_GUARDS)
def restore_paragraph_wording(
    context: WriteContext,
    meeting: UUID,
    paragraph: str,
    number: Annotated[int, Form(ge=0, le=10**6)] = 0,
    revision: RevisionField = 0,
) -> Response:
    """Put the wording of an earlier revision back, or show the wordings again with the reason why not."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    refusal = try_action(
        context,
        lambda: editing.restore_report_paragraph(
            context.session, context.actor, meeting_row, paragraph, number, revision=revision
        ),
        refusals=(Conflict,),
    )
    if refusal:
        return _render_wordings(context, meeting_row, paragraph, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=saved#p-{paragraph}")


def _render_wordings(context: ReadContext, meeting: Meeting, key: str, refusal: DomainError | None = None) -> Response:
    """Render the wordings of a paragraph. Raises the refusal, otherwise NotFound, if it was in no revision that the
    reader may see."""
    report = queries.find_visible_report(context.session, context.actor, meeting)
    wordings = queries.list_paragraph_wordings(context.session, context.actor, meeting, report, key) if report else ()
    if report is None or not wordings:
        raise refusal or NotFound()
    subject = reports.ReportRuleSubject(meeting, report.stage)
    return context.render(
        "web/reports/wordings.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        key=key,
        wordings=wordings,
        may_restore=reports.KEEP.allows(context.actor, subject),
        refused=refusal.reason if refusal else None,
    )
