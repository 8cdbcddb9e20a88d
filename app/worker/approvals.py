"""The job that verifies the sign-in behind each approval.

What the web process says that a person approved counts only after this: a process that was taken over could write an
approval, but not the signature of the identity provider.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.models import ApprovalCheckOutcome
from app.domain.outputs.queries.approvals import list_unchecked_approvals
from app.worker.release import WorkerContext
from app.worker.subscriptions import CHECK_APPROVAL
from app.worker.tasks import EventTask

log = structlog.get_logger(__name__)


def check_approvals(context: WorkerContext, output_id: UUID) -> None:
    """Verify the approvals of an output that were not verified yet, and record the results.

    Raises Unavailable while the identity provider does not answer.
    """
    assert context.approvals
    with transaction(context.write_sessions) as session:
        unchecked = list_unchecked_approvals(session, output_id)
    for approval, output, person in unchecked:
        cause = context.approvals.find_fault(approval, output, person)
        outcome = ApprovalCheckOutcome.REFUSED if cause else ApprovalCheckOutcome.VERIFIED
        with transaction(context.write_sessions) as session:
            is_new = record_approval_check(session, approval, outcome, cause)
        if is_new and cause:
            log.error("an approval could not be verified", output=str(output_id), cause=cause)


TASKS = (EventTask(CHECK_APPROVAL, check_approvals, "output"),)
