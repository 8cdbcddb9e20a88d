"""What is pending on the floor: sessions to open, and the session that is open."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, Select, exists, or_

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, DELEGATIONS
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.floor import events, rules
from app.domain.floor.models import FloorRequestStatus, Sitting
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from app.domain.meetings.pending import build_meeting_action, select_meetings_with_prefix

OPENED_EARLY = timedelta(hours=1)
"""How long before its planned beginning the opening of a session is on the desk."""

OPEN = PendingActionKind(
    name="floor:open",
    heading=_("A session begins"),
    words=_("Open the session once it has been opened in the room."),
    button=_("Go to the floor"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.OPEN,),
)
RUN = PendingActionKind(
    name="floor:run",
    heading=_("A session is open"),
    words=_("Give the floor, record decisions, and close the session at its end."),
    button=_("Go to the floor"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.RUN,),
    statuses=(FloorRequestStatus.WAITING, FloorRequestStatus.SPEAKING, FloorRequestStatus.INTERRUPTED),
    begun_by=(events.SittingOpened.name,),
)
FOLLOW = PendingActionKind(
    name="floor:follow",
    heading=_("A session is open"),
    words=_("Follow it, or request the floor."),
    button=_("Go to the floor"),
    waits_for=DELEGATIONS,
    begun_by=(events.SittingOpened.name,),
    urgency=Urgency.NEWS,
)


def select_sessions_of_today(actor: Actor) -> Select[Meeting, str, UUID, datetime, datetime, bool]:
    """Select the open session of each meeting, and those that are to be opened."""
    is_open = exists().where(Sitting.session_id == MeetingSession.id, Sitting.closed_at.is_(None))
    was_opened = exists().where(Sitting.session_id == MeetingSession.id)
    is_due = MeetingSession.starts_at <= build_moment_parameter(OPENED_EARLY)
    begins = is_due & (MeetingSession.ends_at > build_moment_parameter()) & ~was_opened
    return (
        select_meetings_with_prefix(actor)
        .join(MeetingSession, MeetingSession.meeting_id == Meeting.id)
        .add_columns(MeetingSession.id, MeetingSession.starts_at, MeetingSession.ends_at, is_open)
        .where(
            Meeting.life.in_((MeetingLife.OPEN, MeetingLife.IN_SESSION)),
            ~MeetingSession.cancelled,
            or_(is_open, begins),
        )
        .order_by(MeetingSession.starts_at)
    )


def build_session_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, UUID, datetime, datetime, bool]]
) -> Iterator[PendingAction]:
    """Yield the open session of each meeting, and those that are to be opened, for those who conduct them."""
    for meeting, prefix, key, starts_at, ends_at, is_running in rows:
        subject = FloorRuleSubject(meeting, is_running, actor.entity)
        action = None
        if rules.RUN.allows(actor, subject):
            action = build_meeting_action(RUN, meeting, prefix, "/floor", due_at=ends_at, since=starts_at)
        elif rules.OPEN.allows(actor, subject):
            action = build_meeting_action(OPEN, meeting, prefix, "/floor", due_at=starts_at)
        elif is_running:
            action = build_meeting_action(FOLLOW, meeting, prefix, "/floor", since=starts_at)
        if action:
            yield replace(action, subject=key)


SOURCES = (
    PendingActionSource((OPEN, RUN, FOLLOW), (*Capacity, *Office), select_sessions_of_today, build_session_actions),
)
