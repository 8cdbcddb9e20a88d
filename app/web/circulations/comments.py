"""Comments of a State on a circulated version: putting one, changing it until it is answered, withdrawing it."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.circulations import queries, rules
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import CommentRewording, NewComment
from app.domain.circulations.models import Comment, CommentKind
from app.http.authentication import EntityName, SignedInFor
from app.http.page_context import ReadContext, WriteContext
from app.web.circulations.pages import VERSIONS_PATH, VersionNumber
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.circulations.circulations import CirculatedVersionSummary, load_version_summary
from app.web.views.circulations.comments import build_comment_line

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PUT_COMMENT_GUARDS, CHANGE_COMMENT_GUARDS = (
    [Depends(SignedInFor(rules.ADD_COMMENT))],
    [Depends(SignedInFor(rules.CHANGE_COMMENT))],
)
COMMENT_PATH = "/outputs/{output}/comments/{comment}"
MAX_PARAGRAPH_DIGITS = 5  # in the number of a paragraph
ParagraphNumber = Annotated[int, Query(ge=0, le=50_000)]


def comment_form_fields(
    language: TextField = "",
    paragraph: TextField = "",
    kind: TextField = "",
    text: TextField = "",
    lang: TextField = "",
) -> dict[str, str]:
    """Return the form fields of a comment as typed."""
    return {"language": language, "paragraph": paragraph, "kind": kind, "text": text, "lang": lang}


CommentFormFields = Annotated[dict[str, str], Depends(comment_form_fields)]


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
        context.actor, queries.get_circulation_state(context.session, summary.version, context.actor.entity)
    )
    chosen = summary.choose_text_language(language, reader)
    is_wording = bool(paragraph) and kind == CommentKind.WORDING
    typed = {
        "language": chosen,
        "paragraph": str(paragraph),
        "kind": CommentKind.WORDING if is_wording else CommentKind.REMARK,
        "text": _paragraph_text(context.session, summary, chosen, paragraph) if is_wording else "",
        "lang": chosen if is_wording else reader,
    }
    return _render_page(context, summary, typed)


@router.post(f"{VERSIONS_PATH}/{{number}}/comments", dependencies=PUT_COMMENT_GUARDS)
def put_comment(context: WriteContext, output: UUID, number: VersionNumber, typed: CommentFormFields) -> Response:
    """Put a comment of the actor's State."""
    summary = load_version_summary(context.session, context.actor, output, number, context.language)
    rules.ADD_COMMENT.require_actor(
        context.actor, queries.get_circulation_state(context.session, summary.version, context.actor.entity)
    )
    entry = parse_form(NewComment, typed)
    if entry.value is None:
        return _render_page(context, summary, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            comment = comments.add_comment(context.session, context.actor, summary.version, entry.value)
    except BadRequest as error:
        return _render_page(context, summary, typed, errors={"text": error.reason})
    except Conflict as error:
        return _render_page(context, summary, typed, refused=error)
    return context.redirect(f"{summary.here}?language={comment.language}&done=comment#c-{comment.id}")


@router.get(COMMENT_PATH, dependencies=CHANGE_COMMENT_GUARDS)
def show_comment_form(context: ReadContext, output: UUID, comment: UUID) -> Response:
    """Show the form of a comment to change."""
    summary, comment_row = _get_comment(context.session, context.actor, output, comment, context.language)
    rules.CHANGE_COMMENT.require(
        context.actor, queries.get_comment_state(context.session, summary.version, comment_row)
    )
    return _render_page(context, summary, _current_form_fields(comment_row), comment=comment_row)


@router.post(COMMENT_PATH, dependencies=CHANGE_COMMENT_GUARDS)
def change_comment(
    context: WriteContext, output: UUID, comment: UUID, typed: CommentFormFields, version: VersionField = 0
) -> Response:
    """Save a changed comment."""
    summary, comment_row = _get_comment(context.session, context.actor, output, comment, context.language)
    rules.CHANGE_COMMENT.require_actor(
        context.actor, queries.get_comment_state(context.session, summary.version, comment_row)
    )
    typed = _current_form_fields(comment_row) | {"text": typed["text"], "lang": typed["lang"]}
    entry = parse_form(CommentRewording, {"text": typed["text"], "lang": typed["lang"]})
    if entry.value is None:
        return _render_page(context, summary, typed, comment=comment_row, errors=entry.errors)
    try:
        with savepoint(context.session):
            comments.change_comment(context.session, context.actor, comment_row, entry.value, version=version)
    except Conflict as error:
        return _render_page(context, summary, typed, comment=comment_row, refused=error)
    return context.redirect(f"{summary.here}?language={comment_row.language}&done=comment#c-{comment_row.id}")


@router.post(f"{COMMENT_PATH}/take-back", dependencies=CHANGE_COMMENT_GUARDS)
def withdraw_comment(context: WriteContext, output: UUID, comment: UUID, version: VersionField = 0) -> Response:
    """Withdraw a comment."""
    summary, comment_row = _get_comment(context.session, context.actor, output, comment, context.language)
    rules.CHANGE_COMMENT.require(
        context.actor, queries.get_comment_state(context.session, summary.version, comment_row)
    )
    try:
        with savepoint(context.session):
            comments.withdraw_comment(context.session, context.actor, comment_row, version=version)
    except Conflict as error:
        return _render_page(
            context,
            summary,
            _current_form_fields(comment_row),
            comment=comment_row,
            refused=error,
        )
    return context.redirect(f"{summary.here}?language={comment_row.language}&done=comment-back#text")


def _get_comment(
    session: ReadSession, actor: Actor, output: UUID, comment: UUID, language: str
) -> tuple[CirculatedVersionSummary, Comment]:
    """Return a comment that is not withdrawn, and the version it is on. Raises NotFound."""
    comment_row, number = queries.get_comment(session, actor, output, comment)
    return load_version_summary(session, actor, output, number, language), comment_row


def _current_form_fields(comment: Comment) -> dict[str, str]:
    return {
        "language": comment.language,
        "paragraph": str(comment.paragraph),
        "kind": comment.kind,
        "text": comment.text,
        "lang": comment.lang,
    }


def _paragraph_text(session: ReadSession, summary: CirculatedVersionSummary, language: str, paragraph: int) -> str:
    """Return the text of a paragraph. Raises NotFound if it does not exist."""
    paragraphs = queries.read_paragraphs(session, summary.version, language) or []
    if not 0 < paragraph <= len(paragraphs):
        raise NotFound()
    return paragraphs[paragraph - 1]


def _render_page(
    context: ReadContext,
    summary: CirculatedVersionSummary,
    typed: Mapping[str, str],
    *,
    comment: Comment | None = None,
    errors: Mapping[str, LazyText] | None = None,
    refused: DomainError | None = None,
) -> Response:
    """Render the form with the typed values; `comment` is the saved one that is changed. Raises NotFound if the
    version has no text in that language."""
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
        status=refused.status if refused else 400 if errors else 200,
        about=summary,
        state=EntityName(context.actor.entity),
        comment=comment,
        now=build_comment_line(comment, summary.version.number, answer) if comment and refused else None,
        place=place,
        was=_paragraph_text(context.session, summary, language, place) if place else "",
        is_wording=typed["kind"] == CommentKind.WORDING,
        language_choices=LANGUAGE_CHOICES,
        typed=typed,
        errors=errors or {},
        refused=refused.reason if refused else None,
    )
