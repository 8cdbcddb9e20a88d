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
from app.domain.document_outcomes.queries.outcomes import read_traced_outcomes
from app.domain.document_outcomes.rules.outcomes import DocumentOutcomes
from app.domain.document_outcomes.rules.traces import (
    TracedOutcomes,
    name_document_key,
    name_item_key,
    name_output_key,
    trace_outcomes,
)
from app.domain.documents.models import Document
from app.domain.outputs.models import Output

MOST_TRACED = 25
"""Documents, outputs and agenda items whose outcomes are traced: of each the latest that cite the clause."""


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """What cites a clause: documents, the latest first, of `total` that the actor may see, contributions that are not
    registered yet, outputs, and agenda items.

    `outcomes` is what became of each by its identifier, `traced` the same with each under what it came of.
    """

    documents: Sequence[Document]
    total: int
    outcomes: Mapping[UUID, DocumentOutcomes]
    contributions: Sequence[Contribution]
    outputs: Sequence[Output]
    agenda_items: Sequence[Row[*CitingItemColumns]]
    traced: TracedOutcomes


def find_clause_trace(session: ReadSession, actor: Actor, code: str) -> ClauseTrace:
    """Find what cites a clause and what became of it."""
    citing = select_citing_documents(actor, CitedColumn.MANDATES, code)
    latest = citing.order_by(Document.registered_at.desc(), Document.id).limit(MOST_TRACED)
    documents = session.scalars(latest).all()
    rows = read_citing_rows(session, actor, CitedColumn.MANDATES, code)
    outputs, items = rows.outputs[:MOST_TRACED], rows.agenda_items[:MOST_TRACED]
    keys = {each.id: name_document_key(each.id) for each in documents}
    keys |= {each.id: name_output_key(each.id) for each in outputs}
    keys |= {each.item_id: name_item_key(each.item_id) for each in items}
    outcomes = read_traced_outcomes(
        session,
        actor,
        [each.id for each in documents],
        [each.item_id for each in items],
        [each.id for each in outputs],
    )
    return ClauseTrace(
        documents,
        count_rows(session, citing) if len(documents) == MOST_TRACED else len(documents),
        outcomes,
        rows.contributions,
        outputs,
        items,
        trace_outcomes({keys[origin]: found for origin, found in outcomes.items()}, code),
    )
