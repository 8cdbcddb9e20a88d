"""Topics: the list, the documents under each that the reader may see, and how the secretariat edits the list."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES, LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor, Permission
from app.domain.search.inputs import ListFilter, Scope
from app.domain.search.queries import listing as search
from app.domain.topics import actions, queries, rules
from app.domain.topics.inputs import NewTopic, TopicNames
from app.domain.topics.models import Topic
from app.http.authentication import SignedInActor, SignedInFor
from app.http.pagination import ListPage, PageNumber
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.documents.lists import DocumentListLine, load_document_lines
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

EMPTY_TOPIC_NAMES = dict.fromkeys(("code", *LANGUAGES, "basis"), "")


async def topic_name_fields(
    ar: TextField = "",
    zh: TextField = "",
    en: TextField = "",
    fr: TextField = "",
    ru: TextField = "",
    es: TextField = "",
    basis: TextField = "",
) -> dict[str, str]:
    """Collect the names in six languages and the basis, as they were typed."""
    return {"ar": ar, "zh": zh, "en": en, "fr": fr, "ru": ru, "es": es, "basis": basis}


TopicNameFields = Annotated[dict[str, str], Depends(topic_name_fields)]


@router.get("/topics", name="topics", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_topic_list(actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request) -> Response:
    """Show all topics with the number of documents that the reader finds under each."""
    rules.SEE.require(actor, None)
    language, counts = house.templates.negotiate_language(request), search.count_documents_by_topic(session, actor)
    return house.templates.render_response(
        request,
        "web/topics/list.html",
        topics=[
            (topic, localize_title(topic.names, language)[0], counts.get(topic.code, 0))
            for topic in queries.list_topics(session)
        ],
        may_keep=rules.EDIT.allows(actor, None),
    )


@router.get("/topics/new", name="new-topic", dependencies=[Depends(SignedInFor(rules.EDIT))])
def show_new_topic_form(actor: SignedInActor, house: Portal, request: Request) -> Response:
    """Show the form for a new topic."""
    rules.EDIT.require(actor, None)
    return _render_form(house, request, None, ParsedForm(EMPTY_TOPIC_NAMES, None, {}), status=200)


@router.post("/topics", name="add-topic", dependencies=[Depends(SignedInFor(rules.EDIT))])
def add_topic(
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: TopicNameFields,
    code: TextField = "",
) -> Response:
    """Add a topic."""
    rules.EDIT.require(actor, None)
    entry = parse_form(NewTopic, {**typed, "code": code})
    if entry.value is None:
        return _render_form(house, request, None, entry)
    try:
        with savepoint(session):
            topic = actions.add_topic(session, actor, entry.value)
    except BadRequest as refusal:
        return _render_form(house, request, None, ParsedForm(entry.typed, None, {"code": refusal.reason}))
    return RedirectResponse(f"/topics/{topic.code}?done=topic-kept", 303)


@router.get("/topics/{topic}", name="topic", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_topic(
    topic: str,
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
    page_number: PageNumber,
) -> Response:
    """Show a topic and the documents under it that the reader may see."""
    rules.SEE.require(actor, None)
    topic_row, language = queries.get_topic(session, topic), house.templates.negotiate_language(request)
    return house.templates.render_response(
        request,
        "web/topics/show.html",
        topic=topic_row,
        name=localize_title(topic_row.names, language)[0],
        moves=_list_moves(actor, topic_row),
        documents=_load_documents(session, actor, topic_row, language, page_number),
    )


def _load_documents(
    session: ReadSession, actor: Actor, topic: Topic, language: str, number: int
) -> tuple[list[DocumentListLine], ListPage]:
    """Load a page of the documents under a topic, the latest first."""
    statement = search.select_documents(actor, Scope(), ListFilter(topic=topic.code))
    return load_document_lines(session, actor, statement, "-date", number, language, {})


def _list_moves(actor: Actor, topic: Topic) -> dict[str, LazyText]:
    """Return what this actor may do with the topic now, with labels."""
    permissions: dict[str, Permission[Any]] = {"edit": rules.EDIT, "retire": rules.RETIRE, "restore": rules.RESTORE}
    return {name: permission.label for name, permission in permissions.items() if permission.allows(actor, topic)}


@router.get("/topics/{topic}/edit", name="edit-topic", dependencies=[Depends(SignedInFor(rules.EDIT))])
def show_edit_topic_form(
    topic: str, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that renames a topic."""
    rules.EDIT.require(actor, None)
    topic_row = queries.get_topic(session, topic)
    typed = {**EMPTY_TOPIC_NAMES, **topic_row.names, "basis": topic_row.basis}
    return _render_form(house, request, topic_row, ParsedForm(typed, None, {}), status=200)


@router.post("/topics/{topic}", name="change-topic", dependencies=[Depends(SignedInFor(rules.EDIT))])
def rename_topic(
    topic: str,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: TopicNameFields,
    version: VersionField = 0,
) -> Response:
    """Rename a topic."""
    rules.EDIT.require(actor, None)
    topic_row = queries.get_topic(session, topic, lock=True)
    entry = parse_form(TopicNames, typed)
    if entry.value is None:
        return _render_form(house, request, topic_row, entry)
    actions.rename_topic(session, actor, topic_row, entry.value, version=version)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


@router.post("/topics/{topic}/retire", name="retire-topic", dependencies=[Depends(SignedInFor(rules.RETIRE))])
def retire_topic(topic: str, actor: SignedInActor, session: RequestWriteSession) -> Response:
    """Retire a topic."""
    rules.EDIT.require(actor, None)
    topic_row = queries.get_topic(session, topic, lock=True)
    actions.retire_topic(session, actor, topic_row)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


@router.post("/topics/{topic}/restore", name="restore-topic", dependencies=[Depends(SignedInFor(rules.RESTORE))])
def restore_topic(topic: str, actor: SignedInActor, session: RequestWriteSession) -> Response:
    """Restore a retired topic."""
    rules.EDIT.require(actor, None)
    topic_row = queries.get_topic(session, topic, lock=True)
    actions.restore_topic(session, actor, topic_row)
    return RedirectResponse(f"/topics/{topic_row.code}?done=topic-kept", 303)


def _render_form(
    house: PortalState,
    request: Request,
    topic: Topic | None,
    entry: ParsedForm[TopicNames] | ParsedForm[NewTopic],
    *,
    status: int = 400,
) -> Response:
    """Render the form of a topic, a new one if `topic` is None."""
    typed: Mapping[str, object] = {**EMPTY_TOPIC_NAMES, **entry.typed}
    return house.templates.render_response(
        request, "web/topics/edit.html", status=status, topic=topic, typed=typed, errors=entry.errors
    )
