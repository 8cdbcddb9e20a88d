"""Adding what was said under an item to the report: from the private notes of the chair, with who had the floor."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import DomainError, NotFound
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import editing
from app.domain.reports.inputs import ParagraphChange
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import find_paragraph, load_paragraphs
from app.http.authentication import EntityName
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField
from app.web.reports.pages import EDIT_REPORT_GUARDS, REPORT_PATH
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.said import load_what_was_said

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SAID_PATH = f"{REPORT_PATH}/paragraphs/{{paragraph}}/said"


@router.get(SAID_PATH, dependencies=EDIT_REPORT_GUARDS)
def show_what_was_said(context: ReadContext, meeting: UUID, paragraph: str) -> Response:
    """Show the form with the notes of the chair on the item, and who had the floor under it."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return _render_form(context, meeting_row, paragraph, None)


@router.post(SAID_PATH, dependencies=EDIT_REPORT_GUARDS)
def add_what_was_said(context: WriteContext, meeting: UUID, paragraph: str, text: TextField = "") -> Response:
    """Add the text to the report, under the heading."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return submit_form(
        context,
        ParagraphChange,
        {"text": text},
        action=lambda said: editing.add_what_was_said(context.session, context.actor, meeting_row, paragraph, said),
        render=partial(_render_form, context, meeting_row, paragraph),
        done=f"/meetings/{meeting_row.id}/report?done=saved#p-{paragraph}",
    )


def _render_form(
    context: ReadContext,
    meeting: Meeting,
    key: str,
    entry: ParsedForm[Any] | None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the form, at first with the notes as text. Raises NotFound without that paragraph."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    present = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    heading = find_paragraph(present, key)
    if heading is None:
        raise NotFound()
    said = load_what_was_said(context.session, context.actor, meeting, heading, present)
    return context.render(
        "web/reports/said.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        heading=heading,
        statements=[(EntityName(each.entity), each) for each in said.statements],
        **build_form_page_values(entry or ParsedForm({"text": said.notes}, None, {}), refusal),
    )
