"""What became of all that cites a clause, from the clause downwards, as far as an actor may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.core.db import ReadSession, count_rows
from app.core.permissions import Actor
from app.domain.citations.queries import (
    CitedColumn,
    CitingItemColumns,
    read_citing_rows,
    select_citing_documents,
)
from app.domain.contributions.models import Contribution
from app.domain.document_outcomes.queries.kinds import OUTCOME_SOURCES
from app.domain.document_outcomes.queries.outcomes import read_outcomes
from app.domain.document_outcomes.rules.outcomes import DocumentOutcomes, ItemOutcome, OutputOutcome, ReplyOutcome
from app.domain.documents.models import Document
from app.domain.outputs.models import Output

MOST_TRACED = 25
"""Documents whose outcomes are traced: the latest of those that cite the clause."""


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """What cites a clause: documents, the latest first, of `total` that the actor may see, with what became of each;
    contributions that are not registered yet; outputs that came of none of these documents; and agenda items that none
    of these documents is under."""

    documents: Sequence[Document]
    total: int
    outcomes: Mapping[UUID, DocumentOutcomes]
    contributions: Sequence[Contribution]
    outputs: Sequence[Output]
    agenda_items: Sequence[Row[*CitingItemColumns]]


def find_clause_trace(session: ReadSession, actor: Actor, code: str) -> ClauseTrace:
    """Find what cites a clause and what became of it."""
    citing = select_citing_documents(actor, CitedColumn.MANDATES, code)
    latest = citing.order_by(Document.registered_at.desc(), Document.id).limit(MOST_TRACED)
    documents = session.scalars(latest).all()
    outcomes = read_outcomes(session, actor, [each.id for each in documents], OUTCOME_SOURCES) if documents else {}
    shown = [each for found in outcomes.values() for each in found.outcomes]
    traced = {each.output_id for each in shown if isinstance(each, OutputOutcome | ReplyOutcome)}
    items = {each.item_id for each in shown if isinstance(each, ItemOutcome)}
    rows = read_citing_rows(session, actor, CitedColumn.MANDATES, code)
    return ClauseTrace(
        documents,
        count_rows(session, citing) if len(documents) == MOST_TRACED else len(documents),
        outcomes,
        rows.contributions,
        [each for each in rows.outputs if each.id not in traced],
        [each for each in rows.agenda_items if each.item_id not in items],
    )
