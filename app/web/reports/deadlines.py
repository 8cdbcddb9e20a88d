"""The form of the deadline for corrections of a report, for those who use the chair's tools."""

from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import DomainError
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import corrections
from app.domain.reports.inputs import CorrectionsDeadline
from app.domain.reports.rules import reports
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField
from app.web.reports.pages import EDIT_REPORT_GUARDS, REPORT_PATH
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

DEADLINE_PATH = f"{REPORT_PATH}/corrections-deadline"
SeenDeadline = Annotated[str, Form(max_length=40)]


@router.get(DEADLINE_PATH, dependencies=EDIT_REPORT_GUARDS)
def show_corrections_deadline_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form with the present deadline."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return _render_form(context, meeting_row, None)


@router.post(DEADLINE_PATH, dependencies=EDIT_REPORT_GUARDS)
def set_corrections_deadline(
    context: WriteContext, meeting: UUID, corrections_due_on: TextField = "", was: SeenDeadline = ""
) -> Response:
    """Set the deadline, or remove it."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return submit_form(
        context,
        CorrectionsDeadline,
        {"corrections_due_on": corrections_due_on or None},
        action=lambda deadline: corrections.set_corrections_deadline(
            context.session, context.actor, meeting_row, deadline, was=was
        ),
        render=partial(_render_form, context, meeting_row),
        done=f"/meetings/{meeting_row.id}/report?done=saved",
        refusal_at="corrections_due_on",
    )


def _render_form(
    context: ReadContext,
    meeting: Meeting,
    entry: ParsedForm[CorrectionsDeadline] | None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the form, at first with the day that is set."""
    due_at = queries.get_visible_report(context.session, context.actor, meeting).corrections_due_at
    day: date | str = due_at.astimezone(ZoneInfo(meeting.zone)).date() if due_at else ""
    return context.render(
        "web/reports/deadline.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        was=reports.format_corrections_deadline(due_at),
        **build_form_page_values(entry or ParsedForm({"corrections_due_on": day}, None, {}), refusal),
    )
