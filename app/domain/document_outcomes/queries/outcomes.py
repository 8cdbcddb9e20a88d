"""Read what became of documents, all kinds in one statement. Access to the documents is checked by the caller."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from app.core.database.combined_lists import CombinedStatement, combine_statements
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.document_outcomes.queries.kinds import OUTCOME_SOURCES, TRACE_SOURCES, OutcomeSource
from app.domain.document_outcomes.queries.parameters import AGENDA_ITEMS, DOCUMENTS, OUTPUTS, is_asked_about
from app.domain.document_outcomes.rules.outcomes import DocumentOutcomes, group_outcomes
from app.domain.documents.models import Document
from app.domain.meetings.queries import is_meeting_of_series, list_visible_meetings

FOR_LISTS = tuple(each for each in OUTCOME_SOURCES if each.for_lists)


def find_document_outcomes(session: ReadSession, actor: Actor, document_id: UUID) -> DocumentOutcomes:
    """Find everything that became of a document, as far as the actor may see it."""
    return _read_outcomes(session, actor, {DOCUMENTS: [document_id]}, OUTCOME_SOURCES)[document_id]


def index_outcomes_of_documents(
    session: ReadSession, actor: Actor, document_ids: Collection[UUID]
) -> Mapping[UUID, DocumentOutcomes]:
    """Map documents to what became of them, as far as the actor may see it and lists show it."""
    return _read_outcomes(session, actor, {DOCUMENTS: list(document_ids)}, FOR_LISTS) if document_ids else {}


def read_traced_outcomes(
    session: ReadSession,
    actor: Actor,
    document_ids: Sequence[UUID],
    item_ids: Sequence[UUID],
    output_ids: Sequence[UUID],
) -> Mapping[UUID, DocumentOutcomes]:
    """Map documents, agenda items and outputs, which the actor may see, to all that became of them."""
    if not (document_ids or item_ids or output_ids):
        return {}
    asked = {DOCUMENTS: document_ids, AGENDA_ITEMS: item_ids, OUTPUTS: output_ids}
    return _read_outcomes(session, actor, asked, TRACE_SOURCES)


def _read_outcomes(
    session: ReadSession, actor: Actor, asked: Mapping[str, Sequence[UUID]], sources: tuple[OutcomeSource, ...]
) -> Mapping[UUID, DocumentOutcomes]:
    """Read the outcomes of these sources and the meetings of the documents, in one statement."""
    meetings, *lists = _combine(actor, sources).read(session, asked)
    outcomes = chain.from_iterable(map(source.build, rows) for source, rows in zip(sources, lists, strict=True))
    return group_outcomes(
        chain.from_iterable(asked.values()), outcomes, {row.document_id: row.Meeting for row in meetings}
    )


@keep_statement
def _combine(actor: Actor, sources: tuple[OutcomeSource, ...]) -> CombinedStatement:
    """Combine the statements for an actor. OFFSET 0 keeps the database from planning all of them at once, which takes
    a fifth longer."""
    statements = _select_meetings(actor), *(each.select(actor) for each in sources)
    return combine_statements([each.offset(0) for each in statements])


def _select_meetings(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible meetings that the documents were registered for."""
    meetings = list_visible_meetings(actor).join(Document, is_meeting_of_series(Document.body_id, Document.scope))
    return meetings.where(is_asked_about(Document.id)).add_columns(Document.id.label("document_id"))
