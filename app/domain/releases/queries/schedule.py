"""Queries for the worker: which releases, completions and withdrawals are scheduled or decided, and which are due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.core import clock
from app.core.db import ReadSession
from app.domain.outputs.models import CompletionPlan, Output, OutputStatus


def find_scheduled_release_time(session: ReadSession, output_id: UUID) -> datetime | None:
    """Find the instant for which the release of an output is scheduled, if it is."""
    statement = select(Output.release_at).where(Output.id == output_id, Output.status == OutputStatus.SCHEDULED)
    return session.scalar(statement)


def list_outputs_due_for_release(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose scheduled instant of release has come."""
    statement = select(Output.id).where(Output.status == OutputStatus.SCHEDULED, Output.release_at <= clock.now())
    return session.scalars(statement.order_by(Output.release_at, Output.id)).all()


def find_scheduled_completion_time(session: ReadSession, output_id: UUID) -> datetime | None:
    """Find the instant for which the completion of an output is scheduled."""
    statement = select(CompletionPlan.release_at).join(Output, Output.id == CompletionPlan.output_id)
    return session.scalar(statement.where(CompletionPlan.output_id == output_id, *_pending_conditions()))


def list_outputs_due_for_completion(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose scheduled instant of completion has come."""
    statement = select(CompletionPlan.output_id).join(Output, Output.id == CompletionPlan.output_id)
    statement = statement.where(CompletionPlan.release_at <= clock.now(), *_pending_conditions())
    return session.scalars(statement.order_by(CompletionPlan.release_at, CompletionPlan.output_id)).all()


def list_outputs_to_withdraw(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose withdrawal was decided, but for those where it failed and was not started again."""
    statement = select(Output.id).where(Output.status == OutputStatus.WITHDRAWING, Output.failed_because.is_(None))
    return session.scalars(statement.order_by(Output.released_at, Output.id)).all()


def _pending_conditions() -> tuple[ColumnElement[bool], ...]:
    """Conditions for a completion plan that is pending."""
    ends = (CompletionPlan.called_back_at, CompletionPlan.failed_at, CompletionPlan.released_at)
    return (Output.status == OutputStatus.RELEASED, *(end.is_(None) for end in ends))
