"""Checks that each approval carries the ID token of a sign-in that was made for it, and that the worker verified it."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.hashing import hash_secret
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Approval,
    ApprovalCheck,
    ApprovalCheckOutcome,
    Output,
    OutputStatus,
)
from app.domain.outputs.queries.approvals import CHECK_OF_APPROVAL
from app.domain.outputs.rules.approvals import ApprovalStatement


def find_approval_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each approval whose ID token is not bound to what it approves, or not the one that the worker
    verified, and for each that counted for a release without having been verified.

    The signature of the token is not verified here: the worker did that with the keys of the identity provider.
    """
    rows = select(Approval, ApprovalCheck, Output, Person).join(Output, Output.id == Approval.output_id)
    rows = rows.join(Person, Person.id == Approval.person_id).outerjoin(ApprovalCheck, CHECK_OF_APPROVAL)
    for approval, check, output, person in session.execute(rows.order_by(Output.symbol, Person.id)):
        name = f"of {output.symbol} by {person.id}"
        if check is None:
            if output.status in READABLE_STATUSES or output.status == OutputStatus.WITHDRAWN:
                yield f"that {name} was never verified"
        elif check.outcome == ApprovalCheckOutcome.VERIFIED and not _is_token_about(approval, output, person):
            yield f"that {name} has an ID token for something else"
        elif check.token_digest != (hash_secret(approval.id_token) if approval.id_token else None):
            yield f"that {name} has another ID token than the one that was verified"


def _is_token_about(approval: Approval, output: Output, person: Person) -> bool:
    """Return whether the nonce of the ID token is that of a statement about this output and person."""
    statement = ApprovalStatement.parse(approval.statement or "")
    if statement is None or not statement.was_about(output, person):
        return False
    try:
        payload = (approval.id_token or "").split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError):
        return False
    return isinstance(claims, dict) and claims.get("nonce") == statement.nonce
