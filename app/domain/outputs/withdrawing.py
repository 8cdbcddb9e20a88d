"""Propose the withdrawal of a released output, retract the proposal or decline it. `app.domain.releases` confirms it.

The row of the output is locked, so that of two acts on one proposal the second is refused.
"""

from uuid import UUID

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Stale, Unacceptable
from app.core.i18n import say
from app.domain.outputs import events, queries, rules
from app.domain.outputs.inputs import Because, NewWithdrawal
from app.domain.outputs.models import End, Output, Withdrawal


def propose(session: WriteSession, actor: Actor, output: Output, new: NewWithdrawal) -> Withdrawal:
    """Propose to withdraw the output. Only the chair and the secretariat see that until it is confirmed.

    Raises BadRequest if the replacement is not a released output of the same body.
    """
    hold(session, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, queries.case(session, output))
    if new.replaced_by and new.replaced_by not in {
        candidate.id for candidate in queries.replacements(session, actor, output)
    }:
        raise Unacceptable(say("Choose a text of this group that is released."))
    withdrawal = Withdrawal(
        output_id=output.id,
        reason=new.reason,
        lang=new.lang,
        replaced_by=new.replaced_by,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(withdrawal)
    session.flush()
    journal.record(session, actor, events.WithdrawalProposed(output.id, withdrawal.id), body=output.body_id)
    return withdrawal


def take_back(session: WriteSession, actor: Actor, output: Output, *, seen: UUID) -> None:
    """Retract one's own withdrawal proposal. Raises Stale if it is not the pending one."""
    hold(session, output)
    rules.TAKE_BACK_WITHDRAWAL.require(actor, queries.case(session, output))
    withdrawal = waiting(session, output, seen)
    end(actor, output, withdrawal, End.TAKEN_BACK)
    journal.record(session, actor, events.WithdrawalTakenBack(output.id, withdrawal.id), body=output.body_id)


def decline(session: WriteSession, actor: Actor, output: Output, because: Because, *, seen: UUID) -> None:
    """Decline a withdrawal proposal as the second person: the output stays, and can be proposed again. Raises Stale if
    it is not the pending one."""
    hold(session, output)
    rules.DECLINE_WITHDRAWAL.require(actor, queries.case(session, output))
    withdrawal = waiting(session, output, seen)
    end(actor, output, withdrawal, End.DECLINED)
    withdrawal.ended_because = because.reason
    journal.record(session, actor, events.WithdrawalDeclined(output.id, withdrawal.id), body=output.body_id)


def waiting(session: WriteSession, output: Output, seen: UUID) -> Withdrawal:
    """Return the pending proposal. Raises Stale if it is not the expected one: its reason may be another."""
    pending = queries.withdrawal(session, output)
    if pending is None or pending.id != seen:
        raise Stale()
    return pending


def end(actor: Actor, output: Output, found: Withdrawal, how: End) -> None:
    """Record who ended the proposal, and with which outcome."""
    found.ended_how, found.ended_by, found.ended_at = how, actor.person, clock.now()
    found.ended_capacity = " ".join(actor.capacities(output.body_id))
