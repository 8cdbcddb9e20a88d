"""One attempt after another to send a signed statement, until its receiver acknowledges it or it is given up.

The worker acts, and has locked the row of the delivery, whose record has the digests. A statement is signed, under an
identifier of its own, before anything is sent; whatever dies meanwhile, the same bytes are sent again, and their
receiver takes them in once.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.exchange.signed_statements import SignedStatement, build_envelope, sign_request, sign_statement
from app.core.signing import PublicKey, SigningPurpose
from app.domain.deliveries.models import Delivery
from app.domain.organization_inboxes.queries import find_inbox_in_force
from app.domain.transmissions import rules
from app.domain.transmissions.events import (
    TransmissionAcknowledged,
    TransmissionSigned,
    WithdrawalAcknowledged,
    WithdrawalSigned,
)
from app.domain.transmissions.models import OutgoingTransmission, SentStatement, WithdrawalTransmission
from app.domain.transmissions.rules import FINAL_PROBLEMS, LEASE, TransmissionProblem

RETRY_DELAYS: Final = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440))
"""Times between attempts; after the last one it is given up, and a secretary informs the organization by hand."""

SentT = TypeVar("SentT", OutgoingTransmission, WithdrawalTransmission)
DigestEvent = TransmissionSigned | WithdrawalSigned | TransmissionAcknowledged | WithdrawalAcknowledged


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that can be sent: the address of the inbox, the header fields and the body."""

    address: str
    headers: Mapping[str, str]
    body: bytes


def sign_and_store(
    session: WriteSession,
    delivery: Delivery,
    table: type[SentT],
    key: UUID,
    statement: Mapping[str, object],
    event: type[TransmissionSigned | WithdrawalSigned],
) -> SentT:
    """Sign what the recipient of a delivery is sent under this identifier, and store it."""
    signer, now = session.get_signer(SigningPurpose.RELEASES), clock.now()
    text, signature = sign_statement(signer, statement)
    sent = table(
        delivery_id=delivery.id,
        id=key,
        organization=delivery.recipient,
        statement=text,
        signature=signature,
        public_key=signer.public_key.text,
        made_at=now,
        tries=0,
        try_at=now,
        problem="",
    )
    session.add(sent)
    _record_digest(session, delivery, event, text.encode())
    return sent


def start_attempt(sent: SentStatement) -> bool:
    """Begin an attempt, for which there is some time; False if none is due."""
    now = clock.now()
    if sent.try_at is None or sent.try_at > now:
        return False
    sent.tries, sent.try_at = sent.tries + 1, now + LEASE
    return True


def find_address(session: WriteSession, organization: str) -> str | None:
    """Find the address of the inbox in force of an organization."""
    inbox = find_inbox_in_force(session, organization)
    return inbox.address or None if inbox else None


def prepare_request(
    session: WriteSession, address: str, sent: SentStatement, contents: Mapping[str, bytes] | None = None
) -> PreparedRequest:
    """Prepare the request that brings a statement, with these files, to an inbox."""
    statement, signature = rules.decode_letter(sent)
    body = build_envelope(statement, signature, PublicKey.parse(sent.public_key), contents)
    return PreparedRequest(address, sign_request(session.get_signer(SigningPurpose.RELEASES), body), body)


def keep_acknowledgment(
    session: WriteSession,
    delivery: Delivery,
    sent: SentStatement,
    answer: SignedStatement,
    event: type[TransmissionAcknowledged | WithdrawalAcknowledged],
) -> bool:
    """Keep the acknowledgment of a statement, once: no attempt follows. False if the answer is none, signed with the
    key in force of the organization."""
    inbox = find_inbox_in_force(session, sent.organization)
    if inbox is None or not rules.is_acknowledgment_of(answer, sent, PublicKey.parse(inbox.public_key)):
        return False
    if sent.acknowledged_at is None:
        sent.acknowledgment = answer.canonical.decode()
        sent.acknowledgment_signature = b64encode(answer.signature).decode()
        sent.acknowledgment_key, sent.acknowledged_at = answer.key.text, clock.now()
        sent.try_at, sent.problem = None, ""
        _record_digest(session, delivery, event, answer.canonical)
    return True


def _record_digest(session: WriteSession, delivery: Delivery, event: type[DigestEvent], signed: bytes) -> None:
    """Record the digest of what was signed about a delivery."""
    digest = hashlib.sha256(signed).hexdigest()
    line = event(delivery.output_id, delivery.id, delivery.recipient, digest)
    journal.record_event(session, None, line, body=delivery.body_id)


def postpone_attempt(sent: SentStatement, problem: TransmissionProblem) -> bool:
    """Note why an attempt failed and when the next one is; False if it is given up, since another one does not help or
    there were enough."""
    sent.problem = problem
    if problem in FINAL_PROBLEMS or sent.tries > len(RETRY_DELAYS):
        sent.try_at = None
        return False
    sent.try_at = clock.now() + RETRY_DELAYS[sent.tries - 1]
    return True
