"""Late contributions: accepted or held by the chair, taken up at a later meeting, in time after a deadline was
moved."""

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, add_row_lock, lock_row
from app.core.errors import Conflict, NotFound, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.contributions import events
from app.domain.contributions.actions import confirmations
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules import submissions as submission_rules
from app.domain.meetings import rules as deadlines
from app.domain.meetings.models import Meeting


def accept_late_contribution(
    session: WriteSession, actor: Actor, contribution: Contribution, because: ReasonInput, *, version: int
) -> None:
    """Accept a late contribution as chair, with a reason; not one that the chair's own State submits or signs.

    Raises Forbidden, Conflict, Stale.
    """
    rules.ACCEPT_LATE.require(actor, contribution)
    require_version(contribution.version, version)
    contribution.late_accepted_by, contribution.late_accepted_because = actor.person, because.reason
    contribution.version += 1
    journal.record_event(session, actor, events.LateContributionAccepted(contribution.id), body=contribution.body_id)


def hold_late_contribution(
    session: WriteSession, actor: Actor, contribution: Contribution, because: ReasonInput, *, version: int
) -> None:
    """Hold a late contribution for a later meeting as chair, with a reason. Raises Forbidden, Conflict, Stale."""
    rules.HOLD.require(actor, contribution)
    require_version(contribution.version, version)
    contribution.status, contribution.held_because = ContributionStatus.HELD, because.reason
    contribution.version += 1
    journal.record_event(session, actor, events.ContributionHeld(contribution.id), body=contribution.body_id)


def take_up_held_contribution(
    session: WriteSession, actor: Actor, contribution: Contribution, meeting: Meeting, *, version: int
) -> None:
    """Take up a held contribution at a later meeting; it is in time there if it came before that deadline.

    A State confirms for one meeting what the secretariat submitted in its name, so it is asked again for this one.
    Raises Forbidden, Stale; NotFound unless the meeting is a later one of the same body; Conflict if that meeting is
    over.
    """
    rules.TAKE_UP.require(actor, contribution)
    require_version(contribution.version, version)
    earlier_meeting = session.get_one(Meeting, contribution.meeting_id)
    if meeting.body_id != contribution.body_id or meeting.opens_on <= earlier_meeting.opens_on:
        raise NotFound()
    if meeting.life not in rules.DRAFTING_LIVES or meeting.closes_on < clock.now().date():
        raise Conflict(_("This meeting has ended. Select a later meeting."))
    lock_row(session, meeting, RowLockStrength.SHARE)  # keep its deadline until the transaction ends
    contribution.meeting_id, contribution.item_id = meeting.id, None
    contribution.late = submission_rules.is_past_deadline(contribution, meeting)
    contribution.status = ContributionStatus.SUBMITTED
    contribution.version += 1
    event = events.ContributionTakenUp(contribution.id, meeting.id)
    journal.record_event(session, actor, event, body=contribution.body_id)
    confirmations.void_confirmation(session, actor, contribution)


def recheck_late_contributions(session: WriteSession, actor: Actor, meeting: Meeting) -> None:
    """Mark undecided late contributions as in time if they came before the deadline of the meeting, which was moved.

    Raises Forbidden.
    """
    deadlines.CONVENE.require(actor, meeting)
    statement = select(Contribution).where(
        Contribution.meeting_id == meeting.id,
        Contribution.status == ContributionStatus.SUBMITTED,
        Contribution.late,
        Contribution.late_accepted_by.is_(None),
    )
    ordered = statement.order_by(Contribution.submitted_at, Contribution.id)  # the order of row locks everywhere
    for contribution in session.scalars(add_row_lock(ordered)).all():
        if not submission_rules.is_past_deadline(contribution, meeting):
            contribution.late = False
            contribution.version += 1
            event = events.ContributionInTime(contribution.id)
            journal.record_event(session, actor, event, body=contribution.body_id)
