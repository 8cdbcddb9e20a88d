"""Reminders of what is due soon, looked for each minute: a moved deadline or an answer needs no job to be cancelled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.journal import JournalLine
from app.domain.circulations.events import VersionCirculated
from app.domain.circulations.models import CirculatedVersion
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.liaisons.events import LiaisonHeld
from app.domain.liaisons.queries import list_near_liaisons
from app.domain.liaisons.rules import find_due_day
from app.domain.meetings.events import DeadlineMoved, MeetingChanged, MeetingConvened, MeetingMoved
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting
from app.domain.notifications.actions.creation import create_notifications_of_types
from app.domain.notifications.models import EmailNotification, NotificationKind
from app.domain.notifications.rules.catalogue import REMINDER_TYPES
from app.domain.notifications.rules.catalogue_liaisons import LIAISON_ZONE
from app.domain.notifications.rules.contexts import QUIET_LIVES
from app.domain.notifications.rules.digests import DigestHour
from app.domain.outputs.models import Output, OutputStatus
from app.domain.preservation import queries as preservation
from app.domain.reports.events import ActionAdded
from app.domain.silence.events import SilenceExtended, SilenceOpened
from app.domain.silence.models import SilenceProcedure, SilenceStatus

TWO_WEEKS, THREE_DAYS, ONE_DAY = timedelta(days=14), timedelta(days=3), timedelta(days=1)
Deadlines = Mapping[tuple[tuple[str, object], ...], datetime]
"""The facts of the lines that set deadlines, and the deadlines."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Deadlines of one kind that are near, the time before them at which people are reminded, and the events that set
    them."""

    kind: NotificationKind
    lead_time: timedelta
    events: Collection[str]
    deadlines: Deadlines


def create_reminders(session: WriteSession, silence_lead_time: timedelta, digests: DigestHour) -> int:
    """Create the reminders of deadlines that are near; returns their number.

    A reminder that was due before the last restore may have been sent already and is not created again. What was set
    when its deadline was near already is not followed by a reminder, except of silence procedures.
    """
    moment = clock.now()
    found = (
        Reminder(
            NotificationKind.SILENCE_REMINDER,
            silence_lead_time,
            (SilenceOpened.name, SilenceExtended.name),
            _list_silence_deadlines(session, moment, silence_lead_time),
        ),
        Reminder(
            NotificationKind.DEADLINE_REMINDER,
            THREE_DAYS,
            (MeetingConvened.name, MeetingMoved.name, DeadlineMoved.name),
            _list_meeting_deadlines(session, moment, "contributions_due_at"),
        ),
        Reminder(
            NotificationKind.REGISTRATION_REMINDER,
            THREE_DAYS,
            (MeetingConvened.name, MeetingMoved.name, MeetingChanged.name),
            _list_meeting_deadlines(session, moment, "registration_due_at"),
        ),
        Reminder(
            NotificationKind.COMMENT_REMINDER,
            THREE_DAYS,
            (VersionCirculated.name,),
            _list_comment_deadlines(session, moment),
        ),
        Reminder(
            NotificationKind.ACTION_TWO_WEEKS,
            TWO_WEEKS,
            (ActionAdded.name,),
            _list_action_deadlines(session, moment + THREE_DAYS, moment + TWO_WEEKS),
        ),
        Reminder(
            NotificationKind.ACTION_THREE_DAYS,
            THREE_DAYS,
            (ActionAdded.name,),
            _list_action_deadlines(session, moment, moment + THREE_DAYS),
        ),
        Reminder(
            NotificationKind.LIAISON_TWO_WEEKS,
            TWO_WEEKS,
            (LiaisonHeld.name,),
            _list_liaison_deadlines(session, moment + THREE_DAYS, moment + TWO_WEEKS),
        ),
        Reminder(
            NotificationKind.LIAISON_THREE_DAYS,
            THREE_DAYS,
            (LiaisonHeld.name,),
            _list_liaison_deadlines(session, moment, moment + THREE_DAYS),
        ),
    )
    return sum(_create_reminders(session, each, digests) for each in found)


def _create_reminders(session: WriteSession, reminder: Reminder, digests: DigestHour) -> int:
    """Create the reminders of one kind about the last line of its events with the facts of each deadline."""
    restored_at = preservation.find_last_restoration_time(session) if reminder.deadlines else None
    created = 0
    for facts, due in reminder.deadlines.items():
        since = due - reminder.lead_time
        if restored_at and since <= restored_at:
            continue
        of_deadline = JournalLine.event.in_(reminder.events), JournalLine.facts.contains(dict(facts))
        line = session.scalar(select(JournalLine).where(*of_deadline).order_by(JournalLine.seq.desc()).limit(1))
        if line and _is_wanted(session, reminder.kind, line, since):
            created += create_notifications_of_types(session, line, [REMINDER_TYPES[reminder.kind]], digests)
    return created


def _is_wanted(session: WriteSession, kind: NotificationKind, line: JournalLine, since: datetime) -> bool:
    """Return whether a reminder about a line is still to be created: of a silence procedure as long as it runs, since
    people are accredited meanwhile; else once, if the deadline was set before its reminder was due."""
    if kind is NotificationKind.SILENCE_REMINDER:
        return True
    created = EmailNotification.line == line.seq, EmailNotification.kind == kind
    return line.at <= since and session.scalar(select(EmailNotification.id).where(*created).limit(1)) is None


def _list_silence_deadlines(session: WriteSession, moment: datetime, lead_time: timedelta) -> Deadlines:
    is_near = (SilenceProcedure.until > moment) & (SilenceProcedure.until <= moment + lead_time)
    running = select(SilenceProcedure.id, SilenceProcedure.until).where(
        SilenceProcedure.course == SilenceStatus.OPEN, is_near
    )
    return {(("procedure", str(key)),): until for key, until in session.execute(running)}


def _list_meeting_deadlines(session: WriteSession, moment: datetime, name: str) -> Deadlines:
    due_at = getattr(Meeting, name)
    near = select(Meeting.id, due_at).where(
        Meeting.life.not_in(QUIET_LIVES), due_at > moment, due_at <= moment + THREE_DAYS
    )
    return {(("meeting", str(key)),): due for key, due in session.execute(near)}


def _list_comment_deadlines(session: WriteSession, moment: datetime) -> Deadlines:
    day = CirculatedVersion.comments_by
    near = (
        select(CirculatedVersion.output_id, CirculatedVersion.number, day, Meeting.zone)
        .join(Output, Output.id == CirculatedVersion.output_id)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .where(
            Output.status == OutputStatus.DRAFT,
            day >= (moment - ONE_DAY).date(),
            day <= (moment + THREE_DAYS + ONE_DAY).date(),
        )
    )
    deadlines = {
        (("output", str(output)), ("number", number)): end_of_day(last_day, zone)
        for output, number, last_day, zone in session.execute(near)
        if last_day
    }
    return {facts: due for facts, due in deadlines.items() if moment < due <= moment + THREE_DAYS}


def _list_action_deadlines(session: WriteSession, after: datetime, until: datetime) -> Deadlines:
    open_points = (
        select(ActionPoint.id, ActionPoint.due_on, Meeting.zone)
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(
            ActionPoint.progress == ActionPointProgress.OPEN,
            ActionPoint.due_on >= (after - ONE_DAY).date(),
            ActionPoint.due_on <= (until + ONE_DAY).date(),
        )
    )
    deadlines = {
        (("action", str(key)),): end_of_day(due_on, zone)
        for key, due_on, zone in session.execute(open_points)
        if due_on
    }
    return {facts: due for facts, due in deadlines.items() if after < due <= until}


def _list_liaison_deadlines(session: WriteSession, after: datetime, until: datetime) -> Deadlines:
    near = list_near_liaisons(session, (after - ONE_DAY).date(), (until + ONE_DAY).date())
    deadlines = {
        (("liaison", str(each.id)), ("person", str(each.holder_id))): end_of_day(day, LIAISON_ZONE)
        for each in near
        if each.holder_id and (day := find_due_day(each))
    }
    return {facts: due for facts, due in deadlines.items() if after < due <= until}
