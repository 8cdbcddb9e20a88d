"""Give the floor, end statements, and run the clock of the statement."""

from collections.abc import Iterator
from uuid import UUID

from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.core.permissions import Actor
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import floor_lock
from app.domain.floor.inputs import ListReasonInput, SpeakingLimitInput
from app.domain.floor.models import FloorRequest, FloorRequestKind, FloorRequestStatus
from app.domain.meetings.models import Meeting

EXTRA_SECONDS = 60
"""Seconds by which the chair extends a statement."""


def give_floor(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    request_id: UUID,
    giving: ListReasonInput | None = None,
    *,
    version: int,
) -> None:
    """Give the floor to a request. The present statement ends, or a point of order interrupts it.

    A delegation that is not the first on the list is moved there, with the reason, if there is one. Raises Forbidden,
    Stale, NotFound; Conflict if a point of order, an interrupted speaker or the list comes first.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    floor_request = queries.get_floor_request(session, floor.sitting, request_id)
    requests = floor.list_requests()
    queue = rules.sort_waiting_requests(requests)
    if objection := rules.find_obstacle_to_giving_floor(floor_request, queue):
        raise Conflict(objection)
    changes: list[Event] = []
    if was := queue.index(floor_request):
        floor.record_move(floor_request, was=was + 1, becomes=1, reason=(giving or ListReasonInput()).words)
        changes.append(events.SpeakersListReordered(meeting.id, floor_request.id, was + 1, 1))
    if speaker := queries.find_request_with_floor(requests):
        if rules.is_interrupting(floor_request, speaker):
            floor_lock.stop_request_clock(floor, speaker)
            speaker.standing = FloorRequestStatus.INTERRUPTED
        else:
            changes.append(_end_statement(floor, speaker))
        session.flush()  # the unique index allows one speaker, so the former one is written first
    floor_request.standing, floor_request.runs_since = FloorRequestStatus.SPEAKING, floor.moment
    floor_request.given_at = floor_request.given_at or floor.moment
    floor_request.limit_seconds = floor_request.limit_seconds or _compute_limit(floor, floor_request)
    floor.record_change(*changes, events.FloorGiven(meeting.id, floor_request.id, floor_request.entity))


def end_statement(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """End the present statement. Raises Forbidden, Stale; Conflict if no one has the floor."""
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    floor.record_change(_end_statement(floor, _require_speaker(floor)))


def stop_speaker_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Stop the clock of the present statement, for instance while interpretation fails.

    Raises Forbidden, Stale; Conflict if no one has the floor.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    floor_lock.stop_request_clock(floor, speaker)
    floor.record_change(events.ClockSet(meeting.id, speaker.id, "stop"))


def start_speaker_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Start the clock of the present statement again. Raises Forbidden, Stale; Conflict if no one has the floor."""
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    speaker.runs_since = speaker.runs_since or floor.moment
    floor.record_change(events.ClockSet(meeting.id, speaker.id, "start"))


def extend_speaking_time(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Extend the time limit of the present statement by one minute.

    Raises Forbidden, Stale; Conflict if no one has the floor or there is no limit.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    if speaker.limit_seconds is None:
        raise Conflict(_("There is currently no time limit for statements."))
    speaker.limit_seconds += EXTRA_SECONDS
    floor.record_change(events.ClockSet(meeting.id, speaker.id, "more"))


def set_speaking_limit(
    session: WriteSession, actor: Actor, meeting: Meeting, limit: SpeakingLimitInput, *, version: int
) -> None:
    """Set the time limit of the statements after the present one, and the limits of each State on the current item.

    Raises Forbidden, Stale; Conflict if limits of an item are set before there is one.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    changes = [*_set_item_limits(floor, limit)]
    floor.sitting.limit_seconds = round(limit.minutes * 60) if limit.minutes else None
    changed = events.SpeakersListChanged(meeting.id, "limit", "", floor.sitting.limit_seconds)
    floor.record_change(*changes, changed)


def end_all_statements(floor: floor_lock.LockedFloor) -> list[events.FloorEnded]:
    """End the present and the interrupted statements, and return their events."""
    on_the_floor = (FloorRequestStatus.SPEAKING, FloorRequestStatus.INTERRUPTED)
    return [_end_statement(floor, request) for request in floor.list_requests() if request.standing in on_the_floor]


def _set_item_limits(floor: floor_lock.LockedFloor, limit: SpeakingLimitInput) -> Iterator[events.ItemLimitsSet]:
    """Set the limits of each State on the current item; yield the event if they change."""
    sitting, seconds = floor.sitting, round(limit.state_minutes * 60) if limit.state_minutes else None
    was = sitting.state_statements, sitting.state_seconds
    if was == (limit.statements, seconds):
        return
    if sitting.item_id is None:
        raise Conflict(_("Open an item first: these limits are those of an item."))
    sitting.state_statements, sitting.state_seconds = limit.statements, seconds
    yield events.ItemLimitsSet(
        floor.meeting.id, sitting.item_id, was[0] or 0, limit.statements or 0, was[1] or 0, seconds or 0
    )


def _compute_limit(floor: floor_lock.LockedFloor, request: FloorRequest) -> int | None:
    """Compute the seconds of a statement that begins; the time of a State on an item does not bound points of order."""
    if floor.sitting.state_seconds is None or request.kind != FloorRequestKind.FLOOR:
        return floor.sitting.limit_seconds
    spoken = queries.compute_spoken_on_item(floor.session, floor.sitting, request.entity, floor.moment)
    return rules.compute_statement_limit(floor.sitting, spoken)


def _require_speaker(floor: floor_lock.LockedFloor) -> FloorRequest:
    """Return the request that has the floor. Raises Conflict if there is none."""
    speaker = queries.find_request_with_floor(floor.list_requests())
    if speaker is None:
        raise Conflict(_("No one has the floor."))
    return speaker


def _end_statement(floor: floor_lock.LockedFloor, request: FloorRequest) -> events.FloorEnded:
    """End a statement and return the event."""
    floor_lock.stop_request_clock(floor, request)
    request.standing, request.ended_at = FloorRequestStatus.DONE, floor.moment
    return events.FloorEnded(floor.meeting.id, request.id, round(request.ran_seconds))
