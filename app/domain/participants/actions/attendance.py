"""Note who of the participants is present: by ticking a list, or one after the other as they come."""

from collections.abc import Set
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import Stale
from app.core.permissions import Actor
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting
from app.domain.participants import events, queries, rules
from app.domain.participants.actions.meeting_lock import lock_meeting
from app.domain.participants.models import Participant


def note_attendance(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    present: Set[UUID],
    *,
    listed: Set[UUID],
    previously_present: Set[UUID],
) -> None:
    """Note who of the participants listed on the page was present.

    Only the boxes that this user changed since the page was rendered are applied, so that two people who tick boxes at
    the same time lose nothing.
    """
    lock_meeting(session, meeting)
    rules.NOTE_ATTENDANCE.require(actor, meeting)
    ticked, unticked = (present - previously_present) & listed, (previously_present - present) & listed
    changed = 0
    for participant in session.scalars(
        queries.list_visible_participants(actor).where(Participant.meeting_id == meeting.id)
    ):
        attended = True if participant.id in ticked else False if participant.id in unticked else participant.attended
        if attended is None and participant.id in listed:
            attended = False
        if attended != participant.attended:
            _set_attendance(actor, participant, attended=attended)
            changed += 1
    if changed:
        note_first_act(meeting)
        journal.record_event(session, actor, events.AttendanceNoted(meeting.id, changed), body=meeting.body_id)


def check_in(session: WriteSession, actor: Actor, meeting: Meeting, participant: Participant) -> bool:
    """Note that a participant has come; returns whether that is new. Who is present already stays so since then.

    Raises Stale if the registration was cancelled meanwhile.
    """
    lock_meeting(session, meeting)
    rules.NOTE_ATTENDANCE.require(actor, meeting)
    session.refresh(participant)
    if participant.cancelled_at is not None:
        raise Stale()
    if participant.attended:
        return False
    _set_attendance(actor, participant, attended=True)
    note_first_act(meeting)
    event = events.ParticipantCheckedIn(meeting.id, participant.id)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return True


def undo_check_in(session: WriteSession, actor: Actor, meeting: Meeting, participant: Participant) -> None:
    """Undo the check-in of a participant: no attendance is noted. Nothing happens if it was undone already."""
    lock_meeting(session, meeting)
    rules.NOTE_ATTENDANCE.require(actor, meeting)
    session.refresh(participant)
    if not participant.attended:
        return
    _set_attendance(actor, participant, attended=None)
    event = events.CheckInUndone(meeting.id, participant.id)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _set_attendance(actor: Actor, participant: Participant, *, attended: bool | None) -> None:
    participant.attended = attended
    participant.attendance_noted_by, participant.attendance_noted_at = actor.person, clock.now()
