"""What the worker found when it verified the sign-in behind an approval."""

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.core.hashing import hash_secret
from app.domain.outputs import events
from app.domain.outputs.models import Approval, ApprovalCheck, ApprovalCheckOutcome, Output, OutputStatus
from app.domain.outputs.queries import approvals


def record_approval_check(
    session: WriteSession, approval: Approval, outcome: ApprovalCheckOutcome, cause: str | None = None
) -> bool:
    """Record whether an approval was verified. Idempotent; returns whether it was recorded now.

    A refused approval does not count: if too few are left, the text waits for approvals again. A release that is on its
    way then fails (`app.domain.releases`).
    """
    output = get_locked_row(session, Output, approval.output_id)
    if session.get(ApprovalCheck, (approval.output_id, approval.person_id)) is not None:
        return False
    digest = hash_secret(approval.id_token) if approval.id_token else None
    session.add(
        ApprovalCheck(
            output_id=approval.output_id,
            person_id=approval.person_id,
            outcome=outcome,
            token_digest=digest,
            cause=cause,
            checked_at=clock.now(),
        )
    )
    session.flush()
    if output.status == OutputStatus.APPROVED:
        output.status = approvals.get_status_before_release(session, output)
    event = events.ApprovalChecked(output.id, approval.person_id, outcome, digest or "")
    journal.record_event(session, None, event, body=output.body_id)
    return True
