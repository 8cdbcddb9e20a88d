"""Propose the withdrawal of a released output, retract the proposal or decline it. `app.domain.releases` confirms it.

The row of the output is locked, so that of two acts on one proposal the second is refused.
"""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Stale
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.outputs import events
from app.domain.outputs.inputs import NewWithdrawal
from app.domain.outputs.models import Output, Withdrawal, WithdrawalOutcome
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules


def propose_withdrawal(session: WriteSession, actor: Actor, output: Output, new: NewWithdrawal) -> Withdrawal:
    """Propose to withdraw the output. Only the chair and the secretariat see that until it is confirmed.

    Raises BadRequest if the replacement is not a released output of the same body.
    """
    lock_row(session, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    if new.replaced_by and new.replaced_by not in {
        candidate.id for candidate in outputs.list_possible_replacements(session, actor, output)
    }:
        raise BadRequest(_("Choose a text of this group that is released."))
    withdrawal = Withdrawal(
        output_id=output.id,
        reason=new.reason,
        lang=new.lang,
        replaced_by=new.replaced_by,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities_in(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(withdrawal)
    session.flush()
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


def get_pending_withdrawal(session: WriteSession, output: Output, expected_withdrawal_id: UUID) -> Withdrawal:
    """Return the pending proposal. Raises Stale if it is not the expected one: its reason may be another."""
    pending = outputs.find_pending_withdrawal(session, output)
    if pending is None or pending.id != expected_withdrawal_id:
        raise Stale()
    return pending


def record_withdrawal_outcome(actor: Actor, output: Output, withdrawal: Withdrawal, outcome: WithdrawalOutcome) -> None:
    """Record who ended the proposal, and with which outcome."""
    withdrawal.ended_how, withdrawal.ended_by, withdrawal.ended_at = outcome, actor.person, clock.now()
    withdrawal.ended_capacity = " ".join(actor.capacities_in(output.body_id))
