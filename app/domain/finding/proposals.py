"""Queries about proposals in documents that the actor may see: those of one meeting, and those with one symbol.

Withdrawn and void documents list no proposals.
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
"""id, symbol, entity, number, original, titles, code and proposal format of the series, the proposal as stored."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A parsed proposal symbol. Without a series it is in a contribution; part 0 is the document itself."""

    source: str
    series: str
    number: int
    part: int
    proposal: int


def spelled(typed: str) -> Spelled | None:
    """Parse a proposal symbol such as `KEN/5/1` or `KEN/5A1/1` in any usual spelling; None if it is none."""
    match = SPELLING.fullmatch(plain(typed))
    if match is None:
        return None
    series = (match["series"] or "c").upper()
    numbers = (int(match["number"]), int(match["part"] or 0), int(match["proposal"]))
    return Spelled(match["source"].upper(), series, *numbers)


def named(session: ReadSession, actor: Actor, symbol: Spelled) -> Sequence[Row[*Listed]]:
    """Find the visible proposals with that symbol, in the latest documents that have one."""
    parts = [{"part": symbol.part, "number": symbol.proposal}]
    statement, proposal = _expand_proposals(
        visible(actor).where(
            Document.entity == symbol.source,
            Document.number == symbol.number,
            Document.proposals.contains(parts),
            Series.code == symbol.series,
        )
    )
    has_symbol = proposal["part"].as_integer() == symbol.part, proposal["number"].as_integer() == symbol.proposal
    return session.execute(statement.where(*has_symbol).order_by(Document.registered_at.desc()).limit(MOST)).all()


def wanted_of(actor: Actor, within: Within, wanted: WantedProposals) -> tuple[Select[*Listed], ColumnElement[Any]]:
    """Select the proposals of a meeting's documents that fit the filters, and the column with the proposal."""
    documents = visible(actor).where(Document.body_id == within.body, Document.scope == within.scope)
    if wanted.source is not None:
        documents = documents.where(Document.entity == wanted.source)
    statement, proposal = _expand_proposals(documents)
    if wanted.kind is not None:
        statement = statement.where(func.coalesce(proposal["kind"].astext, "none") == wanted.kind)
    return statement, proposal


def listed(
    session: ReadSession,
    wanted: tuple[Select[*Listed], ColumnElement[Any]],
    *,
    limit: int,
    offset: int,
) -> Sequence[Row[*Listed]]:
    """List a page of selected proposals, in the order of the documents and of the proposals in each."""
    statement, proposal = wanted
    ordered = statement.order_by(
        Series.code, Document.number, proposal["part"].as_integer(), proposal["number"].as_integer()
    )
    return session.execute(ordered.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, wanted: tuple[Select[*Listed], ColumnElement[Any]]) -> int:
    """Count the selected proposals."""
    return session.scalar(select(func.count()).select_from(wanted[0].subquery())) or 0


def sources(session: ReadSession, actor: Actor, within: Within) -> Sequence[str]:
    """List the codes of the entities whose documents of a meeting have proposals."""
    entities = wanted_of(actor, within, WantedProposals())[0].with_only_columns(Document.entity).distinct()
    return session.scalars(entities).all()


def _expand_proposals(documents: Select[Document]) -> tuple[Select[*Listed], ColumnElement[Any]]:
    """Turn the proposals of these documents into rows; also returns the column with the proposal."""
    proposal = func.jsonb_array_elements(Document.proposals).table_valued(Column("value", JSONB))
    columns = (
        Document.id,
        Document.symbol,
        Document.entity,
        Document.number,
        Document.original,
        Document.titles,
        Series.code,
        Series.proposal,
        proposal.c.value,
    )
    statement = (
        documents.join(Series, Series.id == Document.series_id)
        .join(proposal, true())
        .where(Document.ended_as.is_(None))
        .with_only_columns(*columns)
    )
    return statement, proposal.c.value
