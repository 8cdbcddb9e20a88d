"""All comments on a draft as a table, on a page and as CSV; and the answers of the chair or the secretariat."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.core.i18n import lazy_gettext as _
from app.domain.circulations import queries, rules
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import NewCommentAnswer
from app.domain.circulations.models import Comment
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.circulations.circulations import CirculatedVersionSummary, load_version_summary
from app.web.views.circulations.comments import (
    COMMENT_ANSWER_LABELS,
    CommentLine,
    build_comment_line,
    list_comment_lines,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_COMMENTS_GUARDS = [Depends(SignedInGuard(rules.SEE_VERSION))]
ANSWER_COMMENT_GUARDS = [Depends(SignedInGuard(rules.ANSWER_COMMENT))]
COMMENTS_PATH = "/outputs/{output}/comments"
ANSWER_CHOICES = [(answer, words) for answer, (_ignored, words) in COMMENT_ANSWER_LABELS.items()]
CSV_HEADINGS = (
    _("Version"),
    _("Language"),
    _("Paragraph"),
    _("Paragraph as circulated"),
    _("State"),
    _("Code"),
    _("Kind"),
    _("Comment"),
    _("Language used"),
    _("When"),
    _("Answer"),
    _("Text of the answer"),
    _("Answered"),
)


class CommentAnswerForm(BaseModel):
    """Form of an answer as typed."""

    answer: str = ""
    text: str = ""
    lang: str = ""


@router.get(COMMENTS_PATH, dependencies=SEE_COMMENTS_GUARDS)
def show_comment_list(context: ReadContext, output: UUID) -> Response:
    """Show all comments on a draft."""
    summary = _latest_summary(context, output)
    comment_lines = list_comment_lines(context.session, context.actor, summary.version)
    return context.render(
        "web/circulations/comments.html",
        about=summary,
        lines=comment_lines,
        open=sum(each.answer is None for each in comment_lines),
    )


@router.get("/outputs/{output}/comments.csv", dependencies=SEE_COMMENTS_GUARDS)
def download_comments_csv(context: ReadContext, output: UUID) -> Response:
    """Download all comments on a draft as CSV."""
    summary = _latest_summary(context, output)
    name = f"comments-{summary.meeting.number}-{summary.version.number}.csv"
    rows = list(
        _csv_rows(list_comment_lines(context.session, context.actor, summary.version), context.localizer)
    )  # read now: the session ends before they are sent
    return csv_response(rows, name)


@router.get(f"{COMMENTS_PATH}/{{comment}}/answer", dependencies=ANSWER_COMMENT_GUARDS)
def show_comment_answer_form(context: ReadContext, output: UUID, comment: UUID) -> Response:
    """Show the form that answers a comment."""
    summary, comment_row = _get_comment(context, output, comment)
    rules.ANSWER_COMMENT.require(
        context.actor, queries.get_circulation_rule_subject(context.session, summary.version, comment_row.entity)
    )
    last = queries.find_last_answer(context.session, comment_row)
    form = CommentAnswerForm(lang=context.language)
    if last:
        form = CommentAnswerForm(answer=last.answer, text=last.text, lang=last.lang)
    return _render_page(context, summary, comment_row, prefill_form(form))


@router.post(f"{COMMENTS_PATH}/{{comment}}/answer", dependencies=ANSWER_COMMENT_GUARDS)
def answer_comment(
    context: WriteContext,
    output: UUID,
    comment: UUID,
    form: Annotated[CommentAnswerForm, Form()],
    version: VersionField = 0,
    number: VersionField = 0,
) -> Response:
    """Save the answer to a comment."""
    summary, comment_row = _get_comment(context, output, comment)
    rules.ANSWER_COMMENT.require(
        context.actor, queries.get_circulation_rule_subject(context.session, summary.version, comment_row.entity)
    )
    return submit_form(
        context,
        NewCommentAnswer,
        form.model_dump(),
        action=lambda answer: comments.answer_comment(
            context.session, context.actor, comment_row, answer, version=version, number=number
        ),
        render=partial(_render_page, context, summary, comment_row),
        done=f"/outputs/{output}/comments?done=answered#c-{comment_row.id}",
    )


def _latest_summary(context: ReadContext, output: UUID) -> CirculatedVersionSummary:
    newest = queries.list_circulated_versions(context.session, context.actor, output)[0][0]
    return load_version_summary(context.session, context.actor, output, newest.number, context.language)


def _get_comment(context: ReadContext, output: UUID, comment: UUID) -> tuple[CirculatedVersionSummary, Comment]:
    comment_row, number = queries.get_comment(context.session, context.actor, output, comment)
    return load_version_summary(context.session, context.actor, output, number, context.language), comment_row


def _csv_rows(comment_lines: Sequence[CommentLine], formats: Localizer) -> Iterator[Sequence[object]]:
    yield [formats.translate_text(heading) for heading in CSV_HEADINGS]
    for each in comment_lines:
        comment, answer = each.comment, each.answer
        yield (
            each.number,
            comment.language,
            comment.paragraph or "",
            comment.was,
            formats.translate_text(each.state),
            comment.entity,
            formats.translate_text(each.kind),
            comment.text,
            comment.lang,
            (comment.changed_at or comment.put_at).isoformat(timespec="seconds"),
            formats.translate_text(each.tag[1]),
            answer.text if answer else "",
            answer.answered_at.isoformat(timespec="seconds") if answer else "",
        )


def _render_page(
    context: ReadContext,
    summary: CirculatedVersionSummary,
    comment: Comment,
    entry: ParsedForm[NewCommentAnswer],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form next to the comment and the answer as they are saved now."""
    last = queries.find_last_answer(context.session, comment)
    return context.render(
        "web/circulations/answer.html",
        about=summary,
        line=build_comment_line(comment, summary.version.number, last),
        number=last.number if last else 0,
        choices=ANSWER_CHOICES,
        language_choices=LANGUAGE_CHOICES,
        **build_form_page_values(entry, refusal),
    )
