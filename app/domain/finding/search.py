"""Full-text search over what the actor may see. Nothing that is counted, ranked or shown comes from anything else.

Ranking looks at the text alone (how often and how near each other the words stand; the title counts most): it knows no
statistics of the archive, since those would tell of texts that the actor does not see.
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

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries import TEXTS, visible
from app.domain.finding.models import DocumentText
from app.domain.renditions.models import Rendition
from app.domain.scans import queries as scans

MOST = 500
"""So many documents are ranked, the latest that fit; of more it is said that there are more."""

Shown = tuple[UUID, str, str, str, str, Titles, str, str, str, int, list[str] | None]
"""id, symbol of the edition, scope, entity, original, titles, abstract, language of the text, kind, revision,
paragraphs."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for (`query` is a `tsquery`, written by `app.core.search.question`), and where."""

    query: str
    language: str | None = None
    body: UUID | None = None
    scope: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, and how many documents there are; `more` if counting stopped."""

    hits: Sequence[Row[*Shown]]
    total: int
    more: bool


def search(session: ReadSession, actor: Actor, sought: Sought, reads: str, *, limit: int, offset: int) -> Found:
    """The documents that fit, best first; of each the text that serves a reader of `reads` best."""
    fits = _fits(sought)
    latest = _latest(actor, sought, fits)
    texts = (
        select(
            latest.c.id,
            latest.c.registered_at,
            DocumentText.edition_id,
            DocumentText.language,
            func.max(_rank(sought)).over(partition_by=latest.c.id).label("rank"),
            func.row_number().over(partition_by=latest.c.id, order_by=_serves_best(reads)).label("choice"),
        )
        .join(DocumentText, DocumentText.document_id == latest.c.id)
        .join(Edition, Edition.id == DocumentText.edition_id)
        .join(Document, Document.id == latest.c.id)
        .where(fits)
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
    return Found(_shown(session, actor, page), min(total, MOST), total > MOST)


def _fits(sought: Sought) -> ColumnElement[bool]:
    fits = DocumentText.words.bool_op("@@")(_query(sought))
    return fits & (DocumentText.language == sought.language) if sought.language else fits


def _query(sought: Sought) -> ColumnElement[str]:
    """Written into the statement rather than bound: PostgreSQL plans a rare word and a common one differently."""
    return cast(bindparam("sought", sought.query, String, literal_execute=True), TSQUERY)


def _latest(actor: Actor, sought: Sought, fits: ColumnElement[bool]) -> Subquery:
    """The latest documents that fit, one more than are counted. What ended is found by its symbol only.

    Asked so, PostgreSQL may read documents from the latest on and stop when there are enough (a common word), or begin
    with the index of words (a rare one).
    """
    some = exists().where(DocumentText.document_id == Document.id, fits).correlate(Document)
    statement = visible(actor).where(some, Document.ended_as.is_(None))
    if sought.body is not None:
        statement = statement.where(Document.body_id == sought.body, Document.scope == sought.scope)
    if sought.topic is not None:
        statement = statement.where(Document.topics.contains([sought.topic]))
    return (
        statement.with_only_columns(Document.id, Document.registered_at)
        .order_by(Document.registered_at.desc(), Document.number.desc(), Document.id.desc())
        .limit(MOST + 1)
        .subquery("latest")
    )


def _rank(sought: Sought) -> ColumnElement[float]:
    """By cover density; divided by the logarithm of the length, so that a long text is not found for its length."""
    return func.ts_rank_cd(DocumentText.words, _query(sought), 1)


def _serves_best(reads: str) -> list[SQLColumnExpression[Any]]:
    """The text in force before others, the reader's language before the original, the original before others."""
    in_force = Edition.step.in_(TEXTS) & (Edition.number == Document.revision)
    return [
        in_force.desc(),
        (DocumentText.language == reads).desc(),
        (DocumentText.language == Edition.original).desc(),
        Edition.registered_at.desc(),
        DocumentText.language,
    ]


def _shown(session: ReadSession, actor: Actor, page: Sequence[Row[UUID, str, int]]) -> Sequence[Row[*Shown]]:
    """What a page of hits shows, in its order."""
    rows = session.execute(
        visible(actor)
        .join(Edition, Edition.document_id == Document.id)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .outerjoin(
            Rendition, and_(Rendition.sha256 == LanguageVersion.sha256, ~scans.is_infected(LanguageVersion.sha256))
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
            Edition.id.label("edition_id"),
        )
    )
    there = {(row.edition_id, row.language): row for row in rows}
    return [there[row.edition_id, row.language] for row in page]
