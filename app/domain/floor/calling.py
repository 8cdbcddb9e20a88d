"""Give the floor, end statements, and run the clock of the statement."""

from uuid import UUID

from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.floor import events, queries, rules, turns
from app.domain.floor.inputs import Limit
from app.domain.floor.models import FloorRequest, Standing
from app.domain.meetings.models import Meeting

MORE = 60
"""Seconds by which the chair extends a statement."""


def give(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, *, version: int) -> None:
    """Give the floor to the first request in order. The present statement ends, or a point of order interrupts it.

    Raises Forbidden, Stale, NotFound; Conflict if another request comes first.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor_request = queries.one_request(session, floor.sitting, request)
    requests = floor.requests()
    if objection := rules.against_giving(floor_request, rules.in_order(requests)):
        raise Conflict(objection)
    ended = []
    if speaker := queries.speaking(requests):
        if rules.interrupts(floor_request, speaker):
            turns.stop(floor, speaker)
            speaker.standing = Standing.INTERRUPTED
        else:
            ended.append(_end_statement(floor, speaker))
        session.flush()  # the unique index allows one speaker, so the former one is written first
    floor_request.standing, floor_request.runs_since = Standing.SPEAKING, floor.moment
    floor_request.given_at = floor_request.given_at or floor.moment
    floor_request.limit_seconds = floor_request.limit_seconds or floor.sitting.limit_seconds
    floor.done(*ended, events.FloorGiven(meeting.id, floor_request.id, floor_request.entity))


def end(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """End the present statement. Raises Forbidden, Stale; Conflict if nobody has the floor."""
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor.done(_end_statement(floor, _require_speaker(floor)))


def stop_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Stop the clock of the present statement, for instance while interpretation fails.

    Raises Forbidden, Stale; Conflict if nobody has the floor.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    turns.stop(floor, speaker)
    floor.done(events.ClockSet(meeting.id, speaker.id, "stop"))


def start_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Start the clock of the present statement again. Raises Forbidden, Stale; Conflict if nobody has the floor."""
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    speaker.runs_since = speaker.runs_since or floor.moment
    floor.done(events.ClockSet(meeting.id, speaker.id, "start"))


def more_time(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Extend the time limit of the present statement by one minute.

    Raises Forbidden, Stale; Conflict if nobody has the floor or there is no limit.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    speaker = _require_speaker(floor)
    if speaker.limit_seconds is None:
        raise Conflict(say("Statements have no time limit now."))
    speaker.limit_seconds += MORE
    floor.done(events.ClockSet(meeting.id, speaker.id, "more"))


def set_limit(session: WriteSession, actor: Actor, meeting: Meeting, new: Limit, *, version: int) -> None:
    """Set the time limit of statements from now on; the present one keeps its limit.

    Raises Forbidden, Conflict, Stale.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor.sitting.limit_seconds = round(new.minutes * 60) if new.minutes else None
    floor.done(events.ListChanged(meeting.id, "limit", "", floor.sitting.limit_seconds))


def end_all(turn: turns.Turn) -> list[events.FloorEnded]:
    """End the present and the interrupted statements, and return their events."""
    on_the_floor = (Standing.SPEAKING, Standing.INTERRUPTED)
    return [_end_statement(turn, request) for request in turn.requests() if request.standing in on_the_floor]


def _require_speaker(floor: turns.Turn) -> FloorRequest:
    """Return the request that has the floor. Raises Conflict if there is none."""
    speaker = queries.speaking(floor.requests())
    if speaker is None:
        raise Conflict(say("Nobody has the floor."))
    return speaker


def _end_statement(floor: turns.Turn, request: FloorRequest) -> events.FloorEnded:
    """End a statement and return the event."""
    turns.stop(floor, request)
    request.standing, request.ended_at = Standing.DONE, floor.moment
    return events.FloorEnded(floor.meeting.id, request.id, round(request.ran_seconds))
