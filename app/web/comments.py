"""Comments of a State on a circulated version: putting one, changing it until it is answered, withdrawing it."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Refusal, Unacceptable, Unknown
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.circulations import commenting, queries, rules
from app.domain.circulations.inputs import NewComment, Rewording
from app.domain.circulations.models import Comment, CommentKind
from app.web.circulation_view import About, about
from app.web.circulations import HERE, Number
from app.web.comment_view import line
from app.web.entries import TONGUES, EachFieldOnce, Typed, Version, read

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PUTS, CHANGES = [Depends(Asks(rules.PUT))], [Depends(Asks(rules.CHANGE))]
ONE = "/outputs/{output}/comments/{comment}"
LONGEST = 5  # in the number of a paragraph
Place = Annotated[int, Query(ge=0, le=50_000)]


def comment_fields(
    language: Typed = "", paragraph: Typed = "", kind: Typed = "", text: Typed = "", lang: Typed = ""
) -> dict[str, str]:
    """Return the form fields of a comment as typed."""
    return {"language": language, "paragraph": paragraph, "kind": kind, "text": text, "lang": lang}


CommentFields = Annotated[dict[str, str], Depends(comment_fields)]


@router.get(f"{HERE}/{{number}}/comment", name="commenting", dependencies=PUTS)
def commenting_one(
    output: UUID,
    number: Number,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    language: str = "",
    paragraph: Place = 0,
    kind: str = CommentKind.REMARK,
) -> Response:
    """Show the form of a new comment; another wording starts from the paragraph as it reads."""
    reader = house.pages.language(request)
    summary = about(session, actor, output, number, reader)
    rules.PUT.require(actor, queries.on(session, summary.version, actor.entity))
    chosen = summary.text(language, reader)
    is_wording = bool(paragraph) and kind == CommentKind.WORDING
    typed = {
        "language": chosen,
        "paragraph": str(paragraph),
        "kind": CommentKind.WORDING if is_wording else CommentKind.REMARK,
        "text": _paragraph_text(session, summary, chosen, paragraph) if is_wording else "",
        "lang": chosen if is_wording else reader,
    }
    return _render_page(session, actor, house, request, summary, typed)


@router.post(f"{HERE}/{{number}}/comments", name="put-comment", dependencies=PUTS)
def put(
    output: UUID,
    number: Number,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: CommentFields,
) -> Response:
    """Put a comment of the actor's State."""
    summary = about(session, actor, output, number, house.pages.language(request))
    rules.PUT.require_who(actor, queries.on(session, summary.version, actor.entity))
    entry = read(NewComment, typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, summary, typed, errors=entry.errors)
    try:
        with apart(session):
            comment = commenting.put(session, actor, summary.version, entry.made)
    except Unacceptable as error:
        return _render_page(session, actor, house, request, summary, typed, errors={"text": error.reason})
    except Conflict as error:
        return _render_page(session, actor, house, request, summary, typed, refused=error)
    return RedirectResponse(f"{summary.here}?language={comment.language}&done=comment#c-{comment.id}", 303)


@router.get(ONE, name="recommenting", dependencies=CHANGES)
def changing(
    output: UUID, comment: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of a comment to change."""
    summary, comment_row = _get_comment(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require(actor, queries.on_comment(session, summary.version, comment_row))
    return _render_page(session, actor, house, request, summary, _current_form_fields(comment_row), comment=comment_row)


@router.post(ONE, name="change-comment", dependencies=CHANGES)
def change(
    output: UUID,
    comment: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: CommentFields,
    version: Version = 0,
) -> Response:
    """Save a changed comment."""
    summary, comment_row = _get_comment(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require_who(actor, queries.on_comment(session, summary.version, comment_row))
    typed = _current_form_fields(comment_row) | {"text": typed["text"], "lang": typed["lang"]}
    entry = read(Rewording, {"text": typed["text"], "lang": typed["lang"]})
    if entry.made is None:
        return _render_page(session, actor, house, request, summary, typed, comment=comment_row, errors=entry.errors)
    try:
        with apart(session):
            commenting.change(session, actor, comment_row, entry.made, version=version)
    except Conflict as error:
        return _render_page(session, actor, house, request, summary, typed, comment=comment_row, refused=error)
    return RedirectResponse(f"{summary.here}?language={comment_row.language}&done=comment#c-{comment_row.id}", 303)


@router.post(f"{ONE}/take-back", name="take-back-comment", dependencies=CHANGES)
def take_back(
    output: UUID,
    comment: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version = 0,
) -> Response:
    """Withdraw a comment."""
    summary, comment_row = _get_comment(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require(actor, queries.on_comment(session, summary.version, comment_row))
    try:
        with apart(session):
            commenting.take_back(session, actor, comment_row, version=version)
    except Conflict as error:
        return _render_page(
            session,
            actor,
            house,
            request,
            summary,
            _current_form_fields(comment_row),
            comment=comment_row,
            refused=error,
        )
    return RedirectResponse(f"{summary.here}?language={comment_row.language}&done=comment-back#text", 303)


def _get_comment(
    session: ReadSession, actor: Actor, output: UUID, comment: UUID, language: str
) -> tuple[About, Comment]:
    """Return a comment that is not withdrawn, and the version it is on. Raises NotFound."""
    comment_row, number = queries.one_comment(session, actor, output, comment)
    return about(session, actor, output, number, language), comment_row


def _current_form_fields(comment: Comment) -> dict[str, str]:
    return {
        "language": comment.language,
        "paragraph": str(comment.paragraph),
        "kind": comment.kind,
        "text": comment.text,
        "lang": comment.lang,
    }


def _paragraph_text(session: ReadSession, summary: About, language: str, paragraph: int) -> str:
    """Return the text of a paragraph. Raises NotFound if it does not exist."""
    paragraphs = queries.paragraphs(session, summary.version, language) or []
    if not 0 < paragraph <= len(paragraphs):
        raise Unknown()
    return paragraphs[paragraph - 1]


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    summary: About,
    typed: Mapping[str, str],
    *,
    comment: Comment | None = None,
    errors: Mapping[str, Text] | None = None,
    refused: Refusal | None = None,
) -> Response:
    """Render the form with the typed values; `comment` is the saved one that is changed. Raises NotFound if the
    version has no text in that language."""
    place = int(typed["paragraph"]) if typed["paragraph"].isdecimal() and len(typed["paragraph"]) <= LONGEST else 0
    language = typed["language"]
    if language not in {text.language for text in summary.texts}:
        raise Unknown()
    answer = queries.last_answer(session, comment) if comment else None
    return house.pages.show(
        request,
        "web/circulations/comment.html",
        status=refused.status if refused else 400 if errors else 200,
        about=summary,
        state=EntityName(actor.entity),
        comment=comment,
        now=line(comment, summary.version.number, answer) if comment and refused else None,
        place=place,
        was=_paragraph_text(session, summary, language, place) if place else "",
        is_wording=typed["kind"] == CommentKind.WORDING,
        tongues=TONGUES,
        typed=typed,
        errors=errors or {},
        refused=refused.reason if refused else None,
    )
