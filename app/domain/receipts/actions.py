"""Issue receipts, in the transaction of the act: a receipt exists exactly if the act happened."""

from base64 import b64encode
from datetime import datetime
from uuid import UUID, uuid4

from app.core.access import Actor
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.receipts import statements
from app.domain.receipts.models import Kind, Receipt
from app.domain.receipts.statements import Said

HAND = "sign"
"""Key of the portal's signer in the `info` of a session (see `app.core.db.writers`)."""


def hand(session: WriteSession) -> Signer:
    """Return the signer that the session carries. Raises RuntimeError if there is none.

    Silence is settled by many actions and by the worker, so they find the signer in the session.
    """
    signer = session.info.get(HAND)
    if not isinstance(signer, Signer):
        raise RuntimeError("this session was given nothing to sign with")
    return signer


def issue(
    session: WriteSession,
    actor: Actor | None,
    kind: Kind,
    said: Said,
    *,
    subject: UUID,
    version: int,
    body: UUID,
    at: datetime,
    sign: Signer,
) -> Receipt:
    """Sign a statement about an act and store it as a receipt. No permission is required: the calling action has
    checked it."""
    key = uuid4()
    statement = statements.statement(
        actor, body, said, receipt=key, kind=kind, version=version, at=at, portal=sign.portal
    )
    row = Receipt(
        id=key,
        subject=subject,
        kind=kind,
        version=version,
        person_id=actor.person if actor else None,
        at=at,
        statement=statement.decode(),
        signature=b64encode(sign.sign(statement)).decode(),
        public_key=sign.public.text,
    )
    session.add(row)
    return row
