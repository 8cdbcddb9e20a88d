"""Issue receipts for outputs: that exactly this text was adopted, or released (docs/receipts.md)."""

from datetime import datetime
from typing import Any

from app.core.db import ReadSession, WriteSession
from app.core.permissions import Actor
from app.core.signing import Signer
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import build_file_facts


def issue_adoption_receipt(
    session: WriteSession, actor: Actor | None, output: Output, at: datetime, *, signer: Signer
) -> Receipt:
    """Issue the receipt of an adoption. `actor` is None if the output was adopted by silence."""
    assert output.adopted_on
    facts = _common_facts(session, output) | {"adopted_on": output.adopted_on.isoformat(), "how": output.adopted_how}
    return _issue(session, actor, ReceiptKind.ADOPTION, facts, output, at, signer)


def issue_release_receipt(
    session: WriteSession, output: Output, at: datetime, *, number: int, manifest: str, signer: Signer
) -> Receipt:
    """Issue the receipt of a release under manifest `number` of the catalogue, with every text that readers now have.

    Of an advance version, the missing languages are named.
    """
    texts = translations.list_released_texts(session, output)
    facts = _common_facts(session, output) | {
        "files": [build_file_facts(text) for text in texts],
        "manifest": {"number": number, "sha256": manifest},
        "titles": translations.merge_titles(output, texts),
    }
    if output.still_to_come:
        facts["still_to_come"] = list(output.still_to_come)
    return _issue(session, None, ReceiptKind.RELEASE, facts, output, at, signer)


def _issue(
    session: WriteSession,
    actor: Actor | None,
    kind: ReceiptKind,
    facts: dict[str, Any],
    output: Output,
    at: datetime,
    signer: Signer,
) -> Receipt:
    """Issue a receipt of this kind with these facts."""
    return receipts.issue_receipt(
        session,
        actor,
        kind,
        facts,
        subject_id=output.id,
        version=output.version,
        body_id=output.body_id,
        at=at,
        signer=signer,
    )


def _common_facts(session: ReadSession, output: Output) -> dict[str, Any]:
    """Return the facts that receipts of adoption and of release have in common."""
    body, meeting = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id)
    return {
        "body": {"code": body.code, "prefix": body.prefix},
        "files": [build_file_facts(file) for file in outputs.list_output_files(session, output)],
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "original": output.original,
        "output": str(output.id),
        "symbol": output.symbol,
        "text": output.text_digest,
        "titles": dict(output.titles),
    }
