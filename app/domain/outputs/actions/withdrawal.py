"""Propose the withdrawal of a released output, retract the proposal, decline or confirm it; or, where no second person
can be had, decide it alone.

The row of the output is locked, so that of two acts on one proposal the second is refused. Once it is decided, the
worker withdraws the output (`app.domain.releases.actions.withdrawal`).
"""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, Stale
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.outputs import events
from app.domain.outputs.inputs import NewWithdrawal, SoleDecision
from app.domain.outputs.models import Output, OutputStatus, Withdrawal, WithdrawalOutcome
from app.domain.outputs.queries import outputs
from app.domain.outputs.queries.withdrawals import find_pending_withdrawal
from app.domain.outputs.rules import withdrawals as rules


def propose_withdrawal(session: WriteSession, actor: Actor, output: Output, new: NewWithdrawal) -> Withdrawal:
    """Propose to withdraw the output. Only the chair and the secretariat see that until it is confirmed.

    Raises BadRequest if the replacement is not a released output of the same body.
    """
    lock_row(session, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    if new.replaced_by and new.replaced_by not in {
        candidate.id for candidate in outputs.list_possible_replacements(session, actor, output)
    }:
        raise BadRequest(_("Select a released text of this group."))
    withdrawal = _create_proposal(session, actor, output, new.reason, new.lang, new.replaced_by)
    journal.record_event(session, actor, events.WithdrawalProposed(output.id, withdrawal.id), body=output.body_id)
    return withdrawal


def retract_withdrawal_proposal(
    session: WriteSession, actor: Actor, output: Output, *, expected_withdrawal_id: UUID
) -> None:
    """Retract one's own withdrawal proposal. Raises Stale if it is not the pending one."""
    lock_row(session, output)
    rules.RETRACT_WITHDRAWAL_PROPOSAL.require(actor, outputs.get_output_rule_subject(session, output))
    withdrawal = get_pending_withdrawal(session, output, expected_withdrawal_id)
    record_withdrawal_outcome(actor, output, withdrawal, WithdrawalOutcome.RETRACTED)
    journal.record_event(session, actor, events.WithdrawalTakenBack(output.id, withdrawal.id), body=output.body_id)


def decline_withdrawal(
    session: WriteSession, actor: Actor, output: Output, because: ReasonInput, *, expected_withdrawal_id: UUID
) -> None:
    """Decline a withdrawal proposal as the second person: the output stays, and can be proposed again. Raises Stale if
    it is not the pending one."""
    lock_row(session, output)
    rules.DECLINE_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    withdrawal = get_pending_withdrawal(session, output, expected_withdrawal_id)
    record_withdrawal_outcome(actor, output, withdrawal, WithdrawalOutcome.DECLINED)
    withdrawal.ended_because = because.reason
    journal.record_event(session, actor, events.WithdrawalDeclined(output.id, withdrawal.id), body=output.body_id)


def confirm_withdrawal(session: WriteSession, actor: Actor, output: Output, *, expected_withdrawal_id: UUID) -> None:
    """Decide the withdrawal as the second person, for the reason of the expected proposal. It cannot be undone.

    Raises Stale if another proposal is pending, Conflict if the replacement is not released any more.
    """
    lock_row(session, output)
    rules.CONFIRM_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    withdrawal = get_pending_withdrawal(session, output, expected_withdrawal_id)
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
    if replacement and (replacement.status != OutputStatus.RELEASED or replacement.for_addressees_only):
        raise Conflict(
            _("The text that was to replace it has been withdrawn. Decline this proposal and make a new one.")
        )
    _start_withdrawal(actor, output, withdrawal)
    journal.record_event(session, actor, events.WithdrawalConfirmed(output.id, withdrawal.id), body=output.body_id)


def withdraw_by_sole_decision(
    session: WriteSession, actor: Actor, output: Output, decision: SoleDecision, *, digest: str
) -> None:
    """Decide the withdrawal without a second person, for a reason that everybody reads. It cannot be undone.

    Raises Conflict unless `digest` is that of the released text.
    """
    lock_row(session, output)
    rules.WITHDRAW_ALONE.require(actor, outputs.get_output_rule_subject(session, output))
    outputs.require_adopted_digest(output, digest)
    withdrawal = _create_proposal(session, actor, output, decision.reason, decision.lang, replaced_by=None)
    _start_withdrawal(actor, output, withdrawal)
    event = events.WithdrawalDecidedAlone(output.id, withdrawal.id, digest)
    journal.record_event(session, actor, event, body=output.body_id)


def _create_proposal(
    session: WriteSession, actor: Actor, output: Output, reason: str, lang: str, replaced_by: UUID | None
) -> Withdrawal:
    """Add the proposal of the actor to withdraw the output."""
    withdrawal = Withdrawal(
        output_id=output.id,
        reason=reason,
        lang=lang,
        replaced_by=replaced_by,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities_in(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(withdrawal)
    session.flush()
    return withdrawal


def _start_withdrawal(actor: Actor, output: Output, withdrawal: Withdrawal) -> None:
    """Record the decision. The worker withdraws the output; until then it stays readable."""
    record_withdrawal_outcome(actor, output, withdrawal, WithdrawalOutcome.CONFIRMED)
    output.status = OutputStatus.WITHDRAWING


def retry_withdrawal(session: WriteSession, actor: Actor, output: Output) -> None:
    """Start a withdrawal again that failed. Its decision stays valid."""
    lock_row(session, output)
    rules.RETRY_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    output.failed_because = output.failed_at = None
    journal.record_event(session, actor, events.WithdrawalRetried(output.id), body=output.body_id)


def get_pending_withdrawal(session: WriteSession, output: Output, expected_withdrawal_id: UUID) -> Withdrawal:
    """Return the pending proposal. Raises Stale if it is not the expected one: its reason may be another."""
    pending = find_pending_withdrawal(session, output)
    if pending is None or pending.id != expected_withdrawal_id:
        raise Stale()
    return pending


def record_withdrawal_outcome(actor: Actor, output: Output, withdrawal: Withdrawal, outcome: WithdrawalOutcome) -> None:
    """Record who ended the proposal, and with which outcome."""
    withdrawal.ended_how, withdrawal.ended_by, withdrawal.ended_at = outcome, actor.person, clock.now()
    withdrawal.ended_capacity = " ".join(actor.capacities_in(output.body_id))
