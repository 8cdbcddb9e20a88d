"""Lists of documents that the actor may see, with filters and sort orders.

The cost of a list does not depend on the size of the archive: rows are read in the order of an index, only as many as
are shown, and counting stops a little after the page.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import aliased

from app.core.database.kept_statements import keep_statement
from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.core.search.query_parser import parse_query
from app.domain import member_states
from app.domain.agendas.queries.placements import visible_agenda_placements
from app.domain.documents.models import (
    Document,
    DocumentEnding,
    DocumentSeries,
    Edition,
    EditionStep,
    LanguageVersion,
    Sponsor,
)
from app.domain.documents.queries.documents import WHOLE_TEXT_STEPS, list_visible_documents
from app.domain.files import queries as file_queries
from app.domain.files.models import Rendition
from app.domain.identity.models.tables import MemberState
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.full_text import build_words_condition

COUNT_AHEAD = 1_000
"""Number of documents after the current page at which counting stops."""

Columns = TypeVarTuple("Columns")
DocumentRow = tuple[
    UUID,
    str,
    str,
    str,
    str,
    str,
    LocalizedText,
    datetime,
    int,
    str | None,
    list[str],
    bool | None,
    list[str] | None,
    list[str] | None,
    str | None,
    UUID | None,
    UUID | None,
]
"""id, symbol, scope, kind, entity, original, titles, registered_at, revision, ended_as, topics, at_request,
languages, signed (entities that co-sign it), label, item_id, meeting_id."""

FileRow = tuple[UUID, str, str, bool, str, str, str, int, str, str | None, int | None]
"""document_id, symbol, edition, is_whole_text, original, language, media, size, sha256, and pdf with pdf_size of its
rendition."""

DOCUMENT_COLUMNS = (
    Document.id,
    Document.symbol,
    Document.scope,
    Document.kind,
    Document.entity,
    Document.original,
    Document.titles,
    Document.registered_at,
    Document.revision,
    Document.ended_as,
    Document.topics,
    Document.at_request,
)
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


def _on_topic(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.topics.contains([code])


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
        "type": _of_type,
        "source": _of_source,
        "region": _of_region,
        "item": _under_item,
        "topic": _on_topic,
        "language": _in_language,
        "status": _of_status,
    }
)


def order_documents(statement: Select[*Columns], sort: str, language: str) -> Select[*Columns]:
    """Sort documents; ties are broken by registration, the latest first. A `-` before the order reverses it."""
    name = sort.removeprefix("-")
    keys = SORT_KEYS[name](language)
    if sort.startswith("-"):
        keys = [key.desc() for key in keys]
    if name == "date":
        return statement.order_by(*keys)
    return statement.order_by(*keys, Document.registered_at.desc(), Document.id)


def _by_date(_language: str) -> list[SQLColumnExpression[Any]]:
    return [Document.registered_at, Document.number, Document.id]


def _by_number(_language: str) -> list[SQLColumnExpression[Any]]:
    code = select(DocumentSeries.code).where(DocumentSeries.id == Document.series_id).scalar_subquery()
    return [func.length(Document.scope), Document.scope, code, Document.number]


def _by_source(language: str) -> list[SQLColumnExpression[Any]]:
    return build_entity_order(Document.entity, language)


def build_entity_order(entity: SQLColumnExpression[str], language: str) -> list[SQLColumnExpression[Any]]:
    """Return the keys that sort a column of entities by the names of States in that language; other entities follow by
    their codes."""
    states = member_states.order_by_name(member_states.MEMBER_STATES, language)
    places = literal({code: position for position, code in enumerate(states)}, JSONB)
    return [func.coalesce(cast(func.jsonb_extract_path_text(places, entity), Integer), len(states)), entity]


def _by_title(language: str) -> list[SQLColumnExpression[Any]]:
    """Sort by the title that the reader sees: in their language, else in the original one."""
    json_text = func.jsonb_extract_path_text
    title = func.coalesce(json_text(Document.titles, language), json_text(Document.titles, Document.original))
    return [func.lower(title)]


SORT_KEYS: MappingProxyType[str, Callable[[str], list[SQLColumnExpression[Any]]]] = MappingProxyType(
    {"date": _by_date, "number": _by_number, "source": _by_source, "title": _by_title}
)


def list_documents(
    session: ReadSession, actor: Actor, statement: Select[Document], sort: str, language: str, limit: int, offset: int
) -> Sequence[Row[*DocumentRow]]:
    """List a page of the selected documents in an order."""
    return session.execute(_select_page(actor, statement, sort, language, limit, offset)).all()


@keep_statement
def _select_page(
    actor: Actor, statement: Select[Document], sort: str, language: str, limit: int, offset: int
) -> Select[*tuple[Any, ...]]:
    """Select the rows of a page of the selected documents in an order.

    The ids of the page are selected first, so that the other columns are not computed for the pages before it.
    """
    keys = statement.with_only_columns(Document.id, maintain_column_froms=True)
    page = order_documents(keys, sort, language).limit(limit).offset(offset).subquery()
    on_page = select(Document).join(page, page.c.id == Document.id)
    return select_document_rows(actor, order_documents(on_page, sort, language))


def select_document_rows(actor: Actor, statement: Select[Document]) -> Select[*tuple[Any, ...]]:
    """Select columns instead of documents: also the languages of the text in force, its co-signatories, and its place
    on an agenda that the actor may see."""
    allocations = visible_agenda_placements(actor)
    languages = select(func.array_agg(LanguageVersion.language)).where(LanguageVersion.edition_id == Edition.id)
    co_signatories = select(func.array_agg(Sponsor.entity)).where(Sponsor.edition_id == Edition.id, Sponsor.signed)
    return (
        statement.outerjoin(Edition, and_(*TEXT_IN_FORCE))
        .outerjoin(allocations, allocations.c.document_id == Document.id)
        .with_only_columns(
            *DOCUMENT_COLUMNS,
            languages.scalar_subquery().label("languages"),
            co_signatories.scalar_subquery().label("signed"),
            allocations.c.label,
            allocations.c.item_id,
            allocations.c.meeting_id,
        )
    )


def count_documents(session: ReadSession, statement: Select[Document], maximum: int) -> int:
    """Count the selected documents, up to a maximum."""
    bounded = (
        statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(maximum).subquery()
    )
    return session.scalar(select(func.count()).select_from(bounded)) or 0


def count_by_filters(
    session: ReadSession,
    actor: Actor,
    scope: DocumentSearchScope,
    filters: Mapping[str, DocumentListFilter],
    maximum: int,
) -> dict[str, int]:
    """Count what each of these filters finds, up to a maximum, in one statement."""
    statement = _select_counts(actor, scope, tuple(filters.items()), maximum)
    return dict(session.execute(statement).one()._mapping)


@keep_statement
def _select_counts(
    actor: Actor, scope: DocumentSearchScope, filters: tuple[tuple[str, DocumentListFilter], ...], maximum: int
) -> Select[*tuple[int, ...]]:
    """Select how many documents each of these filters finds, up to a maximum, under its name."""
    bounded = {name: _select_up_to(actor, scope, each, maximum) for name, each in filters}
    counts = [select(func.count()).select_from(each).scalar_subquery().label(name) for name, each in bounded.items()]
    return select(*counts)


def _select_up_to(actor: Actor, scope: DocumentSearchScope, filters: DocumentListFilter, maximum: int) -> Subquery:
    """Select one row for each document that a filter finds, up to a maximum.

    What an entity submitted, and what it signed for others, is read one after the other from the index of each, so that
    it ends at the maximum, and no document is looked for twice.
    """
    parts = [select_documents(actor, scope, filters)]
    if filters.source:
        others = select_documents(actor, scope, filters.model_copy(update={"source": None}))
        in_force = others.join(Edition, and_(*TEXT_IN_FORCE)).join(Sponsor, Sponsor.edition_id == Edition.id)
        signed = in_force.where(Sponsor.entity == filters.source, Sponsor.signed)
        parts = [
            others.where(Document.entity == filters.source),
            signed.where(Document.entity != filters.source),
        ]
    rows = [part.with_only_columns(literal(1), maintain_column_froms=True).order_by(None) for part in parts]
    return (union_all(*rows) if len(rows) > 1 else rows[0]).limit(maximum).subquery()


def list_document_ids(session: ReadSession, statement: Select[Document]) -> Sequence[UUID]:
    """List the ids of the selected documents in their order."""
    return session.scalars(statement.with_only_columns(Document.id, maintain_column_froms=True)).all()


def list_document_sources(session: ReadSession, actor: Actor, scope: DocumentSearchScope) -> Sequence[str]:
    """List the codes of the entities that submitted or signed documents of a meeting."""
    columns = (Document.id, Document.entity, Document.revision)
    documents = select_documents(actor, scope, DocumentListFilter()).with_only_columns(*columns).cte("every")
    signed = (
        select(Sponsor.entity)
        .join(Edition, Edition.id == Sponsor.edition_id)
        .join(documents, documents.c.id == Edition.document_id)
        .where(Sponsor.signed, Edition.step.in_(WHOLE_TEXT_STEPS), Edition.number == documents.c.revision)
    )
    return session.scalars(select(documents.c.entity).union(signed)).all()


def list_document_files(
    session: ReadSession, statement: Select[Document], language: str | None, limit: int
) -> Sequence[Row[*FileRow]]:
    """List the files of the selected documents: texts in force, addenda and corrigenda, in one language or all.

    Withdrawn and void documents have none; infected files are left out.
    """
    is_current = or_(Edition.step.not_in(WHOLE_TEXT_STEPS), Edition.number == Document.revision)
    of_language = LanguageVersion.language == language if language else null().is_(None)
    return session.execute(
        statement.join(Edition, Edition.document_id == Document.id)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .outerjoin(Rendition, Rendition.sha256 == LanguageVersion.sha256)
        .where(
            Document.ended_as.is_(None),
            is_current,
            of_language,
            ~file_queries.build_infected_condition(LanguageVersion.sha256),
        )
        .with_only_columns(
            Document.id.label("document_id"),
            Document.symbol,
            Edition.symbol.label("edition"),
            Edition.step.in_(WHOLE_TEXT_STEPS).label("is_whole_text"),
            Edition.original,
            LanguageVersion.language,
            LanguageVersion.media,
            LanguageVersion.size,
            LanguageVersion.sha256,
            Rendition.pdf,
            Rendition.pdf_size,
        )
        .order_by(None)
        .order_by(
            Document.scope, Document.series_id, Document.number, _step_order(), Edition.number, LanguageVersion.language
        )
        .limit(limit)
    ).all()


def _step_order() -> ColumnElement[int]:
    """Sort key of editions: the text first, then addenda, then corrigenda."""
    order = array([EditionStep.TEXT, EditionStep.REVISION, EditionStep.ADDENDUM, EditionStep.CORRIGENDUM])
    return func.array_position(order, Edition.step)


def count_documents_by_topic(session: ReadSession, actor: Actor) -> dict[str, int]:
    """Count the documents that the actor may see under each topic."""
    topic = func.unnest(Document.topics).table_valued("code").render_derived()
    counted = (
        list_visible_documents(actor)
        .join(topic, true())
        .with_only_columns(topic.c.code, func.count())
        .group_by(topic.c.code)
    )
    return dict(session.execute(counted).all())
