"""Send released liaison statements to organizations by machine: sign each once, note what was answered, and give it up
after some days.

The worker acts, so no permission is required; `attempts` says how a statement is sent until it is acknowledged.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.core.exchange.signed_statements import SignedStatement
from app.domain.deliveries import events as deliveries
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState
from app.domain.transmissions import events, queries, rules
from app.domain.transmissions.actions import attempts
from app.domain.transmissions.actions.attempts import PreparedRequest
from app.domain.transmissions.inputs import TransmittedFile
from app.domain.transmissions.models import OutgoingTransmission
from app.domain.transmissions.rules import TransmissionProblem


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
    if not attempts.start_attempt(transmission):
        return None
    address = attempts.find_address(session, delivery.recipient)
    if contents is None or address is None:
        problem = TransmissionProblem.LETTER_TOO_LARGE if address else TransmissionProblem.NO_INBOX
        attempts.postpone_attempt(transmission, problem)
        _fail(session, delivery)
        return None
    return attempts.prepare_request(session, address, transmission, contents)


def _sign_letter(session: WriteSession, delivery: Delivery, files: Sequence[TransmittedFile]) -> OutgoingTransmission:
    """Sign the letter of a delivery and store it, before anything is sent."""
    key = uuid4()
    statement = rules.build_liaison_statement(key, queries.load_departing_text(session, delivery), files, clock.now())
    return attempts.sign_and_store(session, delivery, OutgoingTransmission, key, statement, events.TransmissionSigned)


def note_acknowledged(session: WriteSession, delivery_id: UUID, answer: SignedStatement) -> bool:
    """Note the acknowledgment of an organization; False if it is none of this letter, signed with the key in force of
    the organization."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    transmission = session.get_one(OutgoingTransmission, delivery_id)
    if not attempts.keep_acknowledgment(session, delivery, transmission, answer, events.TransmissionAcknowledged):
        return False
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
    if not attempts.postpone_attempt(transmission, problem):
        _fail(session, delivery)


def _fail(session: WriteSession, delivery: Delivery) -> None:
    """Let a secretary deliver by hand what could not be sent."""
    delivery.state = DeliveryState.FAILED
    event = deliveries.DeliveryFailed(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, None, event, body=delivery.body_id)
