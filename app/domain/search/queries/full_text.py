"""Full-text search in the documents that the actor may see: nothing else is counted, ranked or shown.

Ranking uses the text alone (number and proximity of the words; the title counts most), no statistics of the archive,
since those would reveal texts that the actor may not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    SQLColumnExpression,
    String,
    Subquery,
    and_,
    bindparam,
    cast,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries.documents import WHOLE_TEXT_STEPS, list_visible_documents
from app.domain.files import queries as file_queries
from app.domain.files.models import Rendition
from app.domain.search.models import DocumentText

MAX_TITLES = 500
"""Number of visible documents, the latest ones, in whose titles it is read how words are written."""
MAX_RANKED = 500
"""Number of matching documents that are ranked, the latest ones; if there are more, the result says so."""

SearchHitRow = tuple[UUID, str, str, str, str, LocalizedText, str, str, str, int, list[str] | None, bool | None]
"""id, symbol of the edition, scope, entity, original, titles, abstract, language of the text, kind, revision,
paragraphs, at_request."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A full-text query (`query` is a `tsquery`, built by the query parser of `app.core.search`) and its filters."""

    query: str
    language: str | None = None
    body: UUID | None = None
    scope: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of hits and the total number of documents; `more` if counting stopped at the maximum."""

    hits: Sequence[Row[*SearchHitRow]]
    total: int
    more: bool


def search_documents(
    session: ReadSession, actor: Actor, search_query: SearchQuery, reader_language: str, *, limit: int, offset: int
) -> SearchResult:
    """Search for documents, best first; each hit is the text that suits a reader of that language best."""
    matches = _matches(search_query)
    candidates = _latest(actor, search_query, matches)
    texts = (
        select(
            candidates.c.id,
            candidates.c.registered_at,
            DocumentText.edition_id,
            DocumentText.language,
            func.max(_rank(search_query)).over(partition_by=candidates.c.id).label("rank"),
            func.row_number()
            .over(partition_by=candidates.c.id, order_by=_reader_preference(reader_language))
            .label("choice"),
        )
        .join(DocumentText, DocumentText.document_id == candidates.c.id)
        .join(Edition, Edition.id == DocumentText.edition_id)
        .join(Document, Document.id == candidates.c.id)
        .where(matches)
        .subquery()
    )
    page = session.execute(
        select(texts.c.edition_id, texts.c.language, func.count().over().label("total"))
        .where(texts.c.choice == 1)
        .order_by(texts.c.rank.desc(), texts.c.registered_at.desc(), texts.c.id)
        .limit(limit)
        .offset(offset)
    ).all()
    total = page[0].total if page else 0
    return SearchResult(_load_hits(session, actor, page), min(total, MAX_RANKED), total > MAX_RANKED)


def list_visible_titles(session: ReadSession, actor: Actor) -> list[str]:
    """List the titles in all languages of the latest documents that the actor may see: the words to which a mistyped
    one is compared."""
    titles = session.scalars(
        list_visible_documents(actor)
        .where(Document.ended_as.is_(None))
        .with_only_columns(Document.titles)
        .order_by(Document.registered_at.desc(), Document.id)
        .limit(MAX_TITLES)
    )
    return [title for each in titles for title in each.values()]


def build_words_condition(query: str) -> ColumnElement[bool]:
    """Build the SQL condition that a `tsquery` matches the titles or texts of a document that has not ended."""
    return _build_match_condition(_matches(SearchQuery(query)))


def _build_match_condition(matches: ColumnElement[bool]) -> ColumnElement[bool]:
    is_match = exists().where(DocumentText.document_id == Document.id, matches).correlate(Document)
    return and_(is_match, Document.ended_as.is_(None))


def _matches(search_query: SearchQuery) -> ColumnElement[bool]:
    matches = DocumentText.words.bool_op("@@")(_query(search_query))
    return matches & (DocumentText.language == search_query.language) if search_query.language else matches


def _query(search_query: SearchQuery) -> ColumnElement[str]:
    """Insert the query as a literal, not a bound parameter: PostgreSQL then plans rare and common words differently."""
    return cast(bindparam("sought", search_query.query, String, literal_execute=True), TSQUERY)


def _latest(actor: Actor, search_query: SearchQuery, matches: ColumnElement[bool]) -> Subquery:
    """Select the latest matching documents, one more than are counted, without withdrawn and void ones.

    Written this way, PostgreSQL can read documents from the latest on and stop when there are enough (common words), or
    start from the index of words (rare ones).
    """
    statement = list_visible_documents(actor).where(_build_match_condition(matches))
    if search_query.body is not None:
        statement = statement.where(Document.body_id == search_query.body, Document.scope == search_query.scope)
    if search_query.topic is not None:
        statement = statement.where(Document.topics.contains([search_query.topic]))
    return (
        statement.with_only_columns(Document.id, Document.registered_at)
        .order_by(Document.registered_at.desc(), Document.number.desc(), Document.id.desc())
        .limit(MAX_RANKED + 1)
        .subquery("latest")
    )


def _rank(search_query: SearchQuery) -> ColumnElement[float]:
    """Rank by cover density, divided by the logarithm of the length so that long texts have no advantage."""
    return func.ts_rank_cd(DocumentText.words, _query(search_query), 1)


def _reader_preference(reader_language: str) -> list[SQLColumnExpression[Any]]:
    """Prefer the text in force, then the reader's language, then the original language."""
    in_force = Edition.step.in_(WHOLE_TEXT_STEPS) & (Edition.number == Document.revision)
    return [
        in_force.desc(),
        (DocumentText.language == reader_language).desc(),
        (DocumentText.language == Edition.original).desc(),
        Edition.registered_at.desc(),
        DocumentText.language,
    ]


def _load_hits(session: ReadSession, actor: Actor, page: Sequence[Row[UUID, str, int]]) -> Sequence[Row[*SearchHitRow]]:
    """Load the columns shown for a page of hits, in its order."""
    rows = session.execute(
        list_visible_documents(actor)
        .join(Edition, Edition.document_id == Document.id)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .outerjoin(
            Rendition,
            and_(
                Rendition.sha256 == LanguageVersion.sha256,
                ~file_queries.build_infected_condition(LanguageVersion.sha256),
            ),
        )
        .where(Edition.id.in_([row.edition_id for row in page]))
        .with_only_columns(
            Document.id,
            Edition.symbol,
            Document.scope,
            Document.entity,
            Edition.original,
            Edition.titles,
            Edition.abstract,
            LanguageVersion.language,
            Document.kind,
            Document.revision,
            Rendition.paragraphs,
            Edition.at_request,
            Edition.id.label("edition_id"),
        )
    )
    rows_by_text = {(row.edition_id, row.language): row for row in rows}
    return [rows_by_text[row.edition_id, row.language] for row in page]
