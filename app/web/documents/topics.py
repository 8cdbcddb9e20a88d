"""Topics: the list, the documents under each that the reader may see, and how the secretariat edits the list."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

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
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.http.portal_state import Portal, PortalState
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


@router.get("/topics", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_topic_list(context: ReadContext) -> Response:
    """Show all topics with the number of documents that the reader finds under each."""
    rules.SEE.require(context.actor, None)
    language, counts = context.language, search.count_documents_by_topic(context.session, context.actor)
    return context.render(
        "web/topics/list.html",
        topics=[
            (topic, localize_title(topic.names, language)[0], counts.get(topic.code, 0))
            for topic in queries.list_topics(context.session)
        ],
        may_keep=rules.EDIT.allows(context.actor, None),
    )


@router.get("/topics/new", dependencies=[Depends(SignedInFor(rules.EDIT))])
def show_new_topic_form(actor: SignedInActor, portal: Portal, request: Request) -> Response:
    """Show the form for a new topic."""
    rules.EDIT.require(actor, None)
    return _render_form(portal, request, None, ParsedForm(EMPTY_TOPIC_NAMES, None, {}), status=200)


@router.post("/topics", dependencies=[Depends(SignedInFor(rules.EDIT))])
def add_topic(context: WriteContext, typed: TopicNameFields, code: TextField = "") -> Response:
    """Add a topic."""
    rules.EDIT.require(context.actor, None)
    entry = parse_form(NewTopic, {**typed, "code": code})
    if entry.value is None:
        return _render_form(context.portal, context.request, None, entry)
    try:
        with savepoint(context.session):
            topic = actions.add_topic(context.session, context.actor, entry.value)
    except BadRequest as refusal:
        return _render_form(
            context.portal, context.request, None, ParsedForm(entry.typed, None, {"code": refusal.reason})
        )
    return context.redirect(f"/topics/{topic.code}?done=topic-kept")


@router.get("/topics/{topic}", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_topic(context: ReadContext, topic: str, page_number: PageNumber) -> Response:
    """Show a topic and the documents under it that the reader may see."""
    rules.SEE.require(context.actor, None)
    topic_row, language = queries.get_topic(context.session, topic), context.language
    return context.render(
        "web/topics/show.html",
        topic=topic_row,
        name=localize_title(topic_row.names, language)[0],
        moves=_list_moves(context.actor, topic_row),
        documents=_load_documents(context.session, context.actor, topic_row, language, page_number),
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


@router.get("/topics/{topic}/edit", dependencies=[Depends(SignedInFor(rules.EDIT))])
def show_edit_topic_form(context: ReadContext, topic: str) -> Response:
    """Show the form that renames a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic)
    typed = {**EMPTY_TOPIC_NAMES, **topic_row.names, "basis": topic_row.basis}
    return _render_form(context.portal, context.request, topic_row, ParsedForm(typed, None, {}), status=200)


@router.post("/topics/{topic}", dependencies=[Depends(SignedInFor(rules.EDIT))])
def rename_topic(context: WriteContext, topic: str, typed: TopicNameFields, version: VersionField = 0) -> Response:
    """Rename a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    entry = parse_form(TopicNames, typed)
    if entry.value is None:
        return _render_form(context.portal, context.request, topic_row, entry)
    actions.rename_topic(context.session, context.actor, topic_row, entry.value, version=version)
    return context.redirect(f"/topics/{topic_row.code}?done=topic-kept")


@router.post("/topics/{topic}/retire", dependencies=[Depends(SignedInFor(rules.RETIRE))])
def retire_topic(context: WriteContext, topic: str) -> Response:
    """Retire a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    actions.retire_topic(context.session, context.actor, topic_row)
    return context.redirect(f"/topics/{topic_row.code}?done=topic-kept")


@router.post("/topics/{topic}/restore", dependencies=[Depends(SignedInFor(rules.RESTORE))])
def restore_topic(context: WriteContext, topic: str) -> Response:
    """Restore a retired topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    actions.restore_topic(context.session, context.actor, topic_row)
    return context.redirect(f"/topics/{topic_row.code}?done=topic-kept")


def _render_form(
    portal: PortalState,
    request: Request,
    topic: Topic | None,
    entry: ParsedForm[TopicNames] | ParsedForm[NewTopic],
    *,
    status: int = 400,
) -> Response:
    """Render the form of a topic, a new one if `topic` is None."""
    typed: Mapping[str, object] = {**EMPTY_TOPIC_NAMES, **entry.typed}
    return portal.templates.render_response(
        request, "web/topics/edit.html", status=status, topic=topic, typed=typed, errors=entry.errors
    )
