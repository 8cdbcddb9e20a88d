"""Topics: the list, the documents under each that the reader may see, and how the secretariat edits the list."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.paging import Page, PageNumber
from app.core.access import Actor, Permission
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import LANGUAGES, Text
from app.core.journal import apart
from app.domain.finding import queries as finding
from app.domain.finding.inputs import Wanted, Within
from app.domain.subjects import actions, queries, rules
from app.domain.subjects.inputs import Names, NewTopic
from app.domain.subjects.models import Topic
from app.web.document_lists import Line, paged
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

EMPTY = dict.fromkeys(("code", *LANGUAGES, "basis"), "")


async def name_fields(
    ar: Typed = "", zh: Typed = "", en: Typed = "", fr: Typed = "", ru: Typed = "", es: Typed = "", basis: Typed = ""
) -> dict[str, str]:
    """Collect the names in six languages and the basis, as they were typed."""
    return {"ar": ar, "zh": zh, "en": en, "fr": fr, "ru": ru, "es": es, "basis": basis}


NameFields = Annotated[dict[str, str], Depends(name_fields)]


@router.get("/topics", name="topics", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show all topics with the number of documents that the reader finds under each."""
    rules.SEE.require(actor, None)
    language, counts = house.pages.language(request), finding.under_topics(session, actor)
    return house.pages.show(
        request,
        "web/topics/list.html",
        topics=[
            (topic, in_language(topic.names, language)[0], counts.get(topic.code, 0))
            for topic in queries.listed(session)
        ],
        may_keep=rules.KEEP.allows(actor, None),
    )


@router.get("/topics/new", name="new-topic", dependencies=[Depends(Asks(rules.KEEP))])
def new(actor: SignedIn, house: TheHouse, request: Request) -> Response:
    """Show the form for a new topic."""
    rules.KEEP.require(actor, None)
    return _render_form(house, request, None, Entry(EMPTY, None, {}), status=200)


@router.post("/topics", name="add-topic", dependencies=[Depends(Asks(rules.KEEP))])
def add(
    actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: NameFields, code: Typed = ""
) -> Response:
    """Add a topic."""
    rules.KEEP.require(actor, None)
    entry = read(NewTopic, {**typed, "code": code})
    if entry.made is None:
        return _render_form(house, request, None, entry)
    try:
        with apart(session):
            topic = actions.add(session, actor, entry.made)
    except Unacceptable as refusal:
        return _render_form(house, request, None, Entry(entry.typed, None, {"code": refusal.reason}))
    return RedirectResponse(f"/topics/{topic.code}?done=topic-kept", 303)


@router.get("/topics/{topic}", name="topic", dependencies=[Depends(Asks(rules.SEE))])
def show(
    topic: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request, number: PageNumber
) -> Response:
    """Show a topic and the documents under it that the reader may see."""
    rules.SEE.require(actor, None)
    topic_row, language = queries.one(session, topic), house.pages.language(request)
    return house.pages.show(
        request,
        "web/topics/show.html",
        topic=topic_row,
        name=in_language(topic_row.names, language)[0],
        moves=_list_moves(actor, topic_row),
        documents=_load_documents(session, actor, topic_row, language, number),
    )


def _load_documents(
    session: ReadSession, actor: Actor, topic: Topic, language: str, number: int
) -> tuple[list[Line], Page]:
    """Load a page of the documents under a topic, the latest first."""
    statement = finding.wanted_of(actor, Within(), Wanted(topic=topic.code))
    return paged(session, actor, statement, "-date", number, language, {})


def _list_moves(actor: Actor, topic: Topic) -> dict[str, Text]:
    """Return what this actor may do with the topic now, with labels."""
    permissions: dict[str, Permission[Any]] = {"edit": rules.KEEP, "retire": rules.RETIRE, "restore": rules.RESTORE}
    return {name: permission.words for name, permission in permissions.items() if permission.allows(actor, topic)}


@router.get("/topics/{topic}/edit", name="edit-topic", dependencies=[Depends(Asks(rules.KEEP))])
def edit(topic: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that renames a topic."""
    rules.KEEP.require(actor, None)
    topic_row = queries.one(session, topic)
    typed = {**EMPTY, **topic_row.names, "basis": topic_row.basis}
    return _render_form(house, request, topic_row, Entry(typed, None, {}), status=200)


@router.post("/topics/{topic}", name="change-topic", dependencies=[Depends(Asks(rules.KEEP))])
def change(
    topic: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: NameFields,
    version: Version = 0,
) -> Response:
    """Rename a topic."""
    rules.KEEP.require(actor, None)
    topic_row = queries.one(session, topic, lock=True)
    entry = read(Names, typed)
    if entry.made is None:
        return _render_form(house, request, topic_row, entry)
    actions.rename(session, actor, topic_row, entry.made, version=version)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


@router.post("/topics/{topic}/retire", name="retire-topic", dependencies=[Depends(Asks(rules.RETIRE))])
def retire(topic: str, actor: SignedIn, session: Writing) -> Response:
    """Retire a topic."""
    rules.KEEP.require(actor, None)
    topic_row = queries.one(session, topic, lock=True)
    actions.retire(session, actor, topic_row)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


@router.post("/topics/{topic}/restore", name="restore-topic", dependencies=[Depends(Asks(rules.RESTORE))])
def restore(topic: str, actor: SignedIn, session: Writing) -> Response:
    """Restore a retired topic."""
    rules.KEEP.require(actor, None)
    topic_row = queries.one(session, topic, lock=True)
    actions.restore(session, actor, topic_row)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


def _render_form(
    house: House,
    request: Request,
    topic: Topic | None,
    entry: Entry[Names] | Entry[NewTopic],
    *,
    status: int = 400,
) -> Response:
    """Render the form of a topic, a new one if `topic` is None."""
    typed: Mapping[str, object] = {**EMPTY, **entry.typed}
    return house.pages.show(
        request, "web/topics/edit.html", status=status, topic=topic, typed=typed, errors=entry.errors
    )
