"""Inform organizations by machine that a liaison statement that was sent to them was withdrawn: sign each withdrawal
once, and note what was answered.

The worker acts, so no permission is required; `attempts` says how a statement is sent until it is acknowledged.
"""

from uuid import UUID, uuid4

from app.core import clock
from app.core.db import WriteSession, get_locked_row
from app.core.exchange.signed_statements import SignedStatement
from app.domain.deliveries.models import Delivery
from app.domain.outputs.models import Output
from app.domain.transmissions import events, queries, rules
from app.domain.transmissions.actions import attempts
from app.domain.transmissions.actions.attempts import PreparedRequest
from app.domain.transmissions.models import OutgoingTransmission, WithdrawalTransmission
from app.domain.transmissions.rules import TransmissionProblem


def begin_withdrawal_attempt(session: WriteSession, delivery_id: UUID) -> PreparedRequest | None:
    """Begin an attempt to inform an organization that what it was sent was withdrawn, signing that the first time; None
    if there is nothing to send now. To an organization without an inbox in force nothing is sent."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    if not queries.is_withdrawal_due(session, delivery):
        return None
    withdrawal = session.get(WithdrawalTransmission, delivery.id) or _sign_withdrawal(session, delivery)
    if not attempts.start_attempt(withdrawal):
        return None
    address = attempts.find_address(session, delivery.recipient)
    if address is None:
        attempts.postpone_attempt(withdrawal, TransmissionProblem.NO_INBOX)
        return None
    return attempts.prepare_request(session, address, withdrawal)


def _sign_withdrawal(session: WriteSession, delivery: Delivery) -> WithdrawalTransmission:
    """Sign that the letter of a delivery was withdrawn and store it, before anything is sent."""
    letter = session.get_one(OutgoingTransmission, delivery.id)
    key, now = uuid4(), clock.now()
    withdrawn_at = session.get_one(Output, delivery.output_id).withdrawn_at or now
    statement = rules.build_withdrawal_statement(key, letter, withdrawn_at, now)
    return attempts.sign_and_store(session, delivery, WithdrawalTransmission, key, statement, events.WithdrawalSigned)


def note_withdrawal_acknowledged(session: WriteSession, delivery_id: UUID, answer: SignedStatement) -> bool:
    """Note that an organization acknowledged a withdrawal; False if the answer is no acknowledgment of it, signed with
    the key in force of the organization."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    withdrawal = session.get_one(WithdrawalTransmission, delivery_id)
    return attempts.keep_acknowledgment(session, delivery, withdrawal, answer, events.WithdrawalAcknowledged)


def note_withdrawal_problem(session: WriteSession, delivery_id: UUID, problem: TransmissionProblem) -> None:
    """Note why an attempt failed. The page of the delivery shows it, also once it is given up."""
    get_locked_row(session, Delivery, delivery_id)
    withdrawal = session.get_one(WithdrawalTransmission, delivery_id)
    if withdrawal.acknowledged_at is None:
        attempts.postpone_attempt(withdrawal, problem)
