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

SIGNER_KEY = "sign"
"""Key of the portal's signer in the `info` of a session (see `app.core.db.write_session_factory`)."""


def signer_of(session: WriteSession) -> Signer:
    """Return the signer that the session carries. Raises RuntimeError if there is none.

    Silence is settled by many actions and by the worker, so they find the signer in the session.
    """
    signer = session.info.get(SIGNER_KEY)
    if not isinstance(signer, Signer):
        raise RuntimeError("this session was given nothing to sign with")
    return signer


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
    signer: Signer,
) -> Receipt:
    """Sign a statement about an act and store it as a receipt. No permission is required: the calling action has
    checked it."""
    key = uuid4()
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
