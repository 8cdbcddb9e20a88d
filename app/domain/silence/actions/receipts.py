"""Issue receipts for positions: which State took which position on exactly which text (docs/receipts.md)."""

from app.core.canonical_json import format_instant
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.outputs.rules.receipts import build_text_facts
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.domain.silence.queries.procedures import list_procedure_texts
from app.domain.silence.rules import compute_position_receipt_subject_id


def issue_position_receipt(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, position: SilencePosition
) -> Receipt:
    """Issue the receipt for a position that a State just took or changed."""
    body = session.get_one(Body, procedure.body_id)
    facts = {
        "body": {"code": body.code, "prefix": body.prefix},
        "entity": position.entity,
        "files": list(map(build_text_facts, list_procedure_texts(session, procedure))),
        "language": position.lang,
        "original": procedure.original,
        "output": str(procedure.output_id),
        "paragraph": position.paragraph,
        "procedure": str(procedure.id),
        "stance": position.stance,
        "text": procedure.text_digest,
        "titles": dict(procedure.titles),
        "until": format_instant(procedure.until),
        "words": position.text,
    }
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.POSITION,
        facts,
        subject_id=compute_position_receipt_subject_id(procedure.id, position.entity),
        version=position.version,
        body_id=procedure.body_id,
        at=position.taken_at,
    )
