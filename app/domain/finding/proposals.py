"""Proposals inside documents, over what the actor may see: those of one meeting, and those of one symbol.

What ended gives nothing out, and so lists no proposals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, Select, func, select, true
from sqlalchemy.dialects.postgresql import JSONB

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.domain.documents.models import Document, Series
from app.domain.documents.queries import visible
from app.domain.finding.inputs import WantedProposals, Within
from app.domain.finding.symbols import MOST, plain

SERIES = "inf|adm|dt|dl|r"
SPELLING = re.compile(
    rf"(?P<source>[a-z]{{2,8}})[ /](?:(?P<series>{SERIES})[ /]?)?(?P<number>\d{{1,6}})(?:a(?P<part>\d{{1,3}}))?/"
    r"(?P<proposal>\d{1,3})",
    re.ASCII,
)

Listed = tuple[UUID, str, str, int, str, Titles, str, str, dict[str, Any]]
"""id, symbol, entity, number, original, titles, code and format of the series, the proposal as it is kept."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """What the symbol of a proposal says. Without a series it is in a contribution; part 0 is the text itself."""

    source: str
    series: str
    number: int
    part: int
    proposal: int


def spelled(typed: str) -> Spelled | None:
    """Read `KEN/5/1` or `KEN/5A1/1` in any usual spelling; None if it is none."""
    found = SPELLING.fullmatch(plain(typed))
    if found is None:
        return None
    series = (found["series"] or "c").upper()
    numbers = (int(found["number"]), int(found["part"] or 0), int(found["proposal"]))
    return Spelled(found["source"].upper(), series, *numbers)


def named(session: ReadSession, actor: Actor, symbol: Spelled) -> Sequence[Row[*Listed]]:
    """The proposals of that symbol, of the latest documents that have one."""
    wanted = [{"part": symbol.part, "number": symbol.proposal}]
    statement, each = _of(
        visible(actor).where(
            Document.entity == symbol.source,
            Document.number == symbol.number,
            Document.proposals.contains(wanted),
            Series.code == symbol.series,
        )
    )
    one = each["part"].as_integer() == symbol.part, each["number"].as_integer() == symbol.proposal
    return session.execute(statement.where(*one).order_by(Document.registered_at.desc()).limit(MOST)).all()


def wanted_of(actor: Actor, within: Within, wanted: WantedProposals) -> tuple[Select[*Listed], ColumnElement[Any]]:
    """The proposals of a meeting's documents that fit."""
    documents = visible(actor).where(Document.body_id == within.body, Document.scope == within.scope)
    if wanted.source is not None:
        documents = documents.where(Document.entity == wanted.source)
    statement, each = _of(documents)
    if wanted.kind is not None:
        statement = statement.where(func.coalesce(each["kind"].astext, "none") == wanted.kind)
    return statement, each


def listed(
    session: ReadSession,
    wanted: tuple[Select[*Listed], ColumnElement[Any]],
    *,
    limit: int,
    offset: int,
) -> Sequence[Row[*Listed]]:
    """A page of them, in the order of the documents and of the proposals in each."""
    statement, each = wanted
    ordered = statement.order_by(Series.code, Document.number, each["part"].as_integer(), each["number"].as_integer())
    return session.execute(ordered.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, wanted: tuple[Select[*Listed], ColumnElement[Any]]) -> int:
    """How many the same list would hold."""
    return session.scalar(select(func.count()).select_from(wanted[0].subquery())) or 0


def sources(session: ReadSession, actor: Actor, within: Within) -> Sequence[str]:
    """Whose documents of a meeting list any, by the codes of the members."""
    some = wanted_of(actor, within, WantedProposals())[0].with_only_columns(Document.entity).distinct()
    return session.scalars(some).all()


def _of(documents: Select[Document]) -> tuple[Select[*Listed], ColumnElement[Any]]:
    """The proposals of these documents as rows, and the column that holds each."""
    each = func.jsonb_array_elements(Document.proposals).table_valued(Column("value", JSONB))
    columns = (
        Document.id,
        Document.symbol,
        Document.entity,
        Document.number,
        Document.original,
        Document.titles,
        Series.code,
        Series.proposal,
        each.c.value,
    )
    statement = (
        documents.join(Series, Series.id == Document.series_id)
        .join(each, true())
        .where(Document.ended_as.is_(None))
        .with_only_columns(*columns)
    )
    return statement, each.c.value
