"""Send released liaison statements to organizations by machine: sign each once, note what was answered, and give it up
after some days.

The worker acts, so no permission is required. A letter is signed, under an identifier of its own, before anything is
sent; whatever dies meanwhile, the same letter is sent again, and its receiver takes it in once.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.core.exchange.signed_statements import SignedStatement, build_envelope, sign_request, sign_statement
from app.core.signing import PublicKey, SigningPurpose
from app.domain.deliveries import events as deliveries
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState
from app.domain.organization_inboxes.queries import find_inbox_in_force
from app.domain.transmissions import events, queries, rules
from app.domain.transmissions.inputs import TransmittedFile
from app.domain.transmissions.models import OutgoingTransmission
from app.domain.transmissions.rules import FINAL_PROBLEMS, TransmissionProblem

RETRY_DELAYS: Final = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440))
"""Times between attempts; after the last one it is given up, and a secretary delivers the text by hand."""
LEASE: Final = timedelta(minutes=2)
"""Time for one attempt, after which another worker tries again what this one did not finish."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that can be sent: the address of the inbox, the header fields and the body."""

    address: str
    headers: Mapping[str, str]
    body: bytes


def begin_attempt(
    session: WriteSession, delivery_id: UUID, files: Sequence[TransmittedFile], contents: Mapping[str, bytes] | None
) -> PreparedRequest | None:
    """Begin an attempt to send a delivery by machine, signing its letter the first time; None if there is nothing to
    send now. What has no contents, since they do not fit into a letter, is given up at once, and so is an organization
    without an inbox in force."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    if delivery.channel != DeliveryChannel.MACHINE or delivery.state != DeliveryState.DUE:
        return None
    transmission = session.get(OutgoingTransmission, delivery.id) or _sign_letter(session, delivery, files)
    now = clock.now()
    if transmission.try_at is None or transmission.try_at > now:
        return None
    transmission.tries, transmission.try_at = transmission.tries + 1, now + LEASE
    inbox = find_inbox_in_force(session, delivery.recipient)
    if contents is None or inbox is None or not inbox.address:
        has_inbox = inbox is not None and bool(inbox.address)
        problem = TransmissionProblem.LETTER_TOO_LARGE if has_inbox else TransmissionProblem.NO_INBOX
        _give_up(session, delivery, transmission, problem)
        return None
    signer = session.get_signer(SigningPurpose.RELEASES)
    statement, signature = rules.decode_letter(transmission)
    body = build_envelope(statement, signature, PublicKey.parse(transmission.public_key), contents)
    return PreparedRequest(inbox.address, sign_request(signer, body), body)


def _sign_letter(session: WriteSession, delivery: Delivery, files: Sequence[TransmittedFile]) -> OutgoingTransmission:
    """Sign the letter of a delivery and store it, before anything is sent."""
    signer, key, now = session.get_signer(SigningPurpose.RELEASES), uuid4(), clock.now()
    statement = rules.build_liaison_statement(key, queries.load_departing_text(session, delivery), files, now)
    text, signature = sign_statement(signer, statement)
    transmission = OutgoingTransmission(
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
    session.add(transmission)
    digest = hashlib.sha256(text.encode()).hexdigest()
    event = events.TransmissionSigned(delivery.output_id, delivery.id, delivery.recipient, digest)
    journal.record_event(session, None, event, body=delivery.body_id)
    return transmission


def note_acknowledged(session: WriteSession, delivery_id: UUID, answer: SignedStatement) -> bool:
    """Note the acknowledgment of an organization; False if it is none of this letter, signed with the key in force of
    the organization."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    transmission = session.get_one(OutgoingTransmission, delivery_id)
    inbox = find_inbox_in_force(session, delivery.recipient)
    if inbox is None or not rules.is_acknowledgment_of(answer, transmission, PublicKey.parse(inbox.public_key)):
        return False
    if transmission.acknowledged_at is None:
        transmission.acknowledgment = answer.canonical.decode()
        transmission.acknowledgment_signature = b64encode(answer.signature).decode()
        transmission.acknowledgment_key, transmission.acknowledged_at = answer.key.text, clock.now()
        transmission.try_at, transmission.problem = None, ""
        digest = hashlib.sha256(answer.canonical).hexdigest()
        event = events.TransmissionAcknowledged(delivery.output_id, delivery.id, delivery.recipient, digest)
        journal.record_event(session, None, event, body=delivery.body_id)
    if delivery.state == DeliveryState.DUE:
        delivery.state, delivery.sent_at = DeliveryState.SENT, clock.now()
        sent = deliveries.DeliverySent(delivery.output_id, delivery.id, delivery.code)
        journal.record_event(session, None, sent, body=delivery.body_id)
    return True


def note_problem(session: WriteSession, delivery_id: UUID, problem: TransmissionProblem) -> None:
    """Note why an attempt failed: it is tried again later or, if that helps nothing or was done often enough, given
    up."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    transmission = session.get_one(OutgoingTransmission, delivery_id)
    if delivery.state != DeliveryState.DUE or transmission.acknowledged_at is not None:
        transmission.try_at = None
        return
    if problem in FINAL_PROBLEMS or transmission.tries > len(RETRY_DELAYS):
        _give_up(session, delivery, transmission, problem)
        return
    transmission.problem = problem
    transmission.try_at = clock.now() + RETRY_DELAYS[transmission.tries - 1]


def _give_up(
    session: WriteSession, delivery: Delivery, transmission: OutgoingTransmission, problem: TransmissionProblem
) -> None:
    """Let a secretary deliver by hand what could not be sent."""
    transmission.problem, transmission.try_at = problem, None
    delivery.state = DeliveryState.FAILED
    event = deliveries.DeliveryFailed(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, None, event, body=delivery.body_id)
