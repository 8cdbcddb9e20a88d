"""Giving a receipt, in the transaction of the act that it tells of: it is there if the act happened, and only then."""

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
"""What the house signs with, among what a session carries (`writers`)."""


def hand(session: WriteSession) -> Signer:
    """What the house signs with in this session. Raises RuntimeError where there is nothing: no act without one.

    Silence is settled by many verbs, and by the worker; so they find it in the session, as they find what reacts.
    """
    found = session.info.get(HAND)
    if not isinstance(found, Signer):
        raise RuntimeError("this session was given nothing to sign with")
    return found


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
    """Sign what was just done and keep it. The house's own act: the verb that calls this has asked already."""
    key = uuid4()
    statement = statements.statement(
        actor, body, said, receipt=key, kind=kind, version=version, at=at, portal=sign.portal
    )
    made = Receipt(
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
    session.add(made)
    return made
