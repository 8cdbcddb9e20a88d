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

from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.documents.models import Document, DocumentSeries
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.search.inputs import DocumentSearchScope, ProposalFilter
from app.domain.search.rules import MAX_MATCHES, normalize_symbol

SERIES_CODES = "inf|adm|dt|dl|r"
PROPOSAL_SYMBOL_PATTERN = re.compile(
    rf"(?P<source>[a-z]{{2,8}})[ /](?:(?P<series>{SERIES_CODES})[ /]?)?(?P<number>\d{{1,6}})(?:a(?P<part>\d{{1,3}}))?/"
    r"(?P<proposal>\d{1,3})",
    re.ASCII,
)

ProposalRow = tuple[UUID, str, str, int, str, LocalizedText, str, str, bool | None, dict[str, Any]]
"""id, symbol, entity, number, original, titles, code and proposal format of the series, at_request, the proposal as
stored."""


@dataclass(frozen=True, slots=True)
class ProposalSymbol:
    """A parsed proposal symbol. Without a series it is in a contribution; part 0 is the document itself."""

    source: str
    series: str
    number: int
    part: int
    proposal: int


def parse_proposal_symbol(text: str) -> ProposalSymbol | None:
    """Parse a proposal symbol such as `KEN/5/1` or `KEN/5A1/1` in any usual spelling; None if it is none."""
    match = PROPOSAL_SYMBOL_PATTERN.fullmatch(normalize_symbol(text))
    if match is None:
        return None
    series = (match["series"] or "c").upper()
    numbers = (int(match["number"]), int(match["part"] or 0), int(match["proposal"]))
    return ProposalSymbol(match["source"].upper(), series, *numbers)


def find_proposals_by_symbol(session: ReadSession, actor: Actor, symbol: ProposalSymbol) -> Sequence[Row[*ProposalRow]]:
    """Find the visible proposals with that symbol, in the latest documents that have one."""
    parts = [{"part": symbol.part, "number": symbol.proposal}]
    statement, proposal = _expand_proposals(
        list_visible_documents(actor).where(
            Document.entity == symbol.source,
            Document.number == symbol.number,
            Document.proposals.contains(parts),
            DocumentSeries.code == symbol.series,
        )
    )
    has_symbol = proposal["part"].as_integer() == symbol.part, proposal["number"].as_integer() == symbol.proposal
    return session.execute(
        statement.where(*has_symbol).order_by(Document.registered_at.desc()).limit(MAX_MATCHES)
    ).all()


def select_proposals(
    actor: Actor, scope: DocumentSearchScope, filters: ProposalFilter
) -> tuple[Select[*ProposalRow], ColumnElement[Any]]:
    """Select the proposals of a meeting's documents that fit the filters, and the column with the proposal."""
    documents = list_visible_documents(actor).where(Document.body_id == scope.body, Document.scope == scope.scope)
    if filters.source is not None:
        documents = documents.where(Document.entity == filters.source)
    statement, proposal = _expand_proposals(documents)
    if filters.kind is not None:
        statement = statement.where(func.coalesce(proposal["kind"].astext, "none") == filters.kind)
    return statement, proposal


def list_proposals(
    session: ReadSession,
    selection: tuple[Select[*ProposalRow], ColumnElement[Any]],
    *,
    limit: int,
    offset: int,
) -> Sequence[Row[*ProposalRow]]:
    """List a page of selected proposals, in the order of the documents and of the proposals in each."""
    statement, proposal = selection
    ordered = statement.order_by(
        DocumentSeries.code, Document.number, proposal["part"].as_integer(), proposal["number"].as_integer()
    )
    return session.execute(ordered.limit(limit).offset(offset)).all()


def count_proposals(session: ReadSession, selection: tuple[Select[*ProposalRow], ColumnElement[Any]]) -> int:
    """Count the selected proposals."""
    return session.scalar(select(func.count()).select_from(selection[0].subquery())) or 0


def list_proposal_sources(session: ReadSession, actor: Actor, scope: DocumentSearchScope) -> Sequence[str]:
    """List the codes of the entities whose documents of a meeting have proposals."""
    entities = select_proposals(actor, scope, ProposalFilter())[0].with_only_columns(Document.entity).distinct()
    return session.scalars(entities).all()


def _expand_proposals(documents: Select[Document]) -> tuple[Select[*ProposalRow], ColumnElement[Any]]:
    """Turn the proposals of these documents into rows; also returns the column with the proposal."""
    proposal = func.jsonb_array_elements(Document.proposals).table_valued(Column("value", JSONB))
    columns = (
        Document.id,
        Document.symbol,
        Document.entity,
        Document.number,
        Document.original,
        Document.titles,
        DocumentSeries.code,
        DocumentSeries.proposal,
        Document.at_request,
        proposal.c.value,
    )
    statement = (
        documents.join(DocumentSeries, DocumentSeries.id == Document.series_id)
        .join(proposal, true())
        .where(Document.ended_as.is_(None))
        .with_only_columns(*columns)
    )
    return statement, proposal.c.value
