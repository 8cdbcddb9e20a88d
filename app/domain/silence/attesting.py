"""Issue receipts for positions: which State took which position on exactly which text (docs/receipts.md)."""

from uuid import UUID, uuid5

from app.core.access import Actor
from app.core.canonical import instant
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.bodies.models import Body
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Kind, Receipt
from app.domain.receipts.statements import file_said
from app.domain.silence import queries
from app.domain.silence.models import SilencePosition, SilenceProcedure


def subject(procedure: UUID, entity: str) -> UUID:
    """Return the identifier that receipts give to the position of one State, which has none of its own."""
    return uuid5(procedure, entity)


def of_position(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, taken: SilencePosition, *, sign: Signer
) -> Receipt:
    """Issue the receipt for a position that a State just took or changed."""
    body = session.get_one(Body, procedure.body_id)
    facts = {
        "body": {"code": body.code, "prefix": body.prefix},
        "entity": taken.entity,
        "files": [file_said(text) for text in queries.texts(session, procedure)],
        "language": taken.lang,
        "original": procedure.original,
        "output": str(procedure.output_id),
        "paragraph": taken.paragraph,
        "procedure": str(procedure.id),
        "stance": taken.stance,
        "text": procedure.text_digest,
        "titles": dict(procedure.titles),
        "until": instant(procedure.until),
        "words": taken.text,
    }
    return receipts.issue(
        session,
        actor,
        Kind.POSITION,
        facts,
        subject=subject(procedure.id, taken.entity),
        version=taken.version,
        body=procedure.body_id,
        at=taken.taken_at,
        sign=sign,
    )
