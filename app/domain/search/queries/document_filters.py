"""Documents that the actor may see and that fit the filters of a list."""

from collections.abc import Callable
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased

from app.core.database.kept_statements import keep_statement
from app.core.permissions import Actor
from app.core.search.query_parser import parse_query
from app.domain.agendas.queries.placements import visible_agenda_placements
from app.domain.bodies.queries.bodies import build_body_condition
from app.domain.documents.models import Document, DocumentEnding, DocumentSeries, Edition, LanguageVersion, Sponsor
from app.domain.documents.queries.documents import WHOLE_TEXT_STEPS, list_visible_documents
from app.domain.identity.models.tables import MemberState
from app.domain.mandates.queries import build_citing_condition
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.full_text import build_words_condition

TEXT_IN_FORCE = (
    Edition.document_id == Document.id,
    Edition.step.in_(WHOLE_TEXT_STEPS),
    Edition.number == Document.revision,
)
OWN = aliased(Document)
STATUS_CONDITIONS: MappingProxyType[str, ColumnElement[bool]] = MappingProxyType(
    {
        "standing": Document.ended_as.is_(None),
        "revised": Document.ended_as.is_(None) & (Document.revision > 0),
        "withdrawn": Document.ended_as == DocumentEnding.WITHDRAWN,
        "void": Document.ended_as == DocumentEnding.VOID,
    }
)


@keep_statement
def select_documents(actor: Actor, scope: DocumentSearchScope, filters: DocumentListFilter) -> Select[Document]:
    """Select the documents that the actor may see and that fit every filter."""
    conditions: list[ColumnElement[bool]] = []
    if scope.body is not None:
        conditions += [Document.body_id == scope.body, Document.scope == scope.scope]
    for name, condition in FILTER_CONDITIONS.items():
        if (value := getattr(filters, name)) is not None:
            conditions.append(condition(value, actor))
    if filters.since and scope.came_last_at:
        conditions.append(Document.registered_at > scope.came_last_at)
    return list_visible_documents(actor).where(*conditions)


def _of_group(code: str, _actor: Actor) -> ColumnElement[bool]:
    return build_body_condition(Document.body_id, code)


def _of_type(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.series_id.in_(select(DocumentSeries.id).where(DocumentSeries.code == code))


def _of_source(code: str, _actor: Actor) -> ColumnElement[bool]:
    """Match documents that an entity submitted, or signed in their text in force. Both are few and have an index."""
    signed = (
        select(Edition.document_id)
        .join(Sponsor, Sponsor.edition_id == Edition.id)
        .join(OWN, OWN.id == Edition.document_id)
        .where(
            Sponsor.entity == code, Sponsor.signed, Edition.step.in_(WHOLE_TEXT_STEPS), Edition.number == OWN.revision
        )
    )
    return Document.id.in_(select(OWN.id).where(OWN.entity == code).union(signed))


def _of_region(region: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.entity.in_(select(MemberState.code).where(MemberState.region == region))


def _under_item(item: UUID | str, actor: Actor) -> ColumnElement[bool]:
    allocations = visible_agenda_placements(actor)
    is_placed = exists().where(allocations.c.document_id == Document.id).correlate(Document)
    return ~is_placed if item == "none" else is_placed.where(allocations.c.item_id == item)


def _under_question(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.questions.contains([code])


def _on_topic(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.topics.contains([code])


def _citing_mandate(code: str, _actor: Actor) -> ColumnElement[bool]:
    """Match documents that cite a mandate as a whole or by any of its clauses, or one clause."""
    return build_citing_condition(Document.mandates, code)


def _citing_action_line(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.action_lines.contains([code])


def _in_language(language: str, _actor: Actor) -> ColumnElement[bool]:
    return (
        exists()
        .where(*TEXT_IN_FORCE, LanguageVersion.edition_id == Edition.id, LanguageVersion.language == language)
        .correlate(Document)
    )


def _of_status(status: str, _actor: Actor) -> ColumnElement[bool]:
    return STATUS_CONDITIONS[status]


def _with_words(typed: str, _actor: Actor) -> ColumnElement[bool]:
    """Match documents by a piece of their symbol, or by words in titles and texts. What ended is found by its symbol
    alone, as in the search."""
    named = Document.symbol.icontains(typed, autoescape=True)
    query = parse_query(typed).to_tsquery()
    return named if query is None else named | build_words_condition(query)


FILTER_CONDITIONS: MappingProxyType[str, Callable[[str, Actor], ColumnElement[bool]]] = MappingProxyType(
    {
        "words": _with_words,
        "group": _of_group,
        "type": _of_type,
        "source": _of_source,
        "region": _of_region,
        "item": _under_item,
        "topic": _on_topic,
        "mandate": _citing_mandate,
        "action_line": _citing_action_line,
        "question": _under_question,
        "language": _in_language,
        "status": _of_status,
    }
)
