"""What a receipt says of a text: that exactly this was adopted, or released (docs/receipts.md)."""

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
    """For what was adopted just now. Nobody acted where silence was kept."""
    assert output.adopted_on
    said = _said(session, output) | {"adopted_on": output.adopted_on.isoformat(), "how": output.adopted_how}
    return _issued(session, actor, Kind.ADOPTION, said, output, at, sign)


def of_release(
    session: WriteSession, output: Output, at: datetime, *, number: int, manifest: str, sign: Signer
) -> Receipt:
    """For what the house released just now, under that manifest of the catalogue: all that readers have by now. What
    an advance version lacks is named in it."""
    texts = translations.released(session, output)
    said = _said(session, output) | {
        "files": [file_said(text) for text in texts],
        "manifest": {"number": number, "sha256": manifest},
        "titles": translations.titles(output, texts),
    }
    if output.still_to_come:
        said["still_to_come"] = list(output.still_to_come)
    return _issued(session, None, Kind.RELEASE, said, output, at, sign)


def _issued(
    session: WriteSession,
    actor: Actor | None,
    kind: Kind,
    said: dict[str, Any],
    output: Output,
    at: datetime,
    sign: Signer,
) -> Receipt:
    return receipts.issue(
        session,
        actor,
        kind,
        said,
        subject=output.id,
        version=output.version,
        body=output.body_id,
        at=at,
        sign=sign,
    )


def _said(session: ReadSession, output: Output) -> dict[str, Any]:
    """What both kinds say."""
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
