"""Take in liaison statements that organizations send by machine, and their withdrawals, each once, and acknowledge
them."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.exchange.signed_statements import SignedStatement, sign_statement
from app.core.signing import SigningPurpose
from app.domain.documents.inputs import LanguageFile
from app.domain.liaisons.actions import store_received_liaison, withdraw_liaison
from app.domain.liaisons.models import Liaison
from app.domain.transmissions import events, queries, rules
from app.domain.transmissions.inputs import TransmittedLiaison, TransmittedWithdrawal
from app.domain.transmissions.models import IncomingTransmission, IncomingWithdrawal


def receive_transmission(
    session: WriteSession, signed: SignedStatement, liaison: TransmittedLiaison, files: Sequence[LanguageFile]
) -> tuple[IncomingTransmission, bool]:
    """Take in a liaison statement of an organization with its files, and sign the acknowledgment, in one transaction;
    returns it, and whether it is new. An act of the system: the key of the organization is its right.

    Idempotent. Raises TransmissionRefused as the queries `find_acknowledged` and `require_addressed_body` do.
    """
    if earlier := queries.find_acknowledged(session, signed, liaison, lock=True):
        return earlier, False
    body, addressee = queries.require_addressed_body(session, liaison)
    received_at = clock.now()
    row = Liaison(
        body_id=body.id,
        organization=liaison.sender.organization,
        symbol=liaison.symbol or "",
        subject=liaison.subject[liaison.original],
        original=liaison.original,
        topics=[],
        wants=addressee.wants,
        reply_by=liaison.reply_by,
        answers=queries.find_answered_output(session, liaison, body),
        received_at=received_at,
    )
    original_first = sorted(files, key=lambda file: file.language != liaison.original)
    store_received_liaison(session, None, row, original_first)
    values, digest = _acknowledge(session, signed, liaison.id, liaison.sender.organization, received_at)
    transmission = IncomingTransmission(liaison_id=row.id, **values)
    session.add(transmission)
    event = events.TransmissionReceived(row.id, transmission.organization, signed.sha256, digest)
    journal.record_event(session, None, event, body=body.id)
    return transmission, True


def receive_withdrawal(
    session: WriteSession, signed: SignedStatement, withdrawal: TransmittedWithdrawal
) -> tuple[IncomingWithdrawal, bool]:
    """Take in that an organization withdraws a liaison statement that it sent by machine: mark that as withdrawn, and
    sign the acknowledgment, in one transaction; returns it, and whether it is new. An act of the system.

    Idempotent. Raises TransmissionRefused as the queries `find_acknowledged_withdrawal` and `require_withdrawn_letter`
    do.
    """
    if earlier := queries.find_acknowledged_withdrawal(session, signed, withdrawal, lock=True):
        return earlier, False
    liaison = session.get_one(Liaison, queries.require_withdrawn_letter(session, withdrawal).liaison_id)
    withdraw_liaison(session, liaison)
    values, digest = _acknowledge(session, signed, withdrawal.id, withdrawal.sender.organization, clock.now())
    row = IncomingWithdrawal(liaison_id=liaison.id, **values)
    session.add(row)
    event = events.WithdrawalReceived(liaison.id, row.organization, signed.sha256, digest)
    journal.record_event(session, None, event, body=liaison.body_id)
    return row, True


def _acknowledge(
    session: WriteSession, signed: SignedStatement, letter: UUID, organization: str, received_at: datetime
) -> tuple[Mapping[str, object], str]:
    """Sign the acknowledgment of a statement; return the values of its row, and the digest of the acknowledgment."""
    signer = session.get_signer(SigningPurpose.RECEIPTS)
    acknowledgment = rules.build_acknowledgment(letter, signed.sha256, organization, received_at)
    text, signature = sign_statement(signer, acknowledgment)
    values = {
        "organization": organization,
        "id": letter,
        "sha256": signed.sha256,
        "statement": signed.canonical.decode(),
        "signature": b64encode(signed.signature).decode(),
        "public_key": signed.key.text,
        "received_at": received_at,
        "acknowledgment": text,
        "acknowledgment_signature": signature,
        "acknowledgment_key": signer.public_key.text,
    }
    return values, hashlib.sha256(text.encode()).hexdigest()
