"""Issue the receipt of an adoption: that exactly this text was adopted (docs/receipts.md)."""

from datetime import datetime

from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules.receipts import build_output_facts
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Receipt, ReceiptKind


def issue_adoption_receipt(
    session: WriteSession, actor: Actor | None, output: Output, meeting: Meeting, at: datetime
) -> Receipt:
    """Issue the receipt of an adoption. `actor` is None if the output was adopted by silence."""
    assert output.adopted_on
    body, files = session.get_one(Body, output.body_id), outputs.list_output_files(session, output)
    adoption = {"adopted_on": output.adopted_on.isoformat(), "how": output.adopted_how}
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.ADOPTION,
        build_output_facts(output, body, meeting, files) | adoption,
        subject_id=output.id,
        version=output.version,
        body_id=output.body_id,
        at=at,
    )
