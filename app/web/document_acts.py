"""Actions on a registered document: translate, relate, open, correct, withdraw, declare void.

Each has a show_page that says what will happen and asks for what is needed, and a form that does it.
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse, Writing
from app.core.errors import Refusal, Unacceptable, Unknown
from app.core.i18n import say
from app.core.journal import apart
from app.domain.documents import actions, queries, rules
from app.domain.documents.inputs import Because, Correction, Opening, Related, Translation
from app.domain.documents.models import Document
from app.domain.scans import queries as scans
from app.web.document_forms import act_page, done, or_ask_again, take_back_page
from app.web.editions import named_by, slug
from app.web.entries import EachFieldOnce, Entry, NamesSent, Typed, Version, file_of, read
from app.web.receiving import NO_FILE, OfferedFile, settle, take

router = APIRouter(dependencies=[Depends(EachFieldOnce("topics"))])

NO_SUCH_SYMBOL = say("There is no document with this symbol, or it is not yours to see.")


def ask(act: str) -> None:
    """Add the show_page of one action of `rules.MOVES`."""
    permission = rules.MOVES[act].permission

    @router.get(f"/documents/{{document}}/{act}", name=f"{act}-asking", dependencies=[Depends(Asks(permission))])
    def show_page(document: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
        """Show the page of the action."""
        document_row = queries.one_visible(session, actor, document)
        permission.require(actor, document_row)
        return act_page(session, house, request, document_row, act)


def end(act: str, do: Callable[..., None]) -> None:
    """Add the form of an action that ends a document, with a reason."""
    permission = rules.MOVES[act].permission

    @router.post(f"/documents/{{document}}/{act}", name=act, dependencies=[Depends(Asks(permission))])
    def end_document(
        document: UUID,
        actor: SignedIn,
        session: Writing,
        house: TheHouse,
        request: Request,
        version: Version = 0,
        reason: Typed = "",
    ) -> Response:
        """Withdraw the document or declare it void."""
        document_row = queries.one_visible(session, actor, document)
        permission.require(actor, document_row)
        entry = read(Because, {"reason": reason})
        if entry.made is None:
            return act_page(session, house, request, document_row, act, entry)
        do(session, actor, document_row, entry.made, version=version)
        return done(document_row)


for _act in ("relate", "open", "correct", "withdraw", "void"):
    ask(_act)
end("withdraw", actions.withdraw)
end("void", actions.void)


@router.get(
    "/documents/{document}/{edition:edition}/translate",
    name="translating-document",
    dependencies=[Depends(Asks(rules.TRANSLATE))],
)
def translating(
    document: UUID,
    edition: str,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    language: str = "",
) -> Response:
    """Show the form that adds a translation of an edition.

    `language` is preselected; the list of due translations links here with it.
    """
    document_row = queries.one_visible(session, actor, document)
    rules.TRANSLATE.require(actor, document_row)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    return act_page(session, house, request, document_row, "translate", edition=edition_row, language=language)


@router.post(
    "/documents/{document}/{edition:edition}/translate",
    name="translate-document",
    dependencies=[Depends(Asks(rules.TRANSLATE))],
)
def translate(
    document: UUID,
    edition: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    given: OfferedFile,
    language: Typed = "",
    title: Typed = "",
) -> Response:
    """Add a translation of an edition; on a refusal show the form again.

    Raises Conflict if the file waits for the virus scanner or is infected, which rolls everything back.
    """
    document_row = queries.one_visible(session, actor, document)
    rules.TRANSLATE.require(actor, document_row)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    entry = read(Translation, {"language": language, "title": title})
    if entry.made is None:
        return act_page(session, house, request, document_row, "translate", entry, edition=edition_row)
    try:
        accepted_file = take(session, actor, house, request, document_row.body_id, given)
        if accepted_file is None:
            raise Unacceptable(NO_FILE)
        text = file_of(entry.made.language, accepted_file.file)
        with apart(session):
            actions.translate(session, actor, document_row, edition_row, text, title=entry.made.title)
    except Refusal as refusal:
        return act_page(session, house, request, document_row, "translate", entry, edition=edition_row, refused=refusal)
    settle(session, actor, accepted_file)
    scans.insist_on_checked(session, [text.sha256])  # everybody is about to see the file
    return done(document_row, f"/{slug(edition_row)}")


@router.post("/documents/{document}/relate", name="relate-document", dependencies=[Depends(Asks(rules.RELATE))])
def relate(
    document: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    kind: Typed = "",
    symbol: Typed = "",
) -> Response:
    """Record a relation to the document with that symbol."""
    document_row = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, document_row)
    entry = read(Related, {"kind": kind, "symbol": symbol})
    if entry.made is None:
        return act_page(session, house, request, document_row, "relate", entry)
    try:
        with apart(session):
            other = session.get_one(Document, queries.by_symbol(session, actor, entry.made.symbol).document_id)
            actions.relate(session, actor, document_row, entry.made.kind, other)
    except (Unknown, Unacceptable) as refusal:
        message = NO_SUCH_SYMBOL if isinstance(refusal, Unknown) else refusal.reason
        return act_page(session, house, request, document_row, "relate", Entry(entry.typed, None, {"symbol": message}))
    return done(document_row)


@router.get(
    "/documents/{document}/relations/{relation}/take-back",
    name="taking-back-relation",
    dependencies=[Depends(Asks(rules.RELATE))],
)
def taking_back(
    document: UUID, relation: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the page that asks why a relation is revoked."""
    document_row = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, document_row)
    relation_row, other = queries.one_relation(session, actor, document_row, relation)
    return take_back_page(house, request, document_row, relation_row, other)


@router.post(
    "/documents/{document}/relations/{relation}/take-back",
    name="take-back-relation",
    dependencies=[Depends(Asks(rules.RELATE))],
)
def take_back(
    document: UUID,
    relation: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    reason: Typed = "",
) -> Response:
    """Revoke a relation with a reason."""
    document_row = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, document_row)
    relation_row, other = queries.one_relation(session, actor, document_row, relation)
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return take_back_page(house, request, document_row, relation_row, other, entry)
    actions.take_back(session, actor, document_row, relation_row, entry.made)
    return done(document_row)


@router.post("/documents/{document}/open", name="open-document", dependencies=[Depends(Asks(rules.OPEN))])
def reclassify(
    document: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version = 0,
    access: Typed = "",
    reason: Typed = "",
) -> Response:
    """Change the access of a document."""
    document_row = queries.one_visible(session, actor, document)
    rules.OPEN.require(actor, document_row)
    entry = read(Opening, {"access": access, "reason": reason})
    if entry.made is None:
        return act_page(session, house, request, document_row, "open", entry)
    access_change = entry.made
    return or_ask_again(
        session,
        house,
        request,
        document_row,
        "open",
        entry,
        "access",
        lambda: actions.reclassify(session, actor, document_row, access_change, version=version),
    )


@router.post("/documents/{document}/correct", name="correct-document", dependencies=[Depends(Asks(rules.CORRECT))])
def correct(
    document: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    sent: NamesSent,
    version: Version = 0,
    language: Typed = "",
    title: Typed = "",
    abstract: Typed = "",
    topics: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    reason: Typed = "",
) -> Response:
    """Correct title, abstract or topics. An abstract that was sent empty is removed, one that was not sent stays."""
    document_row = queries.one_visible(session, actor, document)
    rules.CORRECT.require(actor, document_row)
    typed = {"language": language, "title": title, "abstract": abstract, "topics": topics, "reason": reason}
    entry = read(Correction, typed)
    if entry.made is None:
        return act_page(session, house, request, document_row, "correct", entry)
    cleared = {"abstract": ""} if abstract == "" and "abstract" in sent else {}
    correction = entry.made.model_copy(update=cleared)
    return or_ask_again(
        session,
        house,
        request,
        document_row,
        "correct",
        entry,
        "title",
        lambda: actions.correct(session, actor, document_row, correction, version=version),
    )
