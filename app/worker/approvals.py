"""The job that verifies the sign-in behind each approval.

What the web process says that a person approved counts only after this: a process that was taken over could write an
approval, but not the signature of the identity provider.
"""

from uuid import UUID

import structlog

from app.core import clock
from app.core.db import transaction
from app.core.errors import Unavailable
from app.domain.identity.actions import sessions
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.models import ApprovalCheckOutcome
from app.domain.outputs.queries.approvals import list_outputs_to_check, list_unchecked_approvals
from app.domain.outputs.rules.approvals import APPROVAL_WINDOW
from app.domain.releases.actions.completion import record_missing_translations
from app.domain.releases.actions.release import record_missing_approvals
from app.domain.releases.queries.released_translations import find_released_translations
from app.worker.approval_verifier import UnknownProviderKey
from app.worker.release import WorkerContext
from app.worker.subscriptions import CHECK_APPROVAL
from app.worker.tasks import EVERY_TEN_MINUTES, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def check_approvals(context: WorkerContext, output_id: UUID) -> None:
    """Verify the approvals of an output, and of its translations, that were not verified yet, and record the results.
    One that was signed with a key which the provider does not publish now stays unverified.

    Raises Unavailable while the identity provider does not answer.
    """
    assert context.approvals
    with transaction(context.write_sessions) as session:
        unchecked = list_unchecked_approvals(session, output_id)
        released = find_released_translations(session, output_id)
    for given in unchecked:
        text = given.translation
        released_at = released.get((text.language, text.sha256, text.pdf)) if text else None
        try:
            cause = context.approvals.find_fault(given, released_at)
        except UnknownProviderKey:
            log.warning("an approval was signed with a key that the provider does not publish", output=str(output_id))
            continue
        outcome = ApprovalCheckOutcome.REFUSED if cause else ApprovalCheckOutcome.VERIFIED
        with transaction(context.write_sessions) as session:
            is_new = record_approval_check(session, given, outcome, cause)
            if cause and not record_missing_approvals(session, output_id):
                record_missing_translations(session, output_id)
        if is_new and cause:
            log.error("an approval could not be verified", output=str(output_id), cause=cause)


def check_waiting_approvals(context: WorkerContext) -> None:
    """Check the approvals whose job was lost, or never queued: by a portal of a version that knew no checks."""
    with transaction(context.write_sessions) as session:
        waiting = list_outputs_to_check(session)
    for output_id in waiting:
        try:
            check_approvals(context, output_id)
        except Unavailable:  # the identity provider: the others would wait for it in vain too
            log.warning("approvals wait for the identity provider", outputs=len(waiting))
            return


def clear_unused_sign_ins(context: WorkerContext) -> int:
    """Clear the sign-ins for an approval with which no one may approve any more; returns their number."""
    with transaction(context.write_sessions) as session:
        return sessions.clear_unused_sign_ins(session, clock.now() - APPROVAL_WINDOW)


TASKS = (
    EventTask(CHECK_APPROVAL, check_approvals, "output"),
    PeriodicTask("check-approvals", check_waiting_approvals, EVERY_TEN_MINUTES, "approvals", is_exclusive=True),
    PeriodicTask("clear-sign-ins", clear_unused_sign_ins, EVERY_TEN_MINUTES, "sign-ins"),
)
