"""What came late: the chair accepts or holds it, and it is taken up at a later meeting or by a deadline that moved."""

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.contributions import events, rules
from app.domain.contributions.inputs import Because
from app.domain.contributions.models import Contribution, Status
from app.domain.meetings import rules as deadlines
from app.domain.meetings.models import Meeting


def accept_late(
    session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int
) -> None:
    """The chair accepts what came late, with a reason; not what their own State submitted."""
    rules.ACCEPT_LATE.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.late_accepted_by, contribution.late_accepted_because = actor.person, because.reason
    contribution.version += 1
    journal.record(session, actor, events.LateContributionAccepted(contribution.id), body=contribution.body_id)


def hold(session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int) -> None:
    """The chair holds what came late for a later meeting, with a reason."""
    rules.HOLD.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.status, contribution.held_because = Status.HELD, because.reason
    contribution.version += 1
    journal.record(session, actor, events.ContributionHeld(contribution.id), body=contribution.body_id)


def take_up(session: WriteSession, actor: Actor, contribution: Contribution, meeting: Meeting, *, version: int) -> None:
    """Take up at a later meeting what was held. There it is in time if it came before that deadline."""
    rules.TAKE_UP.require(actor, contribution)
    rules.insist_on(contribution, version)
    held_at = session.get_one(Meeting, contribution.meeting_id)
    if meeting.body_id != contribution.body_id or meeting.opens_on <= held_at.opens_on:
        raise Unknown()
    if meeting.life not in rules.TAKES_DRAFTS or meeting.closes_on < clock.now().date():
        raise Conflict(say("This meeting is over. Choose a later one."))
    session.refresh(meeting, with_for_update={"read": True})  # its deadline holds until this is done
    contribution.meeting_id, contribution.item_id = meeting.id, None
    late = contribution.submitted_at is None or deadlines.has_passed(
        meeting.contributions_due_at, contribution.submitted_at
    )
    contribution.status, contribution.late = Status.SUBMITTED, late
    contribution.version += 1
    happened = events.ContributionTakenUp(contribution.id, meeting.id)
    journal.record(session, actor, happened, body=contribution.body_id)


def reconsider(session: WriteSession, actor: Actor, meeting: Meeting) -> None:
    """After a deadline was moved: what waits for the chair and came before the new one is in time."""
    deadlines.CONVENE.require(actor, meeting)
    waiting = select(Contribution).where(
        Contribution.meeting_id == meeting.id,
        Contribution.status == Status.SUBMITTED,
        Contribution.late,
        Contribution.late_accepted_by.is_(None),
    )
    in_order = waiting.order_by(Contribution.submitted_at, Contribution.id)  # as they are held wherever there are many
    for contribution in session.scalars(in_order.with_for_update()).all():
        if contribution.submitted_at and not deadlines.has_passed(
            meeting.contributions_due_at, contribution.submitted_at
        ):
            contribution.late = False
            contribution.version += 1
            happened = events.ContributionInTime(contribution.id)
            journal.record(session, actor, happened, body=contribution.body_id)
