"""Generating the draft of a report again: next to the text, of which a person changes the paragraphs they select."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.database.combined_lists import read_together
from app.core.errors import BadRequest, DomainError
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import editing
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import Report
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import load_paragraphs
from app.http.authentication import SignedInGuard
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, parse_form
from app.web.reports.pages import REPORT_PATH, RevisionField
from app.web.reports.report_page import ATTRIBUTION_CHOICES
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.generator import LISTS_OF_GENERATOR, generate_report_paragraphs
from app.web.views.reports.proposals import build_proposal_blocks

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("take"))])

PROPOSAL_PATH = f"{REPORT_PATH}/proposal"
PROPOSAL_GUARDS = [Depends(SignedInGuard(reports.DRAFT)), COSTLY_TURN]


@router.get(PROPOSAL_PATH, dependencies=PROPOSAL_GUARDS)
def show_proposal(
    context: ReadContext, meeting: UUID, attribution: str = "", language: str = "", select: str = ""
) -> Response:
    """Show what a draft generated now would change; `select=all` selects every paragraph."""
    meeting_row, report = _get_draft(context, meeting)
    options = _parse_options(report, attribution, language)
    return _render_proposal(context, meeting_row, report, options, is_all_selected=select == "all")


@router.post(PROPOSAL_PATH, dependencies=PROPOSAL_GUARDS)
def take_proposal(
    context: WriteContext,
    meeting: UUID,
    take: Annotated[tuple[str, ...], Form()] = (),
    attribution: TextField = "",
    language: TextField = "",
    revision: RevisionField = 0,
) -> Response:
    """Take the selected paragraphs of the generated draft. If one of them is not what was shown, none is taken."""
    meeting_row, report = _get_draft(context, meeting)
    options = _parse_options(report, attribution, language)
    generated = generate_report_paragraphs(context.session, context.actor, meeting_row, options)
    refusal = try_action(
        context,
        lambda: editing.take_generated_paragraphs(
            context.session, context.actor, meeting_row, options, generated, take, revision=revision
        ),
    )
    if refusal:
        return _render_proposal(context, meeting_row, report, options, selected=take, refusal=refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=saved")


def _get_draft(context: ReadContext, meeting: UUID) -> tuple[Meeting, Report]:
    """Return the meeting and the draft of its report. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    read_together(context.session, meeting_row, queries.list_reports, *LISTS_OF_GENERATOR)
    reports.DRAFT.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return meeting_row, queries.get_visible_report(context.session, context.actor, meeting_row)


def _parse_options(report: Report, attribution: str, language: str) -> NewReportDraft:
    """Parse the options of a generated draft, at first those of the report. Raises BadRequest."""
    typed = {"attribution": attribution or report.attribution, "lang": language or report.lang}
    entry = parse_form(NewReportDraft, typed)
    if entry.value is None:
        raise BadRequest(next(iter(entry.errors.values())))
    return entry.value


def _render_proposal(
    context: ReadContext,
    meeting: Meeting,
    report: Report,
    options: NewReportDraft,
    *,
    selected: Collection[str] = (),
    is_all_selected: bool = False,
    refusal: DomainError | None = None,
) -> Response:
    """Render the text next to a draft that is generated now. Raises Unavailable if they cannot be compared now."""
    present = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    generated = generate_report_paragraphs(context.session, context.actor, meeting, options)
    blocks = list(build_proposal_blocks(present, generated))
    return context.render(
        "web/reports/proposal.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        options=options,
        attributions=ATTRIBUTION_CHOICES,
        language_choices=LANGUAGE_CHOICES,
        blocks=blocks,
        count=sum(row.proposal is not None for block in blocks for row in block.rows),
        selected=selected,
        is_all_selected=is_all_selected,
        refused=refusal.reason if refusal else None,
    )
