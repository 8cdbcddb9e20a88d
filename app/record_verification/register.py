"""Numbers of the register that are missing or given twice, and documents of which no line of the journal tells."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import String, cast, select

from app.core import journal
from app.core.db import ReadSession
from app.domain.documents.events import DocumentRegistered
from app.domain.documents.models import Document, DocumentSeries, SeriesCounter
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions.drafting import OUTPUT_SERIES as OUTPUTS
from app.domain.outputs.models import (
    Output,
)
from app.record_verification.facts import select_fact


def find_register_number_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each register number that is missing, given twice, or above the counter.

    A void or withdrawn number exists with its reason; the tables require one.
    """
    numbers_by_series: dict[tuple[UUID, str], list[int]] = {}
    for series, scope, number in _given_numbers(session):
        numbers_by_series.setdefault((series, scope), []).append(number)
    codes = {row.id: row.code for row in session.execute(select(DocumentSeries.id, DocumentSeries.code))}
    counters = {(row.series_id, row.scope): row.last for row in session.scalars(select(SeriesCounter))}
    for key in sorted(numbers_by_series.keys() | counters.keys(), key=str):
        yield from _find_series_faults(
            f"series {codes.get(key[0])} of {key[1]}", numbers_by_series.get(key, []), counters.get(key, 0)
        )


def find_documents_missing_in_journal(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each document in the register without a journal line that records its registration."""
    registered = select_fact("document").where(journal.JournalLine.event == DocumentRegistered.name)
    unregistered = select(Document.symbol).where(cast(Document.id, String).not_in(registered)).order_by(Document.symbol)
    for symbol in session.scalars(unregistered):
        yield f"{symbol} is in the register, and no line of the journal tells of it"


def _given_numbers(session: ReadSession) -> Iterable[tuple[UUID, str, int]]:
    """Yield series, scope and number of every document and numbered output."""
    yield from session.execute(select(Document.series_id, Document.scope, Document.number))
    numbered = (
        select(DocumentSeries.id, cast(Meeting.number, String), Output.number)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .join(DocumentSeries, (DocumentSeries.body_id == Output.body_id) & (DocumentSeries.code == OUTPUTS))
        .where(Output.number.is_not(None))
    )
    for series, scope, number in session.execute(numbered):
        yield series, scope, number or 0


def _find_series_faults(where: str, numbers: list[int], last: int) -> Iterator[str]:
    """Yield a fault for each number up to `last` that is missing, given twice, or above it."""
    tally = Tally(numbers)
    for number in range(1, last + 1):
        if not tally[number]:
            yield f"{where}: number {number} is missing"
    for number, times in sorted(tally.items()):
        if times > 1:
            yield f"{where}: number {number} was given {times} times"
        if number > last:
            yield f"{where}: number {number} was never given out"
