"""Lists of documents: filters and orders on top of what the actor may see.

What a list costs does not depend on how long the archive is: rows are read in the order of an index and only as many as
are shown, and counting stops a little beyond the page.
"""

from collections.abc import Callable, Sequence
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
    and_,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import aliased

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.domain import member_states
from app.domain.agendas.queries import on_agendas
from app.domain.documents.models import Document, Edition, Ending, LanguageVersion, Series, Sponsor, Step
from app.domain.documents.queries import TEXTS, visible
from app.domain.finding.inputs import Wanted, Within
from app.domain.identity.models import MemberState
from app.domain.scans import queries as scans

FURTHER = 1_000
"""Counting stops so many documents beyond the page that is shown."""

Columns = TypeVarTuple("Columns")
Listed = tuple[
    UUID,
    str,
    str,
    str,
    str,
    str,
    Titles,
    datetime,
    int,
    str | None,
    list[str],
    list[str] | None,
    list[str] | None,
    str | None,
    UUID | None,
    UUID | None,
]
"""id, symbol, scope, kind, entity, original, titles, registered_at, revision, ended_as, topics, languages,
signed (by whom beside its submitter), label, item_id, meeting_id."""

File = tuple[str, str, str, str, int, str]
"""symbol, edition, language, media, size, sha256."""

COLUMNS = (
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
)
IN_FORCE = (Edition.document_id == Document.id, Edition.step.in_(TEXTS), Edition.number == Document.revision)
STATUSES: MappingProxyType[str, ColumnElement[bool]] = MappingProxyType(
    {
        "standing": Document.ended_as.is_(None),
        "revised": Document.ended_as.is_(None) & (Document.revision > 0),
        "withdrawn": Document.ended_as == Ending.WITHDRAWN,
        "void": Document.ended_as == Ending.VOID,
    }
)


def wanted_of(actor: Actor, within: Within, wanted: Wanted) -> Select[Document]:
    """The documents that the actor may see and that fit every filter."""
    conditions: list[ColumnElement[bool]] = []
    if within.body is not None:
        conditions += [Document.body_id == within.body, Document.scope == within.scope]
    for name, condition in FILTERS.items():
        if (value := getattr(wanted, name)) is not None:
            conditions.append(condition(value, actor))
    if wanted.since and within.came_last_at:
        conditions.append(Document.registered_at > within.came_last_at)
    return visible(actor).where(*conditions)


def _of_type(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.series_id.in_(select(Series.id).where(Series.code == code))


def _of_source(code: str, _actor: Actor) -> ColumnElement[bool]:
    """What it submitted, and what it signed as the text in force says. Both are read from an index: there are few."""
    own = aliased(Document)
    signed = (
        select(Edition.document_id)
        .join(Sponsor, Sponsor.edition_id == Edition.id)
        .join(own, own.id == Edition.document_id)
        .where(Sponsor.entity == code, Sponsor.signed, Edition.step.in_(TEXTS), Edition.number == own.revision)
    )
    return Document.id.in_(select(own.id).where(own.entity == code).union(signed))


def _of_region(region: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.entity.in_(select(MemberState.code).where(MemberState.region == region))


def _under_item(item: UUID | str, actor: Actor) -> ColumnElement[bool]:
    placed = on_agendas(actor)
    stands = exists().where(placed.c.document_id == Document.id).correlate(Document)
    return ~stands if item == "none" else stands.where(placed.c.item_id == item)


def _on_topic(code: str, _actor: Actor) -> ColumnElement[bool]:
    return Document.topics.contains([code])


def _in_language(language: str, _actor: Actor) -> ColumnElement[bool]:
    return (
        exists()
        .where(*IN_FORCE, LanguageVersion.edition_id == Edition.id, LanguageVersion.language == language)
        .correlate(Document)
    )


def _of_status(status: str, _actor: Actor) -> ColumnElement[bool]:
    return STATUSES[status]


FILTERS: MappingProxyType[str, Callable[[str, Actor], ColumnElement[bool]]] = MappingProxyType(
    {
        "type": _of_type,
        "source": _of_source,
        "region": _of_region,
        "item": _under_item,
        "topic": _on_topic,
        "language": _in_language,
        "status": _of_status,
    }
)


def ordered(statement: Select[*Columns], sort: str, language: str) -> Select[*Columns]:
    """In that order; what is equal in it stands as it was registered, the latest first."""
    name = sort.removeprefix("-")
    keys = ORDERS[name](language)
    if sort.startswith("-"):
        keys = [key.desc() for key in keys]
    if name == "date":
        return statement.order_by(*keys)
    return statement.order_by(*keys, Document.registered_at.desc(), Document.id)


def _by_date(_language: str) -> list[SQLColumnExpression[Any]]:
    return [Document.registered_at, Document.number, Document.id]


def _by_number(_language: str) -> list[SQLColumnExpression[Any]]:
    code = select(Series.code).where(Series.id == Document.series_id).scalar_subquery()
    return [func.length(Document.scope), Document.scope, code, Document.number]


def _by_source(language: str) -> list[SQLColumnExpression[Any]]:
    """As a reader of that language looks names up; what is no State stands after them, by its code."""
    states = member_states.order(member_states.MEMBER_STATES, language)
    places = literal({code: place for place, code in enumerate(states)}, JSONB)
    return [
        func.coalesce(cast(func.jsonb_extract_path_text(places, Document.entity), Integer), len(states)),
        Document.entity,
    ]


def _by_title(language: str) -> list[SQLColumnExpression[Any]]:
    """By the title that the reader sees."""
    names = func.jsonb_extract_path_text
    shown = func.coalesce(names(Document.titles, language), names(Document.titles, Document.original))
    return [func.lower(shown)]


ORDERS: MappingProxyType[str, Callable[[str], list[SQLColumnExpression[Any]]]] = MappingProxyType(
    {"date": _by_date, "number": _by_number, "source": _by_source, "title": _by_title}
)


def listed(
    session: ReadSession, actor: Actor, statement: Select[Document], sort: str, language: str, limit: int, offset: int
) -> Sequence[Row[*Listed]]:
    """A page of such a statement in that order. Which documents it holds is found first: what belongs to a row is not
    looked up for the pages before."""
    keys = statement.with_only_columns(Document.id, maintain_column_froms=True)
    page = ordered(keys, sort, language).limit(limit).offset(offset).subquery()
    rows = as_rows(actor, ordered(select(Document).join(page, page.c.id == Document.id), sort, language))
    return session.execute(rows).all()


def as_rows(actor: Actor, statement: Select[Document]) -> Select[*tuple[Any, ...]]:
    """Columns only; with each row come the languages of the text in force, who signed it, its place on an agenda that
    the actor sees."""
    placed = on_agendas(actor)
    languages = select(func.array_agg(LanguageVersion.language)).where(LanguageVersion.edition_id == Edition.id)
    signed = select(func.array_agg(Sponsor.entity)).where(Sponsor.edition_id == Edition.id, Sponsor.signed)
    return (
        statement.outerjoin(Edition, and_(*IN_FORCE))
        .outerjoin(placed, placed.c.document_id == Document.id)
        .with_only_columns(
            *COLUMNS,
            languages.scalar_subquery().label("languages"),
            signed.scalar_subquery().label("signed"),
            placed.c.label,
            placed.c.item_id,
            placed.c.meeting_id,
        )
    )


def how_many(session: ReadSession, statement: Select[Document], upto: int) -> int:
    """How many documents there are, counting no further than `upto`."""
    some = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(upto).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def ids(session: ReadSession, statement: Select[Document]) -> Sequence[UUID]:
    """The documents of a statement in its order, by their keys alone."""
    return session.scalars(statement.with_only_columns(Document.id, maintain_column_froms=True)).all()


def sources(session: ReadSession, actor: Actor, within: Within) -> Sequence[str]:
    """Who submitted or signed the documents of a meeting, by the codes of the members."""
    columns = (Document.id, Document.entity, Document.revision)
    every = wanted_of(actor, within, Wanted()).with_only_columns(*columns).cte("every")
    signed = (
        select(Sponsor.entity)
        .join(Edition, Edition.id == Sponsor.edition_id)
        .join(every, every.c.id == Edition.document_id)
        .where(Sponsor.signed, Edition.step.in_(TEXTS), Edition.number == every.c.revision)
    )
    return session.scalars(select(every.c.entity).union(signed)).all()


def files(session: ReadSession, statement: Select[Document], language: str | None, most: int) -> Sequence[Row[*File]]:
    """The files of these documents, at most so many: the texts in force and the parts beside them.

    What ended has no files to give, nor has a text in which a virus was found.
    """
    in_force_or_beside = or_(Edition.step.not_in(TEXTS), Edition.number == Document.revision)
    of_language = LanguageVersion.language == language if language else null().is_(None)
    return session.execute(
        statement.join(Edition, Edition.document_id == Document.id)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .where(Document.ended_as.is_(None), in_force_or_beside, of_language, ~scans.is_infected(LanguageVersion.sha256))
        .with_only_columns(
            Document.symbol,
            Edition.symbol.label("edition"),
            LanguageVersion.language,
            LanguageVersion.media,
            LanguageVersion.size,
            LanguageVersion.sha256,
        )
        .order_by(None)
        .order_by(
            Document.scope, Document.series_id, Document.number, _steps(), Edition.number, LanguageVersion.language
        )
        .limit(most)
    ).all()


def _steps() -> ColumnElement[int]:
    """The text first, then addenda, then corrigenda."""
    order = array([Step.TEXT, Step.REVISION, Step.ADDENDUM, Step.CORRIGENDUM])
    return func.array_position(order, Edition.step)


def under_topics(session: ReadSession, actor: Actor) -> dict[str, int]:
    """How many documents the actor finds under each topic."""
    each = func.unnest(Document.topics).table_valued("code").render_derived()
    counted = visible(actor).join(each, true()).with_only_columns(each.c.code, func.count()).group_by(each.c.code)
    return dict(session.execute(counted).all())
