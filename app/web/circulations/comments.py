"""Comments of a State on a circulated version: putting one, changing it until it is answered, withdrawing it."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response
from pydantic import BaseModel

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.journal import savepoint
from app.domain.circulations import queries, rules
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import CommentRewording, NewComment
from app.domain.circulations.models import Comment, CommentKind
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.circulations.pages import VERSIONS_PATH, VersionNumber
from app.web.forms.actions import submit_form, try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.circulations.circulations import CirculatedVersionSummary, load_version_summary
from app.web.views.circulations.comments import build_comment_line

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PUT_COMMENT_GUARDS = [Depends(SignedInGuard(rules.ADD_COMMENT))]
CHANGE_COMMENT_GUARDS = [Depends(SignedInGuard(rules.CHANGE_COMMENT))]
COMMENT_PATH = "/outputs/{output}/comments/{comment}"
MAX_PARAGRAPH_DIGITS = 5  # in the number of a paragraph
ParagraphNumber = Annotated[int, Query(ge=0, le=50_000)]


class CommentForm(BaseModel):
    """Form of a comment as typed: the place in the text, and the words. Only the words of a saved one can change."""

    language: str = ""
    paragraph: str = ""
    kind: str = ""
    text: str = ""
    lang: str = ""


@router.get(f"{VERSIONS_PATH}/{{number}}/comment", dependencies=PUT_COMMENT_GUARDS)
def show_new_comment_form(
    context: ReadContext,
    output: UUID,
    number: VersionNumber,
    language: str = "",
    paragraph: ParagraphNumber = 0,
    kind: str = CommentKind.REMARK,
) -> Response:
    """Show the form of a new comment; another wording starts from the paragraph as it reads."""
    reader = context.language
    summary = load_version_summary(context.session, context.actor, output, number, reader)
    rules.ADD_COMMENT.require(
        context.actor, queries.get_circulation_rule_subject(context.session, summary.version, context.actor.entity)
    )
    chosen = summary.choose_text_language(language, reader)
    is_wording = bool(paragraph) and kind == CommentKind.WORDING
    form = CommentForm(
        language=chosen,
        paragraph=str(paragraph),
        kind=CommentKind.WORDING if is_wording else CommentKind.REMARK,
        text=_paragraph_text(context.session, summary, chosen, paragraph) if is_wording else "",
        lang=chosen if is_wording else reader,
    )
    return _render_page(context, summary, None, prefill_form(form))


@router.post(f"{VERSIONS_PATH}/{{number}}/comments", dependencies=PUT_COMMENT_GUARDS)
def put_comment(
    context: WriteContext, output: UUID, number: VersionNumber, form: Annotated[CommentForm, Form()]
) -> Response:
    """Put a comment of the actor's State."""
    summary = load_version_summary(context.session, context.actor, output, number, context.language)
    rules.ADD_COMMENT.require_rule_on_actor(
        context.actor, queries.get_circulation_rule_subject(context.session, summary.version, context.actor.entity)
    )
    entry = parse_form(NewComment, form.model_dump())
    if entry.value is None:
        return _render_page(context, summary, None, entry)
    try:
        with savepoint(context.session):
            comment = comments.add_comment(context.session, context.actor, summary.version, entry.value)
    except (BadRequest, Conflict) as refusal:
        return _render_page(context, summary, None, entry, refusal)
    return context.redirect(f"{summary.here}?language={comment.language}&done=comment#c-{comment.id}")


@router.get(COMMENT_PATH, dependencies=CHANGE_COMMENT_GUARDS)
def show_comment_form(context: ReadContext, output: UUID, comment: UUID) -> Response:
    """Show the form of a comment to change."""
    summary, comment_row = _get_comment(context, output, comment)
    rules.CHANGE_COMMENT.require(
        context.actor, queries.get_comment_rule_subject(context.session, summary.version, comment_row)
    )
    return _render_page(context, summary, comment_row, prefill_form(_read_comment(comment_row)))


@router.post(COMMENT_PATH, dependencies=CHANGE_COMMENT_GUARDS)
def change_comment(
    context: WriteContext,
    output: UUID,
    comment: UUID,
    form: Annotated[CommentForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Save a changed comment."""
    summary, comment_row = _get_comment(context, output, comment)
    rules.CHANGE_COMMENT.require_rule_on_actor(
        context.actor, queries.get_comment_rule_subject(context.session, summary.version, comment_row)
    )
    return submit_form(
        context,
        CommentRewording,
        form.model_dump(include={"text", "lang"}),
        action=lambda rewording: comments.change_comment(
            context.session, context.actor, comment_row, rewording, version=version
        ),
        render=partial(_render_page, context, summary, comment_row),
        done=f"{summary.here}?language={comment_row.language}&done=comment#c-{comment_row.id}",
    )


@router.post(f"{COMMENT_PATH}/take-back", dependencies=CHANGE_COMMENT_GUARDS)
def withdraw_comment(context: WriteContext, output: UUID, comment: UUID, version: VersionField = 0) -> Response:
    """Withdraw a comment."""
    summary, comment_row = _get_comment(context, output, comment)
    rules.CHANGE_COMMENT.require(
        context.actor, queries.get_comment_rule_subject(context.session, summary.version, comment_row)
    )
    refusal = try_action(
        context, lambda: comments.withdraw_comment(context.session, context.actor, comment_row, version=version)
    )
    if refusal:
        return _render_page(context, summary, comment_row, prefill_form(_read_comment(comment_row)), refusal)
    return context.redirect(f"{summary.here}?language={comment_row.language}&done=comment-back#text")


def _get_comment(context: ReadContext, output: UUID, comment: UUID) -> tuple[CirculatedVersionSummary, Comment]:
    """Return a comment that is not withdrawn, and the version it is on. Raises NotFound."""
    comment_row, number = queries.get_comment(context.session, context.actor, output, comment)
    return load_version_summary(context.session, context.actor, output, number, context.language), comment_row


def _read_comment(comment: Comment) -> CommentForm:
    """Return the form with a comment as it is saved."""
    return CommentForm(
        language=comment.language,
        paragraph=str(comment.paragraph),
        kind=comment.kind,
        text=comment.text,
        lang=comment.lang,
    )


def _paragraph_text(session: ReadSession, summary: CirculatedVersionSummary, language: str, paragraph: int) -> str:
    """Return the text of a paragraph. Raises NotFound if it does not exist."""
    paragraphs = queries.read_paragraphs(session, summary.version, language) or []
    if not 0 < paragraph <= len(paragraphs):
        raise NotFound()
    return paragraphs[paragraph - 1]


def _render_page(
    context: ReadContext,
    summary: CirculatedVersionSummary,
    comment: Comment | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form with the typed values; `comment` is the saved one that is changed. Raises NotFound if the
    version has no text in that language."""
    typed = (_read_comment(comment).model_dump() if comment else {}) | dict(entry.typed)
    place = (
        int(typed["paragraph"])
        if typed["paragraph"].isdecimal() and len(typed["paragraph"]) <= MAX_PARAGRAPH_DIGITS
        else 0
    )
    language = typed["language"]
    if language not in {text.language for text in summary.texts}:
        raise NotFound()
    answer = queries.find_last_answer(context.session, comment) if comment else None
    return context.render(
        "web/circulations/comment.html",
        about=summary,
        state=EntityName(context.actor.entity),
        comment=comment,
        now=build_comment_line(comment, summary.version.number, answer) if comment and refusal else None,
        place=place,
        was=_paragraph_text(context.session, summary, language, place) if place else "",
        is_wording=typed["kind"] == CommentKind.WORDING,
        language_choices=LANGUAGE_CHOICES,
        **build_form_page_values(entry, refusal, field="text") | {"typed": typed},
    )
