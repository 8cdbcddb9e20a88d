"""Checks that each approval carries the ID token of a sign-in that was made for it, and that the worker verified it."""

from collections.abc import Iterator

from sqlalchemy import select

from app.core.db import ReadSession
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Approval,
    ApprovalCheck,
    ApprovalCheckOutcome,
    Output,
    OutputStatus,
    OutputTranslation,
)
from app.domain.outputs.queries import translation_approvals
from app.domain.outputs.queries.approvals import CHECK_OF_APPROVAL, build_given_approval
from app.domain.outputs.queries.outputs import find_sole_decision_release_plan

NEVER_VERIFIED, REFUSED, FOR_SOMETHING_ELSE, ANOTHER_TOKEN = (
    "was never verified",
    "was refused: the sign-in behind it could not be verified",
    "has an ID token for something else",
    "has another ID token than the one that was verified",
)


def find_approval_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each approval, of a text or of a translation, whose ID token is not bound to what it approves,
    or not the one that the worker verified, and for each that counted for a release without having been verified.

    The signature of the token is not verified here: the worker did that with the keys of the identity provider.
    """
    yield from _find_text_approval_faults(session)
    yield from _find_translation_approval_faults(session)


def _find_text_approval_faults(session: ReadSession) -> Iterator[str]:
    rows = select(Approval, ApprovalCheck, Output, Person).join(Output, Output.id == Approval.output_id)
    rows = rows.join(Person, Person.id == Approval.person_id).outerjoin(ApprovalCheck, CHECK_OF_APPROVAL)
    for approval, check, output, person in session.execute(rows.order_by(Output.symbol, Person.id)):
        name, given = f"that of {output.symbol} by {person.id}", build_given_approval(approval, output, person)
        if check is None:
            is_out = output.status in READABLE_STATUSES or output.status == OutputStatus.WITHDRAWN
            if is_out and find_sole_decision_release_plan(session, output) is None:
                yield f"{name} {NEVER_VERIFIED}"
        elif check.outcome == ApprovalCheckOutcome.VERIFIED and not given.is_bound:
            yield f"{name} {FOR_SOMETHING_ELSE}"
        elif (check.token_digest or "") != given.token_digest:
            yield f"{name} {ANOTHER_TOKEN}"


def _find_translation_approval_faults(session: ReadSession) -> Iterator[str]:
    """Yield the faults of approvals of translations, each of which is of one person alone."""
    rows = translation_approvals.select_translation_approvals()
    for translation, output, person, outcome in session.execute(
        rows.order_by(Output.symbol, OutputTranslation.language)
    ):
        name = f"that of {output.symbol} in {translation.language} by {person.id}"
        given = translation_approvals.build_given_translation_approval(translation, output, person)
        if outcome == ApprovalCheckOutcome.VERIFIED:
            if not given.is_bound:
                yield f"{name} {FOR_SOMETHING_ELSE}"
        elif translation.released_at and outcome != ApprovalCheckOutcome.BEFORE:
            is_verified = translation_approvals.has_verified_approval(session, given)
            is_refused = outcome == ApprovalCheckOutcome.REFUSED
            yield f"{name} {ANOTHER_TOKEN if is_verified else REFUSED if is_refused else NEVER_VERIFIED}"
