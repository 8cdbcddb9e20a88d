"""Lock the floor of a meeting for one change, and notify listeners once it is committed."""

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
    """The locked floor of a meeting, for one change. The lock holds until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    sitting: Sitting
    moment: datetime

    def done(self, *happened: Event, tools: bool = True) -> None:
        """Count and record the change, and notify listeners on commit.

        `by_chair` says that the chair's tools were used, which advances the version.
        """
        self.sitting.changes += 1
        self.sitting.version += tools
        self.session.flush()
        for event in happened:
            journal.record(self.session, self.actor, event, body=self.meeting.body_id)
        message = queries.OVER if self.sitting.closed_at else self.sitting.changes
        bell.ring(self.session, queries.topic(self.meeting.id), message)

    def requests(self) -> list[FloorRequest]:
        """List all requests for the floor in this session."""
        return list(queries.requests(self.session, self.sitting))


def lock(session: WriteSession, actor: Actor, meeting: Meeting) -> Turn:
    """Lock the floor of the open session. Raises Conflict if no session is open."""
    floor = lock_if_it_sits(session, actor, meeting)
    if floor is None:
        raise Conflict(sits.objection)
    return floor


def lock_if_it_sits(session: WriteSession, actor: Actor, meeting: Meeting) -> Turn | None:
    """Lock the floor if a session is open; None otherwise, for actions that are allowed between sessions too."""
    session.flush()
    sitting = queries.open_one(session, meeting, lock=True)
    return Turn(session, actor, meeting, sitting, clock.now()) if sitting else None


def take(session: WriteSession, actor: Actor, meeting: Meeting, version: int) -> Turn:
    """Lock the floor for the chair's tools, at the version that the actor saw.

    Raises Conflict if no session is open, Stale if the floor is at another version.
    """
    floor = lock(session, actor, meeting)
    if floor.sitting.version != version:
        raise Stale()
    return floor


def stop(turn: Turn, request: FloorRequest) -> None:
    """Stop the clock of a statement."""
    request.ran_seconds = rules.seconds_spoken(request, turn.moment)
    request.runs_since = None


def insist_on_waiting(request: FloorRequest) -> None:
    """Raise Conflict unless the request is waiting."""
    if request.standing != Standing.WAITING:
        raise Conflict(say("This request does not wait any more."))
