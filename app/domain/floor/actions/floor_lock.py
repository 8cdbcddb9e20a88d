"""Lock the floor of a meeting for one change, and notify listeners once it is committed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.core import clock, journal, pubsub
from app.core.db import WriteSession
from app.core.errors import Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.core.permissions import Actor
from app.domain.decisions.rules import is_in_session
from app.domain.floor import queries, rules
from app.domain.floor.actions.last_act import FloorSnapshot, build_last_act, take_floor_snapshot
from app.domain.floor.models import FloorRequest, FloorRequestMove, FloorRequestStatus, Sitting
from app.domain.meetings.models import Meeting


@dataclass(frozen=True, slots=True)
class LockedFloor:
    """The locked floor of a meeting, for one change. The lock holds until the transaction ends.

    `before` is the floor before an act that can be undone.
    """

    session: WriteSession
    actor: Actor
    meeting: Meeting
    sitting: Sitting
    moment: datetime
    before: FloorSnapshot | None = None

    def record_change(self, *journal_events: Event, by_chair: bool = True) -> None:
        """Count and record the change, and notify listeners on commit.

        `by_chair` says that the chair's tools were used, which advances the version. What such an act changed is kept,
        so that it can be undone; a session that was closed is opened again instead, and a decision is corrected.
        """
        self.sitting.changes += 1
        self.sitting.version += by_chair
        if by_chair:
            can_undo = self.before is not None and journal_events and self.sitting.closed_at is None
            self.sitting.last_act = self._dump_last_act(journal_events[-1]) if can_undo else None
        self.session.flush()
        for event in journal_events:
            journal.record_event(self.session, self.actor, event, body=self.meeting.body_id)
        message = queries.SESSION_CLOSED if self.sitting.closed_at else self.sitting.changes
        pubsub.notify(self.session, queries.floor_channel(self.meeting.id), message)

    def _dump_last_act(self, event: Event) -> dict[str, Any]:
        """Return the act as JSON values."""
        assert self.before
        act = build_last_act(self.before, self.sitting, self.list_requests(), event, self.moment)
        return act.model_dump(mode="json")

    def record_move(self, request: FloorRequest, *, was: int, becomes: int, reason: str) -> None:
        """Record that the chair changed the order of the list, for everybody to see."""
        self.session.add(
            FloorRequestMove(
                request_id=request.id,
                was=was,
                becomes=becomes,
                reason=reason,
                moved_by=self.actor.person,
                moved_at=self.moment,
            )
        )

    def list_requests(self) -> list[FloorRequest]:
        """List all requests for the floor in this session."""
        return list(queries.list_floor_requests(self.session, self.sitting))


def lock_floor(session: WriteSession, actor: Actor, meeting: Meeting) -> LockedFloor:
    """Lock the floor of the open session. Raises Conflict if no session is open."""
    floor = lock_floor_if_in_session(session, actor, meeting)
    if floor is None:
        raise Conflict(is_in_session.denied_because)
    return floor


def lock_floor_if_in_session(session: WriteSession, actor: Actor, meeting: Meeting) -> LockedFloor | None:
    """Lock the floor if a session is open; None otherwise, for actions that are allowed between sessions too."""
    session.flush()
    sitting = queries.find_open_sitting(session, meeting, lock=True)
    return LockedFloor(session, actor, meeting, sitting, clock.now()) if sitting else None


def lock_floor_for_chair(session: WriteSession, actor: Actor, meeting: Meeting, version: int) -> LockedFloor:
    """Lock the floor for the chair's tools, at the version that the actor saw.

    Raises Conflict if no session is open, Stale if the floor is at another version.
    """
    floor = lock_floor(session, actor, meeting)
    require_version(floor.sitting.version, version)
    return replace(floor, before=take_floor_snapshot(floor.sitting, floor.list_requests()))


def stop_request_clock(floor: LockedFloor, request: FloorRequest) -> None:
    """Stop the clock of a statement."""
    request.ran_seconds = rules.seconds_spoken(request, floor.moment)
    request.runs_since = None


def require_waiting(request: FloorRequest) -> None:
    """Raise Conflict unless the request is waiting."""
    if request.standing != FloorRequestStatus.WAITING:
        raise Conflict(_("This request is no longer pending."))
