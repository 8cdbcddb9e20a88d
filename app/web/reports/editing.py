"""Editing a report: a paragraph in its place on the page of the report, or all paragraphs on a page of their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.core.errors import BadRequest, DomainError, Stale
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import editing
from app.domain.reports.inputs import ParagraphEdits
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import find_paragraph, load_paragraphs, number_paragraphs
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.reports.pages import EDIT_REPORT_GUARDS, REPORT_PATH, RevisionField
from app.web.reports.report_page import OpenParagraph, render_report_page
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


async def collect_paragraph_texts(request: Request) -> dict[str, str]:
    """Return the submitted paragraphs by key (form fields `text_<key>`)."""
    form = await request.form()
    return {name.removeprefix("text_"): str(form[name]) for name in form if name.startswith("text_")}


ParagraphTexts = Annotated[dict[str, str], Depends(collect_paragraph_texts)]


@router.get(f"{REPORT_PATH}/edit", dependencies=EDIT_REPORT_GUARDS)
def show_report_editor(context: ReadContext, meeting: UUID, paragraph: str = "") -> Response:
    """Show the editor of all paragraphs, or the report with one of them to be edited in its place."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    if paragraph:
        return render_report_page(context, meeting_row, open_paragraph=OpenParagraph(paragraph))
    return _render_editor(context, meeting_row, {})


@router.post(f"{REPORT_PATH}/edit", dependencies=EDIT_REPORT_GUARDS)
def save_report(
    context: WriteContext, meeting: UUID, texts: ParagraphTexts, only: TextField = "", revision: RevisionField = 0
) -> Response:
    """Save paragraphs, next to what others saved meanwhile. Where somebody changed the same one, both texts are shown,
    and the own one can be saved on the current revision."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    texts = _select_changed_texts(context, meeting_row, texts, revision)
    entry = parse_form(ParagraphEdits, {"texts": texts})
    edits = entry.value
    if edits is None:
        return _show_again(context, meeting_row, texts, only, BadRequest(next(iter(entry.errors.values()))))
    refusal = try_action(
        context,
        lambda: editing.save_report_paragraphs(
            context.session, context.actor, meeting_row, edits.texts, revision=revision
        ),
        refusals=(DomainError,),
    )
    if refusal:
        return _show_again(context, meeting_row, texts, only, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=saved{f'#p-{only}' if only.isalnum() else ''}")


def _select_changed_texts(
    context: ReadContext, meeting: Meeting, texts: dict[str, str], revision: int
) -> dict[str, str]:
    """Return the texts that differ from the revision that was read. The form of a whole report submits every
    paragraph, and what others saved meanwhile must not be undone by paragraphs left untouched."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    if not 0 < revision <= report.revision:
        return texts
    read_revision = queries.get_report_revision(context.session, context.actor, meeting, report, revision)
    previous_texts = {each.key: each.text for each in load_paragraphs(read_revision.paragraphs)}
    return {key: text for key, text in texts.items() if text.replace("\r\n", "\n") != previous_texts.get(key)}


def _show_again(
    context: ReadContext, meeting: Meeting, texts: dict[str, str], only: str, refusal: DomainError
) -> Response:
    """Render what was typed again: in the place of its paragraph, if that is the only one and still there."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    paragraphs = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    if find_paragraph(paragraphs, only) is None:
        return _render_editor(context, meeting, texts, refusal)
    latest = None
    if isinstance(refusal, Stale):
        latest = queries.list_paragraph_wordings(context.session, context.actor, meeting, report, only)[0]
    return render_report_page(context, meeting, refusal, open_paragraph=OpenParagraph(only, texts.get(only), latest))


def _render_editor(
    context: ReadContext, meeting: Meeting, typed: dict[str, str], refusal: DomainError | None = None
) -> Response:
    """Render the editor of all paragraphs. Typed text stays; where it differs from the saved text, both are shown."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    rows = list(number_paragraphs(load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)))
    current_keys = {each.key for _ignored, each in rows}
    return context.render(
        "web/reports/edit.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        rows=[(number, each, typed.get(each.key, each.text)) for number, each in rows],
        lost=[text for key, text in typed.items() if key not in current_keys],
        refused=refusal.reason if refusal else None,
    )
