"""Make badges: note which participants are on a sheet."""

from datetime import datetime

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting
from app.domain.participants import events, queries, rules
from app.domain.participants.actions.meeting_lock import lock_meeting
from app.domain.participants.inputs import BadgeChoice


def make_badges(session: WriteSession, actor: Actor, meeting: Meeting, choice: BadgeChoice) -> datetime:
    """Note that the badges of these participants are on a sheet, made now; returns when, by which it is found again.

    The meeting is locked, so that two people do not make a sheet of the same badges. Raises BadRequest if there are
    none.
    """
    rules.MAKE_BADGES.require(actor, meeting)
    lock_meeting(session, meeting)
    chosen = [each for each in queries.list_participants(session, actor, meeting) if choice.includes(each)]
    if not chosen:
        raise BadRequest(
            _("No badges were made: every participant has one, or those selected are not registered any more.")
        )
    made_at = clock.now()
    for participant in chosen:
        participant.badge_made_at = made_at
    journal.record_event(session, actor, events.BadgesMade(meeting.id, len(chosen)), body=meeting.body_id)
    return made_at
