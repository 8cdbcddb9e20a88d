"""A turn at the floor: the sitting locked, and those who listen told once it is committed."""

from dataclasses import dataclass
from datetime import datetime

from app.core import bell, clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Stale
from app.core.i18n import say
from app.core.journal import Event
from app.domain.decisions.rules import sits
from app.domain.floor import queries, rules
from app.domain.floor.models import FloorRequest, Sitting, Standing
from app.domain.meetings.models import Meeting


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of the floor. Nobody else changes it until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    sitting: Sitting
    moment: datetime

    def done(self, *happened: Event, tools: bool = True) -> None:
        """It was changed: note it and tell everybody. `tools` says that the chair's tools were used."""
        self.sitting.changes += 1
        self.sitting.version += tools
        self.session.flush()
        for each in happened:
            journal.record(self.session, self.actor, each, body=self.meeting.body_id)
        word = queries.OVER if self.sitting.closed_at else self.sitting.changes
        bell.ring(self.session, queries.topic(self.meeting.id), word)

    def requests(self) -> list[FloorRequest]:
        """Everybody who asked for the floor in this session."""
        return list(queries.requests(self.session, self.sitting))


def lock(session: WriteSession, actor: Actor, meeting: Meeting) -> Turn:
    """The session that sits. Raises Conflict if none does."""
    turn = lock_if_it_sits(session, actor, meeting)
    if turn is None:
        raise Conflict(sits.objection)
    return turn


def lock_if_it_sits(session: WriteSession, actor: Actor, meeting: Meeting) -> Turn | None:
    """The session that sits, if one does; for what may also be done between two sessions."""
    session.flush()
    sitting = queries.open_one(session, meeting, lock=True)
    return Turn(session, actor, meeting, sitting, clock.now()) if sitting else None


def take(session: WriteSession, actor: Actor, meeting: Meeting, version: int) -> Turn:
    """The same for whoever uses the chair's tools. Raises Conflict, Stale."""
    turn = lock(session, actor, meeting)
    if turn.sitting.version != version:
        raise Stale()
    return turn


def stop(turn: Turn, request: FloorRequest) -> None:
    """Stop the clock of a statement."""
    request.ran_seconds = rules.seconds_spoken(request, turn.moment)
    request.runs_since = None


def insist_on_waiting(request: FloorRequest) -> None:
    """Raises Conflict if it does not wait any more."""
    if request.standing != Standing.WAITING:
        raise Conflict(say("This request does not wait any more."))
