"""Permissions of meetings, the moves of their life cycle, and deadline checks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.access import Actor, Permission, Rule, all_of, any_of, rule
from app.core.i18n import Text, say
from app.domain.bodies.models import Office
from app.domain.bodies.rules import InBody, has_seat, is_chair, is_secretary
from app.domain.meetings.models import Life, Meeting

ENDED = (Life.CLOSED, Life.CANCELLED)
BEFORE_IT = (Life.PLANNED, Life.CONVENED, Life.OPEN)


@rule(say("the meeting is convened"), unless=say("The meeting is not convened yet."))
def was_convened(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life != Life.PLANNED


@rule(say("is the chair of the body"), unless=say("Only the chair, or whom the chair allows, may do this."))
def is_the_chair(actor: Actor, subject: Meeting) -> bool:
    return actor.sits(subject.body_id, Office.CHAIR)


@rule(
    say("holds an office that the chair lets work on the agenda"),
    unless=say("Only the chair, or whom the chair allows, may do this."),
)
def is_deputy(actor: Actor, subject: Meeting) -> bool:
    return bool(subject.deputies) and actor.sits(subject.body_id, *subject.deputies)


@rule(say("the meeting is neither closed nor cancelled"), unless=say("The meeting is closed or was cancelled."))
def goes_on(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life not in ENDED


def stands(words: Text, unless: Text, *lives: Life) -> Rule[Meeting]:
    """Build the rule that a meeting is in one of these life-cycle states."""
    return Rule(words, unless, lambda _, subject: subject.life in lives)


is_planned = stands(say("it is planned"), say("The meeting is convened already, or was cancelled."), Life.PLANNED)
is_convened = stands(
    say("it is convened and not open yet"), say("Only a meeting that is convened can be opened."), Life.CONVENED
)
is_to_begin = stands(
    say("it is convened and has not begun"),
    say("Only a meeting that is convened and has not begun can begin."),
    Life.CONVENED,
    Life.OPEN,
)
is_in_session = stands(say("it is in session"), say("Only a meeting in session can be closed."), Life.IN_SESSION)
runs_it: Rule[Meeting] = any_of(is_chair, is_secretary)

SEE: Permission[Meeting] = Permission(
    "meeting:see",
    say("See meetings"),
    any_of(all_of(has_seat, was_convened), is_secretary, is_chair),
)
CONVENE: Permission[InBody] = Permission("meeting:convene", say("Plan a meeting, or convene one"), is_secretary)
CALL: Permission[Meeting] = Permission(
    "meeting:call", say("Convene a meeting that was planned"), is_secretary, is_planned
)
OPEN: Permission[Meeting] = Permission(
    "meeting:open", say("Open a meeting for contributions"), is_secretary, is_convened
)
BEGIN: Permission[Meeting] = Permission("meeting:begin", say("Begin the sessions of a meeting"), runs_it, is_to_begin)
CLOSE: Permission[Meeting] = Permission("meeting:close", say("Close a meeting"), runs_it, is_in_session)
CANCEL: Permission[Meeting] = Permission("meeting:cancel", say("Cancel a meeting"), is_secretary, goes_on)
CHANGE: Permission[Meeting] = Permission(
    "meeting:change",
    say("Change dates, place, deadlines and practical information of a meeting"),
    is_secretary,
    goes_on,
)
LAY_DOWN: Permission[Meeting] = Permission(
    "meeting:lay-down-sessions",
    say("Lay down the sessions of a meeting"),
    any_of(is_secretary, is_the_chair, is_deputy),
    goes_on,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A step of a meeting's life cycle: its permission, label and consequence in words, and the state after it."""

    permission: Permission[Meeting]
    words: Text
    consequence: Text
    to: Life
    wants_reason: bool = False


MOVES = {
    "convene": Move(
        CALL,
        say("Convene the meeting"),
        say("Every seat of the group sees the meeting from then on, and the States can register their delegations."),
        Life.CONVENED,
    ),
    "open": Move(
        OPEN,
        say("Open it for contributions"),
        say("Delegations can submit contributions from then on. Drafts that they have begun can go at once."),
        Life.OPEN,
    ),
    "begin": Move(
        BEGIN,
        say("Begin the meeting"),
        say("The meeting is in session from then on. Its first day, its zone and its deadlines stay as they are."),
        Life.IN_SESSION,
    ),
    "close": Move(
        CLOSE,
        say("Close the meeting"),
        say("Nothing of the meeting can be changed any more, and no contribution can be submitted to it."),
        Life.CLOSED,
    ),
    "cancel": Move(
        CANCEL,
        say("Cancel the meeting"),
        say("The meeting will not take place. Its number is not given again; what was registered stays registered."),
        Life.CANCELLED,
        wants_reason=True,
    ),
}


def open_moves(actor: Actor, meeting: Meeting) -> dict[str, Move]:
    """List the moves that this actor may make with the meeting now, by name."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, meeting)}


def has_passed(deadline: datetime, moment: datetime | None = None) -> bool:
    """Return whether a deadline has passed at an instant (default: now): it lasts until the end of its last second."""
    return (moment or clock.now()) >= deadline + timedelta(seconds=1)


def is_in_time(meeting: Meeting, uploads: Iterable[tuple[datetime, datetime]], grace: timedelta) -> bool:
    """Return whether a submission made now is in time.

    It is before the deadline; or within the grace period, if an upload was under way when the deadline passed and none
    began later. `uploads` are the instants at which each file's upload began and was complete.
    """
    due = meeting.contributions_due_at
    if not has_passed(due):
        return True
    files = list(uploads)
    under_way = any(has_passed(due, completed_at) for _, completed_at in files)
    none_later = not any(has_passed(due, began_at) for began_at, _ in files)
    return under_way and none_later and not has_passed(due + grace)
