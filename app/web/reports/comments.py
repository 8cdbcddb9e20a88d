"""Comments on paragraphs of a report: writing one, answering it, marking it as resolved, and withdrawing it."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import Conflict, DomainError, NotFound
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import comments
from app.domain.reports.inputs import NewReportComment, NewReportCommentAnswer
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import find_paragraph, load_paragraphs
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form, try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, TextField, VersionField
from app.web.reports.pages import REPORT_PATH, RevisionField
from app.web.reports.report_page import render_report_page
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.comments import name_report_comment_author

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

NEW_COMMENT_PATH = f"{REPORT_PATH}/paragraphs/{{paragraph}}/comment"
COMMENT_PATH = f"{REPORT_PATH}/comments/{{comment}}"
COMMENT_GUARDS = [Depends(SignedInGuard(reports.COMMENT))]
ANSWER_COMMENT_GUARDS = [Depends(SignedInGuard(reports.ANSWER_COMMENT))]


class ReportCommentForm(BaseModel):
    """Form of a comment as typed, with its language."""

    comment: str = ""
    lang: str = ""


@router.get(NEW_COMMENT_PATH, dependencies=COMMENT_GUARDS)
def show_report_comment_form(context: ReadContext, meeting: UUID, paragraph: str) -> Response:
    """Show the form of a comment on one paragraph, and that of a correction to those who may request one."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    _require_comment(context, meeting_row)
    empty = prefill_form(ReportCommentForm(lang=context.language))
    return _render_new_form(context, meeting_row, paragraph, empty)


@router.post(NEW_COMMENT_PATH, dependencies=COMMENT_GUARDS)
def comment_on_report(
    context: WriteContext,
    meeting: UUID,
    paragraph: str,
    form: Annotated[ReportCommentForm, Form()],
    revision: RevisionField = 0,
) -> Response:
    """Write a comment on one paragraph."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    _require_comment(context, meeting_row)
    return submit_form(
        context,
        NewReportComment,
        form.model_dump(),
        action=lambda comment: comments.comment_on_report(
            context.session, context.actor, meeting_row, paragraph, comment, revision=revision
        ),
        render=partial(_render_new_form, context, meeting_row, paragraph),
        done=lambda made: f"/meetings/{meeting_row.id}/report?done=report-comment-written#comment-{made.id}",
    )


@router.get(COMMENT_PATH, dependencies=ANSWER_COMMENT_GUARDS)
def show_report_comment_answer_form(context: ReadContext, meeting: UUID, comment: UUID) -> Response:
    """Show the form that answers a comment, with the answer that it has."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ANSWER_COMMENT.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return _render_answer_form(context, meeting_row, comment, None)


@router.post(COMMENT_PATH, dependencies=ANSWER_COMMENT_GUARDS)
def answer_report_comment(
    context: WriteContext, meeting: UUID, comment: UUID, answer: TextField = "", version: VersionField = 0
) -> Response:
    """Answer a comment, in the language of the page."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ANSWER_COMMENT.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return submit_form(
        context,
        NewReportCommentAnswer,
        {"answer": answer, "lang": context.language},
        action=lambda given: comments.answer_report_comment(
            context.session, context.actor, meeting_row, comment, given, version=version
        ),
        render=partial(_render_answer_form, context, meeting_row, comment),
        done=f"/meetings/{meeting_row.id}/report?done=report-comment-answered#comment-{comment}",
    )


@router.post(f"{COMMENT_PATH}/resolve", dependencies=ANSWER_COMMENT_GUARDS)
def resolve_report_comment(context: WriteContext, meeting: UUID, comment: UUID, version: VersionField = 0) -> Response:
    """Mark a comment as resolved."""
    return _end_comment(context, meeting, comment, version, comments.resolve_report_comment, "report-comment-resolved")


@router.post(f"{COMMENT_PATH}/withdraw", dependencies=COMMENT_GUARDS)
def withdraw_report_comment(context: WriteContext, meeting: UUID, comment: UUID, version: VersionField = 0) -> Response:
    """Withdraw a comment that the actor wrote."""
    return _end_comment(
        context, meeting, comment, version, comments.withdraw_report_comment, "report-comment-withdrawn"
    )


def _require_comment(context: ReadContext, meeting: Meeting) -> None:
    """Raise Forbidden or Conflict unless the actor may comment on the report, for the actor's own State."""
    reports.COMMENT.require(
        context.actor, queries.build_report_rule_subject(context.session, meeting, context.actor.entity)
    )


def _end_comment(
    context: WriteContext, meeting: UUID, comment: UUID, version: int, act: Callable[..., None], done: str
) -> Response:
    """Run a verb that ends a comment, and return to it; or show the report with the reason why it was refused."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    refusal = try_action(
        context,
        lambda: act(context.session, context.actor, meeting_row, comment, version=version),
        refusals=(Conflict,),
    )
    if refusal:
        return render_report_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done={done}#comment-{comment}")


def _render_new_form(
    context: ReadContext, meeting: Meeting, key: str, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form of a comment on the current text of a paragraph. Raises NotFound if there is none."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    present = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    paragraph = find_paragraph(present, key)
    if paragraph is None:
        raise NotFound()
    subject = queries.build_rule_subject_of_report(meeting, report, context.actor.entity)
    return context.render(
        "web/reports/comment.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        paragraph=paragraph,
        may_correct=reports.CORRECT.allows(context.actor, subject),
        language_choices=LANGUAGE_CHOICES,
        **build_form_page_values(entry, refusal),
    )


def _render_answer_form(
    context: ReadContext,
    meeting: Meeting,
    comment: UUID,
    entry: ParsedForm[NewReportCommentAnswer] | None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of an answer: as typed, at first with the answer that there is. Raises NotFound."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    row = queries.get_report_comment(context.session, report, comment)
    return context.render(
        "web/reports/comment_answer.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        comment=row,
        author=name_report_comment_author(row),
        **build_form_page_values(entry or ParsedForm({"answer": row.answer}, None, {}), refusal),
    )
