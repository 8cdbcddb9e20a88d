"""Permissions of meetings, the moves of their life cycle, and deadline checks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import BelongsToBody, has_seat, is_chair, is_secretary
from app.domain.meetings.models import Meeting, MeetingLife

ENDED_LIVES = (MeetingLife.CLOSED, MeetingLife.CANCELLED)
LIVES_BEFORE_SESSION = (MeetingLife.PLANNED, MeetingLife.CONVENED, MeetingLife.OPEN)


@access_rule(_("the meeting is convened"), denied_because=_("The meeting has not been convened yet."))
def is_meeting_convened(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life != MeetingLife.PLANNED


@access_rule(
    _("is the chair of the body"), denied_because=_("Only the chair, or a person authorized by the chair, may do this.")
)
def is_chair_not_vice_chair(actor: Actor, subject: Meeting) -> bool:
    return actor.has_role(subject.body_id, Office.CHAIR)


@access_rule(
    _("holds an office that the chair has authorized to work on the agenda"),
    denied_because=_("Only the chair, or a person authorized by the chair, may do this."),
)
def is_deputy(actor: Actor, subject: Meeting) -> bool:
    return bool(subject.deputies) and actor.has_role(subject.body_id, *subject.deputies)


@access_rule(
    _("the meeting is neither closed nor cancelled"), denied_because=_("The meeting has been closed or cancelled.")
)
def is_meeting_not_ended(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life not in ENDED_LIVES


def build_life_rule(label: LazyText, denied_because: LazyText, *lives: MeetingLife) -> Rule[Meeting]:
    """Build the rule that a meeting is in one of these life-cycle states."""
    return Rule(label, denied_because, lambda _ignored, subject: subject.life in lives)


is_meeting_planned = build_life_rule(
    _("it is saved as a draft"), _("The meeting has already been convened, or has been cancelled."), MeetingLife.PLANNED
)
is_meeting_waiting_to_open = build_life_rule(
    _("it has been convened and is not open yet"),
    _("Only a meeting that has been convened can be opened."),
    MeetingLife.CONVENED,
)
is_meeting_ready_to_begin = build_life_rule(
    _("it has been convened and has not begun"),
    _("Only a meeting that has been convened and has not begun can begin."),
    MeetingLife.CONVENED,
    MeetingLife.OPEN,
)
is_meeting_in_session = build_life_rule(
    _("it is in session"), _("Only a meeting in session can be closed."), MeetingLife.IN_SESSION
)


@access_rule(
    _("the meeting has begun, and nothing has been done in it yet"),
    denied_because=_("Something has already been done in this meeting. Its beginning can no longer be undone."),
)
def can_beginning_be_undone(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life == MeetingLife.IN_SESSION and subject.life_before_session is not None


is_chair_or_secretary: Rule[Meeting] = any_of(is_chair, is_secretary)

SEE: Permission[Meeting] = Permission(
    "meeting:see",
    _("See meetings"),
    any_of(all_of(has_seat, is_meeting_convened), is_secretary, is_chair),
)
CONVENE: Permission[BelongsToBody] = Permission(
    "meeting:convene",
    _("Save a meeting as a draft, or convene one"),
    is_secretary,
    begins_in_body=True,
)
CONVENE_PLANNED: Permission[Meeting] = Permission(
    "meeting:call",
    _("Convene a meeting saved as a draft"),
    is_secretary,
    is_meeting_planned,
    begins_in_body=True,
)
OPEN: Permission[Meeting] = Permission(
    "meeting:open",
    _("Open a meeting for contributions"),
    is_secretary,
    is_meeting_waiting_to_open,
    begins_in_body=True,
)
BEGIN: Permission[Meeting] = Permission(
    "meeting:begin",
    _("Begin the sessions of a meeting"),
    is_chair_or_secretary,
    is_meeting_ready_to_begin,
    begins_in_body=True,
)
UNDO_BEGIN: Permission[Meeting] = Permission(
    "meeting:undo-begin",
    _("Undo the beginning of a meeting in which nothing has been done"),
    is_chair_or_secretary,
    can_beginning_be_undone,
)
CLOSE: Permission[Meeting] = Permission(
    "meeting:close", _("Close a meeting"), is_chair_or_secretary, is_meeting_in_session, is_irreversible=True
)
CANCEL: Permission[Meeting] = Permission(
    "meeting:cancel", _("Cancel a meeting"), is_secretary, is_meeting_not_ended, is_irreversible=True
)
CHANGE: Permission[Meeting] = Permission(
    "meeting:change",
    _("Change the dates, place, deadlines and practical information of a meeting"),
    is_secretary,
    is_meeting_not_ended,
)
SCHEDULE_SESSIONS: Permission[Meeting] = Permission(
    "meeting:lay-down-sessions",
    _("Schedule the sessions of a meeting"),
    any_of(is_secretary, is_chair_not_vice_chair, is_deputy),
    is_meeting_not_ended,
)


@dataclass(frozen=True, slots=True)
class MeetingMove:
    """A step of a meeting's life cycle: its permission, label and consequence in words, and the state after it."""

    permission: Permission[Meeting]
    words: LazyText
    consequence: LazyText
    to: MeetingLife
    wants_reason: bool = False


MOVES = {
    "convene": MeetingMove(
        CONVENE_PLANNED,
        _("Convene the meeting"),
        _("All members of the group can then see the meeting, and the States can register their delegations."),
        MeetingLife.CONVENED,
    ),
    "open": MeetingMove(
        OPEN,
        _("Open the meeting for contributions"),
        _("Delegations can then submit contributions. Drafts already started can be submitted immediately."),
        MeetingLife.OPEN,
    ),
    "begin": MeetingMove(
        BEGIN,
        _("Begin the meeting"),
        _("The meeting is then in session. Its first day, time zone and deadlines can no longer be changed."),
        MeetingLife.IN_SESSION,
    ),
    "undo-begin": MeetingMove(
        UNDO_BEGIN,
        _("Undo the beginning of the meeting"),
        _("The meeting is no longer in session. Its first day is again the day that was planned."),
        MeetingLife.OPEN,
    ),
    "close": MeetingMove(
        CLOSE,
        _("Close the meeting"),
        _("The meeting can no longer be changed, and no contributions can be submitted to it."),
        MeetingLife.CLOSED,
    ),
    "cancel": MeetingMove(
        CANCEL,
        _("Cancel the meeting"),
        _(
            "The meeting will not take place. Its number is not reused; everything already registered remains "
            "registered."
        ),
        MeetingLife.CANCELLED,
        wants_reason=True,
    ),
}


def list_open_moves(actor: Actor, meeting: Meeting) -> dict[str, MeetingMove]:
    """List the moves that this actor may make with the meeting now, by name."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, meeting)}


def find_meeting_before(meeting: Meeting, visible: Iterable[Meeting]) -> Meeting | None:
    """Find the meeting of the same body before this one that was not cancelled, among those that the actor sees."""
    earlier = [
        each
        for each in visible
        if each.body_id == meeting.body_id
        and each.opens_on < meeting.opens_on
        and each.life not in (MeetingLife.PLANNED, MeetingLife.CANCELLED)
    ]
    return max(earlier, key=lambda each: (each.opens_on, each.number), default=None)


def get_today_at_meeting(meeting: Meeting, moment: datetime | None = None) -> date:
    """Return the day that it is at a meeting at an instant (default: now)."""
    return (moment or clock.now()).astimezone(ZoneInfo(meeting.zone)).date()


NO_DAY_OF_MEETING = _("This is not a day of the meeting. Select one of the days of the meeting.")


def is_day_of_meeting(meeting: Meeting, day: date) -> bool:
    """Return whether a day is one of those of a meeting, from its first to its last, in its own time zone."""
    return meeting.opens_on <= day <= meeting.closes_on


def is_day_of_held_meeting(meeting: Meeting, day: date) -> bool:
    """Return whether a day is one of those of a meeting and has come: only then can the meeting have adopted a text."""
    return is_day_of_meeting(meeting, day) and day <= get_today_at_meeting(meeting)


def get_latest_day_of_held_meeting(meeting: Meeting) -> date:
    """Return the last day of a meeting, or today if that is earlier, in its own time zone."""
    return min(meeting.closes_on, get_today_at_meeting(meeting))


def is_first_day_reached(meeting: Meeting) -> bool:
    """Return whether the first day of a meeting has come, in its own time zone."""
    return meeting.opens_on <= get_today_at_meeting(meeting)


def require_first_day(meeting: Meeting) -> None:
    """Raise Conflict before the first day of a meeting: it has no sessions and no report yet."""
    if not is_first_day_reached(meeting):
        raise Conflict(
            _(
                "The first day of the meeting has not come yet. Begin the meeting first, and move its first day to "
                "today."
            )
        )


def has_deadline_passed(deadline: datetime, moment: datetime | None = None) -> bool:
    """Return whether a deadline has passed at an instant (default: now): it lasts until the end of its last second."""
    return (moment or clock.now()) >= deadline + timedelta(seconds=1)


def is_submission_in_time(meeting: Meeting, uploads: Iterable[tuple[datetime, datetime]], grace: timedelta) -> bool:
    """Return whether a submission made now is in time.

    It is before the deadline; or within the grace period, if an upload was under way when the deadline passed and none
    began later. `uploads` are the instants at which each file's upload began and was complete.
    """
    due = meeting.contributions_due_at
    if not has_deadline_passed(due):
        return True
    files = list(uploads)
    under_way = any(has_deadline_passed(due, completed_at) for _ignored, completed_at in files)
    none_later = not any(has_deadline_passed(due, began_at) for began_at, _ignored in files)
    return under_way and none_later and not has_deadline_passed(due + grace)
