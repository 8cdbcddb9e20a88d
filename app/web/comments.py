"""Comments of a State on a circulated version: putting one, changing it until it is answered, taking it back."""

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
from app.web.entries import EachFieldOnce, Typed, Version, read
from app.web.silence_positions import TONGUES

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PUTS, CHANGES = [Depends(Asks(rules.PUT))], [Depends(Asks(rules.CHANGE))]
ONE = "/outputs/{output}/comments/{comment}"
LONGEST = 5  # digits of the number of a paragraph
Place = Annotated[int, Query(ge=0, le=50_000)]


def comment_fields(
    language: Typed = "", paragraph: Typed = "", kind: Typed = "", text: Typed = "", lang: Typed = ""
) -> dict[str, str]:
    """The form of a comment as it was typed."""
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
    """The form; another wording begins with the paragraph as it reads."""
    reader = house.pages.language(request)
    there = about(session, actor, output, number, reader)
    rules.PUT.require(actor, queries.on(session, there.version, actor.entity))
    chosen = there.text(language, reader)
    is_wording = bool(paragraph) and kind == CommentKind.WORDING
    typed = {
        "language": chosen,
        "paragraph": str(paragraph),
        "kind": CommentKind.WORDING if is_wording else CommentKind.REMARK,
        "text": _was(session, there, chosen, paragraph) if is_wording else "",
        "lang": chosen if is_wording else reader,
    }
    return _page(session, actor, house, request, there, typed)


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
    there = about(session, actor, output, number, house.pages.language(request))
    rules.PUT.require_who(actor, queries.on(session, there.version, actor.entity))
    entry = read(NewComment, typed)
    if entry.made is None:
        return _page(session, actor, house, request, there, typed, errors=entry.errors)
    try:
        with apart(session):
            made = commenting.put(session, actor, there.version, entry.made)
    except Unacceptable as refused:
        return _page(session, actor, house, request, there, typed, errors={"text": refused.reason})
    except Conflict as refused:
        return _page(session, actor, house, request, there, typed, refused=refused)
    return RedirectResponse(f"{there.here}?language={made.language}&done=comment#c-{made.id}", 303)


@router.get(ONE, name="recommenting", dependencies=CHANGES)
def changing(
    output: UUID, comment: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    there, found = _found(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require(actor, queries.on_comment(session, there.version, found))
    return _page(session, actor, house, request, there, _as_it_stands(found), there_is=found)


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
    there, found = _found(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require_who(actor, queries.on_comment(session, there.version, found))
    typed = _as_it_stands(found) | {"text": typed["text"], "lang": typed["lang"]}
    entry = read(Rewording, {"text": typed["text"], "lang": typed["lang"]})
    if entry.made is None:
        return _page(session, actor, house, request, there, typed, there_is=found, errors=entry.errors)
    try:
        with apart(session):
            commenting.change(session, actor, found, entry.made, version=version)
    except Conflict as refused:
        return _page(session, actor, house, request, there, typed, there_is=found, refused=refused)
    return RedirectResponse(f"{there.here}?language={found.language}&done=comment#c-{found.id}", 303)


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
    there, found = _found(session, actor, output, comment, house.pages.language(request))
    rules.CHANGE.require(actor, queries.on_comment(session, there.version, found))
    try:
        with apart(session):
            commenting.take_back(session, actor, found, version=version)
    except Conflict as refused:
        return _page(session, actor, house, request, there, _as_it_stands(found), there_is=found, refused=refused)
    return RedirectResponse(f"{there.here}?language={found.language}&done=comment-back#text", 303)


def _found(session: ReadSession, actor: Actor, output: UUID, comment: UUID, language: str) -> tuple[About, Comment]:
    """A comment that stands, with the version on which it is; or Unknown."""
    found, number = queries.one_comment(session, actor, output, comment)
    return about(session, actor, output, number, language), found


def _as_it_stands(found: Comment) -> dict[str, str]:
    return {
        "language": found.language,
        "paragraph": str(found.paragraph),
        "kind": found.kind,
        "text": found.text,
        "lang": found.lang,
    }


def _was(session: ReadSession, there: About, language: str, paragraph: int) -> str:
    """What the paragraph reads; Unknown if there is no such one."""
    paragraphs = queries.paragraphs(session, there.version, language) or []
    if not 0 < paragraph <= len(paragraphs):
        raise Unknown()
    return paragraphs[paragraph - 1]


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    there: About,
    typed: Mapping[str, str],
    *,
    there_is: Comment | None = None,
    errors: Mapping[str, Text] | None = None,
    refused: Refusal | None = None,
) -> Response:
    """The form with what was typed; `there_is` is the comment that is changed, as it is saved now."""
    place = int(typed["paragraph"]) if typed["paragraph"].isdecimal() and len(typed["paragraph"]) <= LONGEST else 0
    language = typed["language"]
    if language not in {text.language for text in there.texts}:
        raise Unknown()
    answer = queries.last_answer(session, there_is) if there_is else None
    return house.pages.show(
        request,
        "web/circulations/comment.html",
        status=refused.status if refused else 400 if errors else 200,
        about=there,
        state=EntityName(actor.entity),
        comment=there_is,
        now=line(there_is, there.version.number, answer) if there_is and refused else None,
        place=place,
        was=_was(session, there, language, place) if place else "",
        is_wording=typed["kind"] == CommentKind.WORDING,
        tongues=TONGUES,
        typed=typed,
        errors=errors or {},
        refused=refused.reason if refused else None,
    )
