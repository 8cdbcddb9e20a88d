"""What the worker found when it verified the sign-in behind an approval."""

from sqlalchemy.orm import object_mapper

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.domain.outputs import events
from app.domain.outputs.actions.translation import clear_translation_approval
from app.domain.outputs.models import (
    ApprovalCheck,
    ApprovalCheckOutcome,
    Output,
    OutputStatus,
    OutputTranslation,
    TranslationApprovalCheck,
)
from app.domain.outputs.queries import approvals
from app.domain.outputs.rules.approvals import GivenApproval


def record_approval_check(
    session: WriteSession, given: GivenApproval, outcome: ApprovalCheckOutcome, cause: str | None = None
) -> bool:
    """Record whether an approval was verified. Idempotent; returns whether it was recorded now.

    A refused approval does not count: if too few are left, the text waits for approvals again, and a translation for
    its approval. A release that is on its way then fails (`app.domain.releases`).
    """
    output = get_locked_row(session, Output, given.output.id)
    check = _build_check(given, outcome, cause)
    if known := _find_known_outcome(session, check):
        outcome = known
    else:
        session.add(check)
        session.flush()
    is_cleared = outcome == ApprovalCheckOutcome.REFUSED and _clear_refused_approval(session, given)
    if known and not is_cleared:
        return False
    if given.translation is None and output.status == OutputStatus.APPROVED:
        output.status = approvals.get_status_before_release(session, output)
    journal.record_event(session, None, _build_event(given, outcome), body=output.body_id)
    return True


def _find_known_outcome(
    session: WriteSession, check: ApprovalCheck | TranslationApprovalCheck
) -> ApprovalCheckOutcome | None:
    """Find what the worker found when it checked this approval before: a result is final."""
    table, key = type(check), object_mapper(check).primary_key_from_instance(check)
    known = session.get(table, key)
    return ApprovalCheckOutcome(known.outcome) if isinstance(known, table) else None


def _build_check(
    given: GivenApproval, outcome: ApprovalCheckOutcome, cause: str | None
) -> ApprovalCheck | TranslationApprovalCheck:
    """Build the row of a check."""
    found = {"outcome": outcome, "cause": cause, "checked_at": clock.now()}
    of_person = {"output_id": given.output.id, "person_id": given.person.id}
    if given.translation is None:
        return ApprovalCheck(**of_person, **found, token_digest=given.token_digest or None)
    return TranslationApprovalCheck(
        **of_person,
        **found,
        language=given.translation.language,
        text_digest=given.digest,
        token_digest=given.token_digest,
    )


def _clear_refused_approval(session: WriteSession, given: GivenApproval) -> bool:
    """Let a translation wait for its approval again, unless it was replaced or approved again since it was read; return
    whether it does."""
    if given.translation is None:
        return False
    key, refused = (given.output.id, given.translation.language), (given.digest, given.person.id, given.id_token)
    translation = session.get_one(OutputTranslation, key, populate_existing=True)
    approval = (translation.approved, translation.approved_by, translation.id_token)
    if approval != refused or translation.released_at is not None:
        return False
    clear_translation_approval(translation)
    return True


def _build_event(given: GivenApproval, outcome: ApprovalCheckOutcome) -> journal.Event:
    output, person = given.output.id, given.person.id
    if given.translation is None:
        return events.ApprovalChecked(output, person, outcome, given.token_digest)
    language, token = given.translation.language, given.token_digest
    return events.TranslationApprovalChecked(output, language, given.digest, person, outcome, token)
