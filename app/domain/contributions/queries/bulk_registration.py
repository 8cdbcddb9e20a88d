"""What is registered in one act: everything in the queue without findings, with the symbols that it is expected to get;
and what one person registered between two instants."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, not_, select

from app.core.database.combined_lists import StatementsReadTogether, prepare_reading
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession, build_row_count, count_rows
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import RegistrationQueueFilter
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.confirmations import IS_WAITING_FOR_STATE
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.queries.registration_filters import HAS_FINDINGS, select_registration_queue
from app.domain.contributions.queries.registration_queue import (
    FOLLOWED_DOCUMENT,
    contributions_to_register,
    select_queue_rows,
)
from app.domain.documents.models import DocumentSeries, Edition, EditionStep, SeriesCounter
from app.domain.meetings.models import Meeting

MAX_AT_ONCE = 500
"""Contributions that are registered by one act; the earliest first."""


@dataclass(frozen=True, slots=True)
class ExpectedRegistration:
    """A contribution that would be registered now. `symbol` is the one that it would get; of a follow-up, that of the
    document to which it belongs."""

    contribution_id: UUID
    version: int
    entity: str
    title: str
    original: str
    step: str
    symbol: str
    submitted_at: datetime


def select_without_findings(actor: Actor, filters: RegistrationQueueFilter, language: str) -> Select[Contribution]:
    """Select what of the queue can be registered now and has no findings, the earliest submission first."""
    return _leave_out_findings(select_registration_queue(actor, filters.model_copy(update={"sort": None}), language))


def _leave_out_findings(queue: Select[Contribution]) -> Select[Contribution]:
    has_ended = FOLLOWED_DOCUMENT.ended_as.is_not(None)
    return queue.outerjoin(FOLLOWED_DOCUMENT, FOLLOWED_DOCUMENT.id == Contribution.follows_id).where(
        ~HAS_FINDINGS, not_(IS_WAITING_FOR_STATE), func.coalesce(not_(has_ended), True)
    )


def list_beginning_of_queue(session: ReadSession, actor: Actor, limit: int) -> tuple[Sequence[ContributionRow], int]:
    """List the beginning of the whole registration queue, as `list_registration_queue` does, and count what of the
    queue has no findings, in one statement."""
    rows, [[without_findings]] = _prepare_beginning_of_queue(actor, limit).read(session)
    return rows, without_findings


@keep_statement
def _prepare_beginning_of_queue(actor: Actor, limit: int) -> StatementsReadTogether:
    queue = contributions_to_register(actor)
    without_findings = build_row_count(_leave_out_findings(queue)).label("without_findings")
    return prepare_reading((select_queue_rows(queue).limit(limit), select(without_findings)))


def list_expected_registrations(
    session: ReadSession,
    actor: Actor,
    filters: RegistrationQueueFilter,
    language: str,
    *,
    until: datetime | None = None,
) -> list[ExpectedRegistration]:
    """List what would be registered now in one act, in its order: what was submitted by an instant, if one is given.

    One statement. Another secretary may take a number meanwhile: the symbols are a forecast.
    """
    statement = select_without_findings(actor, filters, language)
    if until is not None:
        statement = statement.where(Contribution.submitted_at <= until)
    counter = and_(SeriesCounter.series_id == DocumentSeries.id, SeriesCounter.scope == func.text(Meeting.number))
    rows = session.execute(
        statement.join(Meeting, Meeting.id == Contribution.meeting_id)
        .join(Body, Body.id == Contribution.body_id)
        .join(
            DocumentSeries,
            and_(DocumentSeries.body_id == Contribution.body_id, DocumentSeries.code == Contribution.series),
        )
        .outerjoin(SeriesCounter, counter)
        .limit(MAX_AT_ONCE)
        .with_only_columns(
            *(Contribution.id, Contribution.version, Contribution.entity, Contribution.title, Contribution.original),
            *(Contribution.step, Contribution.meeting_id, Contribution.submitted_at, Meeting.number, Body.prefix),
            DocumentSeries.id.label("series"),
            DocumentSeries.symbol.label("format"),
            func.coalesce(SeriesCounter.last, 0).label("last"),
            FOLLOWED_DOCUMENT.symbol.label("follows"),
        )
    ).all()
    taken: dict[tuple[UUID, UUID], int] = {}
    expected = []
    for row in rows:
        symbol = row.follows
        if row.step == EditionStep.TEXT:
            key = (row.series, row.meeting_id)
            taken[key] = taken.get(key, row.last) + 1
            symbol = row.format.format(prefix=row.prefix, scope=row.number, number=taken[key])
        expected.append(
            ExpectedRegistration(
                row.id, row.version, row.entity, row.title, row.original, row.step, symbol, row.submitted_at
            )
        )
    return expected


def digest_expected_registrations(expected: Iterable[ExpectedRegistration]) -> str:
    """Return the digest of what would be registered, in which versions: what a person saw is what is registered."""
    keys = "\n".join(f"{each.contribution_id}.{each.version}" for each in expected)
    return hashlib.sha256(keys.encode()).hexdigest()


def list_registered_between(
    session: ReadSession, actor: Actor, since: datetime, until: datetime, *, limit: int, offset: int = 0
) -> Sequence[Row[Contribution, str, bool | None]]:
    """List what the actor registered between two instants, both included, with symbols and whether at the request of
    the State, in the order of the registration."""
    registered = _select_registered_between(actor, since, until).add_columns(Edition.symbol, Edition.at_request)
    return session.execute(
        registered.order_by(Edition.registered_at, Contribution.submitted_at, Contribution.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_registered_between(session: ReadSession, actor: Actor, since: datetime, until: datetime) -> int:
    """Count what the actor registered between two instants, both included."""
    return count_rows(session, _select_registered_between(actor, since, until))


def _select_registered_between(actor: Actor, since: datetime, until: datetime) -> Select[Contribution]:
    return (
        list_visible_contributions(actor)
        .join(Edition, Edition.id == Contribution.edition_id)
        .where(Edition.registered_by == actor.person, Edition.registered_at.between(since, until))
    )
