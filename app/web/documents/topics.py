"""Topics: the list, the documents under each that the reader may see, and how the secretariat edits the list."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.permissions import Actor, Permission
from app.domain.notifications.models import FollowedKind
from app.domain.notifications.queries.followed import is_following
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_counts, document_filters
from app.domain.topics import actions, queries, rules
from app.domain.topics.inputs import NewTopic, TopicNames
from app.domain.topics.models import Topic
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.by_language import TextsByLanguageForm
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.documents.lines import DocumentListLine, load_document_lines
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class TopicNamesForm(TextsByLanguageForm):
    """The names of a topic in six languages and their basis."""

    basis: str = ""


class NewTopicForm(TopicNamesForm):
    """The fields of a new topic."""

    code: str = ""


EMPTY_TOPIC_FORM = NewTopicForm().typed


@router.get("/topics", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_topic_list(context: ReadContext) -> Response:
    """Show all topics with the number of documents that the reader finds under each."""
    rules.SEE.require(context.actor, None)
    counts = document_counts.count_documents_by_topic(context.session, context.actor)
    return context.render(
        "web/topics/list.html",
        topics=[
            (topic, localize_title(topic.names, context.language)[0], counts.get(topic.code, 0))
            for topic in queries.list_topics(context.session)
        ],
        may_keep=rules.EDIT.allows(context.actor, None),
    )


@router.get("/topics/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_new_topic_form(context: ReadContext) -> Response:
    """Show the form for a new topic."""
    rules.EDIT.require(context.actor, None)
    return _render_form(context, None, ParsedForm(EMPTY_TOPIC_FORM, None, {}))


@router.post("/topics", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def create_topic(context: WriteContext, form: Annotated[NewTopicForm, Form()]) -> Response:
    """Add a topic."""
    rules.EDIT.require(context.actor, None)
    return submit_form(
        context,
        NewTopic,
        form.typed,
        action=lambda value: actions.create_topic(context.session, context.actor, value),
        render=partial(_render_form, context, None),
        done=lambda topic: f"/topics/{topic.code}?done=topic-kept",
        refusals=(BadRequest,),
        refusal_at="code",
    )


@router.get("/topics/{topic}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_topic(context: ReadContext, topic: str, page_number: PageNumber) -> Response:
    """Show a topic and the documents under it that the reader may see."""
    rules.SEE.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic)
    return context.render(
        "web/topics/show.html",
        topic=topic_row,
        name=localize_title(topic_row.names, context.language)[0],
        moves=_list_moves(context.actor, topic_row),
        follows=is_following(context.session, context.actor, FollowedKind.TOPIC, topic_row.code),
        documents=_load_documents(context, topic_row, page_number),
    )


def _load_documents(context: ReadContext, topic: Topic, page_number: int) -> tuple[list[DocumentListLine], ListPage]:
    """Load a page of the documents under a topic, the latest first."""
    statement = document_filters.select_documents(
        context.actor, DocumentSearchScope(), DocumentListFilter(topic=topic.code)
    )
    return load_document_lines(context, statement, "-date", page_number, {})


def _list_moves(actor: Actor, topic: Topic) -> dict[str, LazyText]:
    """Return what this actor may do with the topic now, with labels."""
    permissions: dict[str, Permission[Any]] = {"edit": rules.EDIT, "retire": rules.RETIRE, "restore": rules.RESTORE}
    return {name: permission.label for name, permission in permissions.items() if permission.allows(actor, topic)}


@router.get("/topics/{topic}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_edit_topic_form(context: ReadContext, topic: str) -> Response:
    """Show the form that renames a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic)
    typed = {**EMPTY_TOPIC_FORM, **topic_row.names, "basis": topic_row.basis}
    return _render_form(context, topic_row, ParsedForm(typed, None, {}))


@router.post("/topics/{topic}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def rename_topic(
    context: WriteContext, topic: str, form: Annotated[TopicNamesForm, Form()], version: VersionField = 0
) -> Response:
    """Rename a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    return submit_form(
        context,
        TopicNames,
        form.typed,
        action=lambda names: actions.rename_topic(context.session, context.actor, topic_row, names, version=version),
        render=partial(_render_form, context, topic_row),
        done=f"/topics/{topic_row.code}?done=topic-kept",
        refusals=(),
    )


@router.post("/topics/{topic}/retire", dependencies=[Depends(SignedInGuard(rules.RETIRE))])
def retire_topic(context: WriteContext, topic: str) -> Response:
    """Retire a topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    actions.retire_topic(context.session, context.actor, topic_row)
    return context.redirect(f"/topics/{topic_row.code}?done=topic-kept")


@router.post("/topics/{topic}/restore", dependencies=[Depends(SignedInGuard(rules.RESTORE))])
def restore_topic(context: WriteContext, topic: str) -> Response:
    """Restore a retired topic."""
    rules.EDIT.require(context.actor, None)
    topic_row = queries.get_topic(context.session, topic, lock=True)
    actions.restore_topic(context.session, context.actor, topic_row)
    return context.redirect(f"/topics/{topic_row.code}?done=topic-kept")


def _render_form(
    context: ReadContext, topic: Topic | None, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form of a topic, a new one if `topic` is None."""
    return context.render(
        "web/topics/edit.html",
        status=get_form_http_status(entry, refusal),
        topic=topic,
        typed={**EMPTY_TOPIC_FORM, **entry.typed},
        errors=entry.errors,
    )
