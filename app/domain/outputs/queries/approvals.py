"""Queries on approvals, and on what the worker found when it verified the sign-ins behind them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, func, select

from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.core.db import ReadSession
from app.core.page_sessions import read_once
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Approval,
    ApprovalCheck,
    ApprovalCheckOutcome,
    Output,
    OutputStatus,
)
from app.domain.outputs.queries.translation_approvals import (
    list_outputs_with_unchecked_translations,
    list_unchecked_translation_approvals,
)
from app.domain.outputs.rules.approvals import GivenApproval
from app.domain.outputs.rules.outputs import APPROVALS_NEEDED

CHECK_OF_APPROVAL = (ApprovalCheck.output_id == Approval.output_id) & (ApprovalCheck.person_id == Approval.person_id)
IS_REFUSED = select(ApprovalCheck.person_id).where(
    CHECK_OF_APPROVAL, ApprovalCheck.outcome == ApprovalCheckOutcome.REFUSED
)

IS_TO_CHECK = (ApprovalCheck.person_id.is_(None), Output.status.not_in((*READABLE_STATUSES, OutputStatus.WITHDRAWN)))
"""The approval of a text that is released already, as one person decided alone, is not needed any more."""


@read_once
def list_approvers(session: ReadSession, output: Output) -> frozenset[UUID]:
    """Return the people who approved the release of exactly the adopted text, without those whose sign-in for it could
    not be verified."""
    approvals = select(Approval.person_id).where(Approval.output_id == output.id)
    given = frozenset(session.scalars(approvals.where(Approval.text_digest == output.text_digest)))
    return given - list_checked_approvers(session, output, ApprovalCheckOutcome.REFUSED)


def get_status_before_release(session: ReadSession, output: Output) -> OutputStatus:
    """Return the status of an adopted output that is not on its way: approved, if enough approvals count."""
    is_approved = len(list_approvers(session, output)) >= APPROVALS_NEEDED
    return OutputStatus.APPROVED if is_approved else OutputStatus.ADOPTED


def list_bound_approvers(session: ReadSession, output: Output) -> frozenset[UUID]:
    """Return the people whose approval the worker verified and who approved the output as it is now: its text, its
    symbol and the day of its adoption. Approvals of before the checks are bound to the text alone."""
    of_output = select(Approval, Person, ApprovalCheck.outcome).join(ApprovalCheck, CHECK_OF_APPROVAL)
    of_output = of_output.join(Person, Person.id == Approval.person_id).where(
        Approval.output_id == output.id, Approval.text_digest == output.text_digest
    )
    return frozenset(
        person.id
        for approval, person, outcome in session.execute(of_output)
        if outcome == ApprovalCheckOutcome.BEFORE
        or (outcome == ApprovalCheckOutcome.VERIFIED and build_given_approval(approval, output, person).is_bound)
    )


def build_given_approval(approval: Approval, output: Output, person: Person) -> GivenApproval:
    """Return an approval of an output with what it approves and who gave it."""
    return GivenApproval(
        output, person, approval.text_digest, approval.approved_at, approval.id_token, approval.statement
    )


@rows_of_thing
def list_approval_checks(output_id: KeyParameter) -> Select[UUID, str]:
    """List what the worker found of the approvals of an output that it checked, and who gave them."""
    return select(ApprovalCheck.person_id, ApprovalCheck.outcome).where(ApprovalCheck.output_id == output_id)


def list_checked_approvers(session: ReadSession, output: Output, *outcomes: ApprovalCheckOutcome) -> frozenset[UUID]:
    """Return the people whose approval the worker checked with one of these outcomes."""
    return frozenset(row.person_id for row in list_approval_checks(session, output) if row.outcome in outcomes)


def find_approval_outcomes(session: ReadSession, output: Output) -> dict[UUID, str]:
    """Return what the worker found of the approvals that it checked, by who gave them."""
    return {row.person_id: row.outcome for row in list_approval_checks(session, output)}


def list_refused_approvers(session: ReadSession, output: Output) -> Sequence[Person]:
    """List the people whose approval does not count, since the sign-in for it could not be verified."""
    refused = list_checked_approvers(session, output, ApprovalCheckOutcome.REFUSED)
    return session.scalars(select(Person).where(Person.id.in_(refused)).order_by(Person.name)).all() if refused else ()


def list_unchecked_approvals(session: ReadSession, output_id: UUID) -> list[GivenApproval]:
    """List the approvals of an output that is not released, and of its translations, that the worker has to check, the
    earliest first."""
    rows = session.execute(
        select(Approval, Output, Person)
        .join(Output, Output.id == Approval.output_id)
        .join(Person, Person.id == Approval.person_id)
        .outerjoin(ApprovalCheck, CHECK_OF_APPROVAL)
        .where(Approval.output_id == output_id, *IS_TO_CHECK)
    )
    of_text = [build_given_approval(*row) for row in rows]
    of_translations = list_unchecked_translation_approvals(session, output_id)
    return sorted([*of_text, *of_translations], key=lambda given: given.approved_at)


def list_outputs_to_check(session: ReadSession) -> list[UUID]:
    """List the outputs with an approval that the worker has not checked, of what is not released yet: the output, or a
    translation of it."""
    unchecked = select(Approval.output_id).join(Output, Output.id == Approval.output_id)
    unchecked = unchecked.outerjoin(ApprovalCheck, CHECK_OF_APPROVAL).where(*IS_TO_CHECK)
    return sorted({*session.scalars(unchecked), *list_outputs_with_unchecked_translations(session)})


def select_approvers() -> ScalarSelect[list[UUID]]:
    """Select, in a query on outputs, the people whose approval of the adopted text counts."""
    of_text = (Approval.output_id == Output.id) & (Approval.text_digest == Output.text_digest)
    return (
        select(func.array_agg(Approval.person_id))
        .where(of_text, ~IS_REFUSED.correlate(Approval).exists())
        .correlate(Output)
        .scalar_subquery()
    )


def select_refused_approvers() -> ScalarSelect[list[UUID]]:
    """Select, in a query on outputs, the people whose approval does not count."""
    return (
        select(func.array_agg(ApprovalCheck.person_id))
        .where(ApprovalCheck.output_id == Output.id, ApprovalCheck.outcome == ApprovalCheckOutcome.REFUSED)
        .correlate(Output)
        .scalar_subquery()
    )
