"""Issue receipts for outputs: that exactly this text was adopted, or released (docs/receipts.md)."""

from datetime import datetime
from typing import Any

from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.signing import Signer
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries, translations
from app.domain.outputs.models import Output
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Kind, Receipt
from app.domain.receipts.statements import file_said


def of_adoption(session: WriteSession, actor: Actor | None, output: Output, at: datetime, *, sign: Signer) -> Receipt:
    """Issue the receipt of an adoption. `actor` is None if the output was adopted by silence."""
    assert output.adopted_on
    facts = _common_facts(session, output) | {"adopted_on": output.adopted_on.isoformat(), "how": output.adopted_how}
    return _issue(session, actor, Kind.ADOPTION, facts, output, at, sign)


def of_release(
    session: WriteSession, output: Output, at: datetime, *, number: int, manifest: str, sign: Signer
) -> Receipt:
    """Issue the receipt of a release under manifest `number` of the catalogue, with every text that readers now have.

    Of an advance version, the missing languages are named.
    """
    texts = translations.released(session, output)
    facts = _common_facts(session, output) | {
        "files": [file_said(text) for text in texts],
        "manifest": {"number": number, "sha256": manifest},
        "titles": translations.titles(output, texts),
    }
    if output.still_to_come:
        facts["still_to_come"] = list(output.still_to_come)
    return _issue(session, None, Kind.RELEASE, facts, output, at, sign)


def _issue(
    session: WriteSession,
    actor: Actor | None,
    kind: Kind,
    facts: dict[str, Any],
    output: Output,
    at: datetime,
    signer: Signer,
) -> Receipt:
    """Issue a receipt of this kind with these facts."""
    return receipts.issue(
        session,
        actor,
        kind,
        facts,
        subject=output.id,
        version=output.version,
        body=output.body_id,
        at=at,
        sign=signer,
    )


def _common_facts(session: ReadSession, output: Output) -> dict[str, Any]:
    """Return the facts that receipts of adoption and of release have in common."""
    body, meeting = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id)
    return {
        "body": {"code": body.code, "prefix": body.prefix},
        "files": [file_said(file) for file in queries.files(session, output)],
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "original": output.original,
        "output": str(output.id),
        "symbol": output.symbol,
        "text": output.text_digest,
        "titles": dict(output.titles),
    }
