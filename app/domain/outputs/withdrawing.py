"""Proposing that a released text be withdrawn, taking that back, declining it. `app.domain.releases` confirms it.

Whoever acts holds the output, so of two acts on one proposal one comes first and the other is refused.
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
    """Propose that it be withdrawn. Nobody but the chair and the secretariat sees that until it is confirmed."""
    hold(session, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, queries.case(session, output))
    if new.replaced_by and new.replaced_by not in {each.id for each in queries.replacements(session, actor, output)}:
        raise Unacceptable(say("Choose a text of this group that is released."))
    made = Withdrawal(
        output_id=output.id,
        reason=new.reason,
        lang=new.lang,
        replaced_by=new.replaced_by,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    journal.record(session, actor, events.WithdrawalProposed(output.id, made.id), body=output.body_id)
    return made


def take_back(session: WriteSession, actor: Actor, output: Output, *, seen: UUID) -> None:
    """Whoever proposed it thinks better of it."""
    hold(session, output)
    rules.TAKE_BACK_WITHDRAWAL.require(actor, queries.case(session, output))
    found = waiting(session, output, seen)
    end(actor, output, found, End.TAKEN_BACK)
    journal.record(session, actor, events.WithdrawalTakenBack(output.id, found.id), body=output.body_id)


def decline(session: WriteSession, actor: Actor, output: Output, because: Because, *, seen: UUID) -> None:
    """A second person does not agree: the text stays. It can be proposed anew."""
    hold(session, output)
    rules.DECLINE_WITHDRAWAL.require(actor, queries.case(session, output))
    found = waiting(session, output, seen)
    end(actor, output, found, End.DECLINED)
    found.ended_because = because.reason
    journal.record(session, actor, events.WithdrawalDeclined(output.id, found.id), body=output.body_id)


def waiting(session: WriteSession, output: Output, seen: UUID) -> Withdrawal:
    """The proposal that waits, if it is the one that was seen; else Stale: another reason may stand there now."""
    found = queries.withdrawal(session, output)
    if found is None or found.id != seen:
        raise Stale()
    return found


def end(actor: Actor, output: Output, found: Withdrawal, how: End) -> None:
    """Note who ended it, and how."""
    found.ended_how, found.ended_by, found.ended_at = how, actor.person, clock.now()
    found.ended_capacity = " ".join(actor.capacities(output.body_id))
