"""Count the contributions of meetings, as far as the actor may see them: for a secretary what was submitted, for a
chair what is registered, and what was submitted late; for everybody in the group what is registered.

Only first texts count, and none that was withdrawn or voided, or that is held for a later meeting.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    String,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from app.core.database.combined_lists import StatementsReadTogether, prepare_reading
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionStatus, Cosponsor
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import MemberState
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import is_meeting_of_series
from app.domain.statistics.rules import SEE
from app.domain.topics.models import Topic
from app.domain.topics.queries import select_topics

CONTRIBUTION_KIND = "contribution"
NO_REGION = ""
"""The region of contributions of members that are no States, and of States without one."""
IS_MEMBER_STATE = MemberState.category == MembershipCategory.MEMBER_STATE
STATE_REGION = func.coalesce(MemberState.region, NO_REGION)


class Dimension(StrEnum):
    """What contributions are counted by: the day of submission at the place of the meeting, the region of their State,
    topic, original language, and whether they were late."""

    DAY = "day"
    REGION = "region"
    TOPIC = "topic"
    LANGUAGE = "language"
    PUNCTUALITY = "punctuality"


class Punctuality(StrEnum):
    """Whether a contribution was submitted by the deadline."""

    ON_TIME = "on-time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class MeetingCounts:
    """The contributions of one meeting: how many, and how many for each value of each dimension."""

    total: int
    by: Mapping[Dimension, Mapping[str, int]]

    @property
    def by_day(self) -> Mapping[date, int]:
        """Return the number of contributions for each day on which any was submitted."""
        return {date.fromisoformat(day): count for day, count in self.by[Dimension.DAY].items()}


@dataclass(frozen=True, slots=True)
class RegionOfStates:
    """How many Member States a region has, and how many of them submitted or co-sponsor a contribution."""

    region: str
    states: int
    contributing: int


@dataclass(frozen=True, slots=True)
class ContributionFigures:
    """The contributions of a meeting and of the one before it, counted by every dimension, by meeting; the Member
    States of each region with those behind a contribution to the meeting; and all topics."""

    counts: Mapping[UUID, MeetingCounts]
    regions: Sequence[RegionOfStates]
    topics: Sequence[Topic]


def load_contribution_figures(
    session: ReadSession, actor: Actor, meeting: Meeting, previous: Meeting | None
) -> ContributionFigures:
    """Load the figures of a meeting in one statement. Raises Forbidden."""
    meetings = [meeting, previous] if previous else [meeting]
    for each in meetings:
        SEE.require(actor, each)
    reading = _prepare_figures(actor, *(each.id for each in meetings))
    counts, states, topics = reading.read(session)
    return ContributionFigures(
        _build_counts(meetings, counts), [RegionOfStates(*row) for row in states], [topic for [topic] in topics]
    )


@keep_statement
def _prepare_figures(actor: Actor, meeting_id: UUID, *previous_ids: UUID) -> StatementsReadTogether:
    """Prepare to read the figures of a meeting, compared with one before it or none. Access is checked by the
    caller."""
    counts = _select_counts(actor, [meeting_id, *previous_ids])
    return prepare_reading((counts, _select_states_by_region(actor, meeting_id), select_topics()))


def _select_counts(actor: Actor, meeting_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """Select the counts of contributions by meeting, dimension and value."""
    counted = _select_counted(actor, meeting_ids).cte()
    return select(*_count_by_dimension(counted).subquery().c)


def _build_counts(meetings: Iterable[Meeting], rows: Iterable[Sequence[Any]]) -> Mapping[UUID, MeetingCounts]:
    counted: dict[UUID, dict[Dimension, dict[str, int]]] = {
        meeting.id: {each: {} for each in Dimension} for meeting in meetings
    }
    for dimension, meeting_id, value, count in rows:
        counted[meeting_id][Dimension(dimension)][value] = count
    return {key: MeetingCounts(sum(by[Dimension.DAY].values()), by) for key, by in counted.items()}


def _select_counted(actor: Actor, meeting_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """Select the contributions of these meetings that count, with their values."""
    is_open = Contribution.id.in_(list_visible_contributions(actor).with_only_columns(Contribution.id))
    is_registered = Document.id.in_(list_visible_documents(actor).with_only_columns(Document.id))
    day = cast(func.timezone(Meeting.zone, Contribution.submitted_at), Date)
    return (
        select(
            Contribution.id,
            Contribution.meeting_id,
            Contribution.entity,
            cast(day, String).label(Dimension.DAY),
            func.coalesce(MemberState.region, NO_REGION).label(Dimension.REGION),
            func.coalesce(Document.topics, Contribution.topics).label(Dimension.TOPIC),
            func.coalesce(Document.original, Contribution.original).label(Dimension.LANGUAGE),
            case((Contribution.late, Punctuality.LATE), else_=Punctuality.ON_TIME).label(Dimension.PUNCTUALITY),
        )
        .join(Meeting, Meeting.id == Contribution.meeting_id)
        .outerjoin(Document, Document.id == Contribution.document_id)
        .outerjoin(MemberState, MemberState.code == Contribution.entity)
        .where(
            Contribution.meeting_id.in_(meeting_ids),
            Contribution.step == EditionStep.TEXT,
            or_(
                and_(Contribution.status == ContributionStatus.SUBMITTED, is_open),
                and_(Contribution.status == ContributionStatus.REGISTERED, Document.ended_as.is_(None), is_registered),
            ),
        )
    )


def _count_by_dimension(counted: CTE) -> CompoundSelect[str, UUID, str, int]:
    """Count these contributions by each dimension; one with several topics counts under each."""
    topic = func.unnest(counted.c[Dimension.TOPIC]).table_valued("code").render_derived()
    parts = []
    for dimension in Dimension:
        value = topic.c.code if dimension is Dimension.TOPIC else counted.c[dimension]
        name = literal(str(dimension)).label("dimension")
        rows = select(name, counted.c.meeting_id, value.label("value"), func.count().label("counted"))
        rows = rows.join_from(counted, topic, true()) if dimension is Dimension.TOPIC else rows.select_from(counted)
        parts.append(rows.group_by(counted.c.meeting_id, value))
    return union_all(*parts)


def count_registered_by_day(
    session: ReadSession, actor: Actor, meetings: Iterable[Meeting]
) -> Mapping[UUID, Mapping[date, int]]:
    """Count the registered contributions of meetings that the actor may see, by the day of registration at the place of
    the meeting; none that was withdrawn or voided."""
    counted: dict[UUID, dict[date, int]] = {meeting.id: {} for meeting in meetings}
    day = cast(func.timezone(Meeting.zone, Document.registered_at), Date)
    rows = (
        list_visible_documents(actor)
        .join(Meeting, is_meeting_of_series(Document.body_id, Document.scope))
        .where(Meeting.id.in_(counted), Document.kind == CONTRIBUTION_KIND, Document.ended_as.is_(None))
        .with_only_columns(Meeting.id, day, func.count())
        .group_by(Meeting.id, day)
    )
    for meeting_id, on, count in session.execute(rows):
        counted[meeting_id][on] = count
    return counted


def _select_states_by_region(actor: Actor, meeting_id: UUID) -> Select[str, int, int]:
    """Select the regions with their Member States, and those behind a contribution to a meeting; none where the body
    admits no Member States."""
    is_contributing = func.count().filter(_build_contributing_condition(actor, meeting_id)).label("contributing")
    counted = select(STATE_REGION, func.count().label("states"), is_contributing)
    counted = counted.where(IS_MEMBER_STATE, _build_admission_condition(meeting_id))
    return counted.group_by(STATE_REGION).order_by(STATE_REGION)


def list_states(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Row[str, str, bool]]:
    """List the Member States by code, each with its region and whether it submitted or co-sponsors a contribution to a
    meeting; none where the body admits no Member States. Raises Forbidden."""
    SEE.require(actor, meeting)
    is_contributing = _build_contributing_condition(actor, meeting.id)
    rows = select(MemberState.code, STATE_REGION, is_contributing)
    rows = rows.where(IS_MEMBER_STATE, _build_admission_condition(meeting.id))
    return session.execute(rows.order_by(MemberState.code)).all()


def _build_admission_condition(meeting_id: UUID) -> ColumnElement[bool]:
    """SQL condition: the body of the meeting admits Member States."""
    body = exists().where(Meeting.id == meeting_id, Body.id == Meeting.body_id)
    return body.where(literal(MembershipCategory.MEMBER_STATE.value) == any_(Body.admits))


def _build_contributing_condition(actor: Actor, meeting_id: UUID) -> ColumnElement[bool]:
    """SQL condition: the State submitted a contribution to the meeting that counts, or co-sponsors one."""
    counted = _select_counted(actor, [meeting_id]).cte()
    cosponsors = select(Cosponsor.entity).join(counted, counted.c.id == Cosponsor.contribution_id)
    return or_(
        MemberState.code.in_(select(counted.c.entity)),
        MemberState.code.in_(cosponsors.where(Cosponsor.signs.is_(True))),
    )
