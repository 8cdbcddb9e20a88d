"""What the secretariat submitted in the name of a State: the State confirms it, or declines with a reason.

A State confirms a text for a meeting and an agenda item. If one of them becomes another one, it is asked again.
"""

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.rules import is_head_of_delegation
from app.domain.contributions import events
from app.domain.contributions.actions import receipts as deposits
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.confirmations import (
    is_awaiting_state,
    is_confirmed_by_answer,
    is_own_submission,
)
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules import submissions as submission_rules
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt, ReceiptKind

CONFIRMED_BY_SUBMISSION = _("A member of your delegation has already confirmed it.")
HEAD_CONFIRMS = _(
    "Your delegation requires clearance by its head of delegation. Only the head of delegation can "
    "confirm this contribution."
)


def confirm_contribution(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> Receipt:
    """Confirm for the actor's State exactly this version, which the secretariat submitted in its name.

    Whether it is in time stays as it was when it was submitted. Repeated by the same person (a second click, a lost
    answer), it changes nothing and returns the same receipt; not if that confirmation does not count any more. Raises
    Forbidden; Stale; Conflict if its status forbids it, or a file
    is not inspected yet, or if only the head of delegation may do so.
    """
    earlier = receipts.find_receipt_of_act(
        session, contribution.id, ReceiptKind.CONFIRMATION, version=version, person_id=actor.person
    )
    if earlier and rules.is_confirmed_text(contribution) and earlier.at == contribution.confirmed_at:
        rules.SEE_RECEIPTS.require(actor, contribution)
        return earlier
    rules.CONFIRM.require(actor, contribution)
    require_version(contribution.version, version)
    submission = load_submission(session, contribution)
    if submission.is_own_submission:
        raise Conflict(CONFIRMED_BY_SUBMISSION)
    if submission.requires_clearance and is_head_of_delegation.objection_to(actor, contribution):
        raise Conflict(HEAD_CONFIRMS)
    submission_rules.require_all_accepted(submission)
    assert contribution.submitted_at is not None
    # Not before the submission, even if the clock was set back since: it would not count.
    contribution.confirmed_by = actor.person
    contribution.confirmed_at = max(clock.now(), contribution.submitted_at)
    contribution.version += 1
    receipt = deposits.issue_confirmation_receipt(session, actor, submission, version=version)
    event = events.ContributionConfirmed(contribution.id, receipt.digest)
    journal.record_event(session, actor, event, body=contribution.body_id)
    return receipt


def decline_to_confirm(
    session: WriteSession, actor: Actor, contribution: Contribution, because: ReasonInput, *, version: int
) -> None:
    """Decline, with a reason, what the secretariat submitted in the name of the actor's State; it is returned.

    Raises Forbidden, Conflict, Stale.
    """
    rules.DECLINE_CONFIRMATION.require(actor, contribution)
    require_version(contribution.version, version)
    if is_own_submission(session, contribution):
        raise Conflict(CONFIRMED_BY_SUBMISSION)
    contribution.status, contribution.returned_because = ContributionStatus.RETURNED, because.reason
    contribution.confirmation_declined_by, contribution.held_because = actor.person, None
    contribution.version += 1
    event = events.ConfirmationDeclined(contribution.id)
    journal.record_event(session, actor, event, body=contribution.body_id)


def request_confirmation(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Record that what was submitted waits for its State, if it does: those who can confirm it are then informed.

    The caller has checked the act of the actor from which this follows.
    """
    if is_awaiting_state(session, contribution):
        event = events.ConfirmationRequested(contribution.id)
        journal.record_event(session, actor, event, body=contribution.body_id)


def void_confirmation(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Void the confirmation of a submission that is changed, and ask the State again. Its receipt stays.

    What the State submitted itself is its own act, and is not confirmed again. The caller has checked the act of the
    actor from which this follows.
    """
    if is_confirmed_by_answer(session, contribution):
        contribution.confirmed_by = contribution.confirmed_at = None
        event = events.ConfirmationVoided(contribution.id)
        journal.record_event(session, actor, event, body=contribution.body_id)
        request_confirmation(session, actor, contribution)
