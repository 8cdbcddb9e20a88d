"""Giving the floor and ending a statement; the clock that runs meanwhile."""

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
"""Seconds that the chair adds at once."""


def give(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, *, version: int) -> None:
    """Give the floor to whom it is due. Who had it has ended, or is interrupted by a point of order."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    wanted = queries.one_request(session, turn.sitting, request)
    all_of_them = turn.requests()
    if objection := rules.against_giving(wanted, rules.in_order(all_of_them)):
        raise Conflict(objection)
    ended = []
    if now := queries.speaking(all_of_them):
        if rules.interrupts(wanted, now):
            turns.stop(turn, now)
            now.standing = Standing.INTERRUPTED
        else:
            ended.append(_end(turn, now))
        session.flush()  # two never have the floor, not even inside one statement
    wanted.standing, wanted.runs_since = Standing.SPEAKING, turn.moment
    wanted.given_at = wanted.given_at or turn.moment
    wanted.limit_seconds = wanted.limit_seconds or turn.sitting.limit_seconds
    turn.done(*ended, events.FloorGiven(meeting.id, wanted.id, wanted.entity))


def end(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """The statement is at its end. Raises Conflict if nobody has the floor."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    turn.done(_end(turn, _speaker(turn)))


def stop_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """What follows does not count: an interpreter is missing, a document is looked for."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    speaker = _speaker(turn)
    turns.stop(turn, speaker)
    turn.done(events.ClockSet(meeting.id, speaker.id, "stop"))


def start_clock(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    speaker = _speaker(turn)
    speaker.runs_since = speaker.runs_since or turn.moment
    turn.done(events.ClockSet(meeting.id, speaker.id, "start"))


def more_time(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """One minute more than the limit. Raises Conflict if there is none."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    speaker = _speaker(turn)
    if speaker.limit_seconds is None:
        raise Conflict(say("Statements have no time limit now."))
    speaker.limit_seconds += MORE
    turn.done(events.ClockSet(meeting.id, speaker.id, "more"))


def set_limit(session: WriteSession, actor: Actor, meeting: Meeting, new: Limit, *, version: int) -> None:
    """How long each statement may be from now on. Who has the floor keeps the limit they began with."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    turn.sitting.limit_seconds = round(new.minutes * 60) if new.minutes else None
    turn.done(events.ListChanged(meeting.id, "limit", "", turn.sitting.limit_seconds))


def end_all(turn: turns.Turn) -> list[events.FloorEnded]:
    """Nobody has the floor any more, and nobody is interrupted."""
    held = (Standing.SPEAKING, Standing.INTERRUPTED)
    return [_end(turn, each) for each in turn.requests() if each.standing in held]


def _speaker(turn: turns.Turn) -> FloorRequest:
    speaker = queries.speaking(turn.requests())
    if speaker is None:
        raise Conflict(say("Nobody has the floor."))
    return speaker


def _end(turn: turns.Turn, request: FloorRequest) -> events.FloorEnded:
    turns.stop(turn, request)
    request.standing, request.ended_at = Standing.DONE, turn.moment
    return events.FloorEnded(turn.meeting.id, request.id, round(request.ran_seconds))
