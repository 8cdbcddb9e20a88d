"""What happened at a meeting, grouped by agenda item: the facts from which its report is generated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from app.core import clock
from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.decisions import queries as decisions
from app.domain.decisions.models import ActionPoint, Decision, DecisionPosition
from app.domain.floor import queries as floor
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.queries import list_sessions
from app.domain.reports import queries
from app.web.views.floor.list_reasons import describe_list_reason


@dataclass(slots=True)
class ItemFacts:
    """What happened under one item: who had the floor, why the list of speakers was reordered, when it was closed,
    and the decisions."""

    floor_requests: list[FloorRequest] = field(default_factory=list)
    reorder_reasons: list[LazyText | str] = field(default_factory=list)
    list_closed_at: datetime | None = None
    decisions: list[Decision] = field(default_factory=list)


@dataclass(slots=True)
class MeetingFacts:
    """The facts under each item of the released agenda; those under none of them have the key None.

    `has_all_sessions` is whether the record has the first session and, once the meeting is closed, every planned one:
    otherwise it says nothing about when the meeting was opened and closed.
    """

    sittings: Sequence[Sitting]
    has_all_sessions: bool
    by_item: dict[UUID | None, ItemFacts] = field(default_factory=dict)
    positions: dict[UUID, list[DecisionPosition]] = field(default_factory=dict)
    action_points: dict[UUID, list[ActionPoint]] = field(default_factory=dict)
    names_of_owners: Mapping[UUID, str] = field(default_factory=dict)


LISTS_OF_FACTS = (
    floor.list_sittings,
    floor.list_requests_of_meeting,
    floor.list_moves_of_meeting,
    list_sessions,
    decisions.list_decisions,
    decisions.list_positions,
    queries.list_all_action_points,
)
"""What the facts of a meeting are read from together."""


def collect_meeting_facts(session: ReadSession, meeting: Meeting, items: Collection[UUID]) -> MeetingFacts:
    """Collect everything recorded at the meeting; facts under items not in `items` have the key None."""
    read_together(session, meeting, *LISTS_OF_FACTS)
    sittings, planned = floor.list_sittings(session, meeting), list_sessions(session, meeting)
    has_first = bool(sittings) and sittings[0].session_id == planned[0].id
    has_every = meeting.life != MeetingLife.CLOSED or len(sittings) == len(planned)
    facts = MeetingFacts(sittings, has_first and has_every)

    def facts_of(item: UUID | None) -> ItemFacts:
        return facts.by_item.setdefault(item if item in items else None, ItemFacts())

    requests_by_id = {each.id: each for each in floor.list_requests_of_meeting(session, meeting)}
    for each in sorted((each for each in requests_by_id.values() if each.given_at), key=_given_at):
        facts_of(each.item_id).floor_requests.append(each)
    for move in floor.list_moves_of_meeting(session, meeting):
        reasons = facts_of(requests_by_id[move.request_id].item_id).reorder_reasons
        if move.reason:
            reasons.append(describe_list_reason(move.reason))
        else:  # it undid the one before
            reasons.pop()
    for each_item in facts.by_item.values():
        each_item.reorder_reasons = [each for each in each_item.reorder_reasons if each]
    ended_at = facts.sittings[-1].closed_at if facts.sittings else None
    for item, closed_at in floor.list_closing_times_by_item(session, meeting).items():
        if closed_at <= (ended_at or clock.now()):
            facts_of(item).list_closed_at = closed_at
    meeting_decisions = decisions.list_decisions(session, meeting)
    for decision in meeting_decisions:
        facts_of(decision.item_id).decisions.append(decision)
    facts.positions = dict(decisions.list_positions_by_decision(session, meeting))
    for point, decision, _ in queries.list_all_action_points(session, meeting):
        facts.action_points.setdefault(decision.id, []).append(point)
    facts.names_of_owners = queries.index_owner_names(session, chain.from_iterable(facts.action_points.values()))
    return facts


def _given_at(request: FloorRequest) -> tuple[datetime | None, int]:
    return request.given_at, request.number
