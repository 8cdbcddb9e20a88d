"""The withdrawals of an output: the one that waits for a second person, the one that was decided, and all proposals."""

from sqlalchemy import Select, select

from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.core.page_sessions import read_once
from app.domain.outputs.models import Output, Withdrawal, WithdrawalOutcome


@read_once
def find_pending_withdrawal(session: ReadSession, output: Output) -> Withdrawal | None:
    """Find the withdrawal proposal that waits for a second person."""
    statement = select(Withdrawal).where(Withdrawal.output_id == output.id, Withdrawal.ended_how.is_(None))
    return session.scalar(statement)


def find_confirmed_withdrawal(session: ReadSession, output: Output) -> Withdrawal | None:
    """Find the withdrawal of an output that was decided; None if there is not exactly one."""
    statement = select(Withdrawal).where(
        Withdrawal.output_id == output.id, Withdrawal.ended_how == WithdrawalOutcome.CONFIRMED
    )
    decided = session.scalars(statement).all()
    return decided[0] if len(decided) == 1 else None


@list_of_thing
def list_withdrawal_proposals(output_id: KeyParameter) -> Select[Withdrawal]:
    """List all withdrawal proposals of the output, the latest first."""
    proposals = select(Withdrawal).where(Withdrawal.output_id == output_id)
    return proposals.order_by(Withdrawal.proposed_at.desc(), Withdrawal.id)
