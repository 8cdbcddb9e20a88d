"""What is pending for the participants of a meeting: delegations to register, and attendance to record."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Row, Select, exists, func, select

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Capacity, Office
from app.domain.bodies.pending import FOCAL_POINT_AND_HEAD, SECRETARIAT
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.meetings import events as meeting_events
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.pending import build_meeting_action, select_meetings_with_prefix
from app.domain.participants import rules
from app.domain.participants.models import Participant

ONE_MONTH = timedelta(days=30)
REGISTRATION_LIVES = (MeetingLife.CONVENED, MeetingLife.OPEN)
REGISTERED = Participant.meeting_id == Meeting.id, Participant.cancelled_at.is_(None)

REGISTER = PendingActionKind(
    name="participant:register-delegation",
    heading=_("Register your delegation"),
    words=_("No one of your delegation is registered for the meeting yet."),
    button=_("Register a participant"),
    waits_for=FOCAL_POINT_AND_HEAD,
    settled_by=(rules.REGISTER,),
    statuses=REGISTRATION_LIVES,
    begun_by=(meeting_events.MeetingConvened.name,),
)
MISSING = PendingActionKind(
    name="participant:delegations-missing",
    heading=_("States of the group without a registered delegation: %(count)s"),
    words=_("Registration has closed; only the secretariat can still register participants."),
    button=_("View"),
    waits_for=SECRETARIAT,
    statuses=REGISTRATION_LIVES,
    urgency=Urgency.NEWS,
)
ATTENDANCE = PendingActionKind(
    name="participant:note-attendance",
    heading=_("Participants without recorded attendance: %(count)s"),
    words=_("Record who was present, for the report of the meeting."),
    button=_("Record attendance"),
    waits_for=SECRETARIAT,
    settled_by=(rules.NOTE_ATTENDANCE,),
    statuses=(MeetingLife.IN_SESSION, MeetingLife.CLOSED),
    begun_by=(meeting_events.MeetingMoved.name,),
)


def select_meetings_without_own_delegation(actor: Actor) -> Select[Meeting, str]:
    """Select the meetings for which no one of the actor's State is registered, until registration closes."""
    is_registered = exists().where(*REGISTERED, Participant.entity == actor.entity)
    return (
        select_meetings_with_prefix(actor, Capacity.HEAD_OF_DELEGATION, Capacity.FOCAL_POINT)
        .where(Meeting.life.in_(REGISTRATION_LIVES), ~is_registered)
        .order_by(Meeting.registration_due_at, Meeting.id)
    )


def build_own_delegation_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str]]
) -> Iterator[PendingAction]:
    """Yield the meetings for which the actor registers the delegation of their State."""
    for meeting, prefix in rows:
        if rules.REGISTER.allows(actor, rules.build_delegation(meeting, actor.entity)):
            due_at = meeting.registration_due_at
            yield build_meeting_action(REGISTER, meeting, prefix, "/participants/new", due_at=due_at)


def select_meetings_with_participants(actor: Actor) -> Select[Meeting, str, int, int]:
    """Select the meetings of the secretariat with how many States have no delegation, and how many participants no
    recorded attendance."""
    states = select(func.count(Accreditation.entity.distinct())).where(
        Accreditation.body_id == Meeting.body_id,
        build_in_force_condition(Accreditation, build_day_parameter()),
        ~exists().where(*REGISTERED, Participant.entity == Accreditation.entity),
    )
    unnoted = select(func.count()).where(*REGISTERED, Participant.attended.is_(None))
    return (
        select_meetings_with_prefix(actor, Office.SECRETARY)
        .add_columns(states.scalar_subquery(), unnoted.scalar_subquery())
        .where(
            Meeting.life.in_((*REGISTRATION_LIVES, MeetingLife.IN_SESSION, MeetingLife.CLOSED)),
            Meeting.closes_on >= build_day_parameter(-ONE_MONTH),
        )
        .order_by(Meeting.opens_on, Meeting.id)
    )


def build_participation_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, int, int]]
) -> Iterator[PendingAction]:
    """Yield delegations that are missing after registration closed, and attendance to record, for the secretariat."""
    for meeting, prefix, missing, count in rows:
        if meeting.life in REGISTRATION_LIVES and missing and meeting.registration_due_at <= clock.now():
            yield build_meeting_action(MISSING, meeting, prefix, "/participants", count=missing)
        if count and rules.NOTE_ATTENDANCE.allows(actor, meeting):
            yield build_meeting_action(ATTENDANCE, meeting, prefix, "/participants", count=count)


SOURCES = (
    PendingActionSource(
        (REGISTER,),
        (Capacity.HEAD_OF_DELEGATION, Capacity.FOCAL_POINT),
        select_meetings_without_own_delegation,
        build_own_delegation_actions,
    ),
    PendingActionSource(
        (MISSING, ATTENDANCE), (Office.SECRETARY,), select_meetings_with_participants, build_participation_actions
    ),
)
