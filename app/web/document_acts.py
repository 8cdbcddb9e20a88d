"""What may be done with a registered document: translate, relate, open, correct, withdraw, declare void.

Each has a page that says what will happen and asks for what is needed, and a form that does it.
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
    """The page of an act of `rules.MOVES`."""
    permission = rules.MOVES[act].permission

    @router.get(f"/documents/{{document}}/{act}", name=f"{act}-asking", dependencies=[Depends(Asks(permission))])
    def page(document: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
        found = queries.one_visible(session, actor, document)
        permission.require(actor, found)
        return act_page(session, house, request, found, act)


def end(act: str, do: Callable[..., None]) -> None:
    """An act that ends a document, with a reason."""
    permission = rules.MOVES[act].permission

    @router.post(f"/documents/{{document}}/{act}", name=act, dependencies=[Depends(Asks(permission))])
    def decide(
        document: UUID,
        actor: SignedIn,
        session: Writing,
        house: TheHouse,
        request: Request,
        version: Version = 0,
        reason: Typed = "",
    ) -> Response:
        found = queries.one_visible(session, actor, document)
        permission.require(actor, found)
        entry = read(Because, {"reason": reason})
        if entry.made is None:
            return act_page(session, house, request, found, act, entry)
        do(session, actor, found, entry.made, version=version)
        return done(found)


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
    """`language` is the one that is chosen to begin with, where a list of what is missing leads here."""
    found = queries.one_visible(session, actor, document)
    rules.TRANSLATE.require(actor, found)
    wanted = queries.one_edition(session, found, *named_by(edition))
    return act_page(session, house, request, found, "translate", edition=wanted, language=language)


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
    found = queries.one_visible(session, actor, document)
    rules.TRANSLATE.require(actor, found)
    wanted = queries.one_edition(session, found, *named_by(edition))
    entry = read(Translation, {"language": language, "title": title})
    if entry.made is None:
        return act_page(session, house, request, found, "translate", entry, edition=wanted)
    try:
        taken = take(session, actor, house, request, found.body_id, given)
        if taken is None:
            raise Unacceptable(NO_FILE)
        text = file_of(entry.made.language, taken.file)
        with apart(session):
            actions.translate(session, actor, found, wanted, text, title=entry.made.title)
    except Refusal as refused:
        return act_page(session, house, request, found, "translate", entry, edition=wanted, refused=refused)
    settle(session, actor, taken)
    scans.insist_on_checked(session, [text.sha256])  # what everybody is about to see; otherwise all of it is undone
    return done(found, f"/{slug(wanted)}")


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
    found = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, found)
    entry = read(Related, {"kind": kind, "symbol": symbol})
    if entry.made is None:
        return act_page(session, house, request, found, "relate", entry)
    try:
        with apart(session):
            other = session.get_one(Document, queries.by_symbol(session, actor, entry.made.symbol).document_id)
            actions.relate(session, actor, found, entry.made.kind, other)
    except (Unknown, Unacceptable) as refused:
        words = NO_SUCH_SYMBOL if isinstance(refused, Unknown) else refused.reason
        return act_page(session, house, request, found, "relate", Entry(entry.typed, None, {"symbol": words}))
    return done(found)


@router.get(
    "/documents/{document}/relations/{relation}/take-back",
    name="taking-back-relation",
    dependencies=[Depends(Asks(rules.RELATE))],
)
def taking_back(
    document: UUID, relation: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, found)
    stated, other = queries.one_relation(session, actor, found, relation)
    return take_back_page(house, request, found, stated, other)


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
    found = queries.one_visible(session, actor, document)
    rules.RELATE.require(actor, found)
    stated, other = queries.one_relation(session, actor, found, relation)
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return take_back_page(house, request, found, stated, other, entry)
    actions.take_back(session, actor, found, stated, entry.made)
    return done(found)


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
    found = queries.one_visible(session, actor, document)
    rules.OPEN.require(actor, found)
    entry = read(Opening, {"access": access, "reason": reason})
    if entry.made is None:
        return act_page(session, house, request, found, "open", entry)
    made = entry.made
    return or_ask_again(
        session,
        house,
        request,
        found,
        "open",
        entry,
        "access",
        lambda: actions.reclassify(session, actor, found, made, version=version),
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
    found = queries.one_visible(session, actor, document)
    rules.CORRECT.require(actor, found)
    typed = {"language": language, "title": title, "abstract": abstract, "topics": topics, "reason": reason}
    entry = read(Correction, typed)
    if entry.made is None:
        return act_page(session, house, request, found, "correct", entry)
    emptied = {"abstract": ""} if abstract == "" and "abstract" in sent else {}
    made = entry.made.model_copy(update=emptied)
    return or_ask_again(
        session,
        house,
        request,
        found,
        "correct",
        entry,
        "title",
        lambda: actions.correct(session, actor, found, made, version=version),
    )
