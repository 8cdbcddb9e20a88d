"""Issue receipts, in the transaction of the act: a receipt exists exactly if the act happened."""

from base64 import b64encode
from datetime import datetime
from uuid import UUID, uuid4

from app.core.db import WriteSession
from app.core.permissions import Actor
from app.core.signing import Signer
from app.domain.receipts import rules
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import ReceiptFacts


def issue_receipt(
    session: WriteSession,
    actor: Actor | None,
    kind: ReceiptKind,
    facts: ReceiptFacts,
    *,
    subject_id: UUID,
    version: int,
    body_id: UUID,
    at: datetime,
) -> Receipt:
    """Sign a statement about an act with a signer of the session, and store it as a receipt.

    No permission is required: the calling action has checked it. Raises RuntimeError if this process signs no receipts
    of this kind.
    """
    signer, key = _get_signer(session, kind, has_person=actor is not None), uuid4()
    statement = rules.build_receipt_statement(
        actor, body_id, facts, receipt_id=key, kind=kind, version=version, at=at, portal=signer.portal
    )
    row = Receipt(
        id=key,
        subject=subject_id,
        kind=kind,
        version=version,
        person_id=actor.person if actor else None,
        at=at,
        statement=statement.decode(),
        signature=b64encode(signer.sign(statement)).decode(),
        public_key=signer.public_key.text,
    )
    session.add(row)
    return row


def _get_signer(session: WriteSession, kind: ReceiptKind, *, has_person: bool) -> Signer:
    """Return the signer of the first purpose, of those for this kind, that the session signs for."""
    purposes = rules.list_signing_purposes(kind, has_person=has_person)
    for purpose in purposes:
        if signer := session.find_signer(purpose):
            return signer
    return session.get_signer(purposes[0])
