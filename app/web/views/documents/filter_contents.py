"""What the filters of a list of documents offer: of all documents, read in two statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.database.combined_lists import StatementsReadTogether, prepare_reading
from app.core.database.kept_statements import keep_statement
from app.core.permissions import Actor
from app.domain.agendas.queries.agenda_releases import select_items_of_coming_agendas
from app.domain.bodies.queries.bodies import list_visible_bodies
from app.domain.identity.inputs import FilterableList
from app.domain.identity.models.tables import SavedFilter
from app.domain.identity.queries import select_saved_filters
from app.domain.meetings.models import Meeting
from app.domain.questions.models import Question
from app.domain.questions.queries import list_questions_of_own_bodies, select_questions_of_own_bodies
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import listing
from app.domain.topics.queries import select_topics
from app.http.page_context import ReadContext
from app.web.views.bodies.bodies import list_group_choices
from app.web.views.bodies.questions import name_question
from app.web.views.documents.filters import list_entity_names
from app.web.views.documents.item_choices import ItemChoices, group_items_by_meeting, list_items_of_meeting
from app.web.views.documents.topics import TopicNames, load_topic_names, localize_topic_names


@dataclass(frozen=True, slots=True)
class FilterContents:
    """Topics, Questions and sources with their names, agenda items by agenda, the reader's groups, and the filters that
    the reader keeps."""

    topics: TopicNames
    questions: list[tuple[str, str]]
    items: list[ItemChoices]
    sources: tuple[tuple[str, str], ...]
    groups: Sequence[tuple[str, str]] = ()
    saved: Sequence[SavedFilter] = ()


def load_filter_contents(context: ReadContext, filters: DocumentListFilter) -> FilterContents:
    """Load what the filters of all documents offer; two statements. The sources have their own: read together with
    others, each of their codes would be joined with the whole archive."""
    item = filters.item if isinstance(filters.item, UUID) else None
    topics, questions, items, bodies, saved = _prepare_filter_contents(context.actor, item).read(context.session)
    sources = listing.list_sources_of_all_documents(context.session, context.actor)
    return FilterContents(
        localize_topic_names((topic for [topic] in topics), context.language),
        _label_questions((question for [question] in questions), context.language),
        group_items_by_meeting(items, context.language),
        _name_sources(sources, filters.source, context.language),
        list_group_choices(body for [body] in bodies),
        [each for [each] in saved],
    )


@keep_statement
def _prepare_filter_contents(actor: Actor, item: UUID | None) -> StatementsReadTogether:
    return prepare_reading(
        (
            select_topics(),
            select_questions_of_own_bodies(actor),
            select_items_of_coming_agendas(actor, item),
            list_visible_bodies(actor),
            select_saved_filters(actor, FilterableList.DOCUMENTS),
        )
    )


def load_filter_contents_of_meeting(
    context: ReadContext, meeting: Meeting, scope: DocumentSearchScope, filters: DocumentListFilter
) -> FilterContents:
    """Load what the filters of the documents of a meeting offer."""
    session, actor, language = context.session, context.actor, context.language
    return FilterContents(
        load_topic_names(session, language),
        _label_questions(list_questions_of_own_bodies(session, actor), language),
        list_items_of_meeting(context, meeting),
        _name_sources(listing.list_document_sources(session, actor, scope), filters.source, language),
    )


def _label_questions(questions: Iterable[Question], language: str) -> list[tuple[str, str]]:
    return [(question.code, name_question(question, language)) for question in questions]


def _name_sources(codes: Iterable[str], chosen: str | None, language: str) -> tuple[tuple[str, str], ...]:
    """Name the entities that submitted or signed documents, and the one that was chosen."""
    return list_entity_names({*codes, chosen} if chosen else codes, language)
