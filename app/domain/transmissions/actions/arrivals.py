"""Take in liaison statements that organizations send by machine, each once, and acknowledge them."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.exchange.signed_statements import SignedStatement, sign_statement
from app.core.signing import SigningPurpose
from app.domain.documents.inputs import LanguageFile
from app.domain.liaisons.actions import store_received_liaison
from app.domain.liaisons.models import Liaison
from app.domain.transmissions import events, queries, rules
from app.domain.transmissions.inputs import TransmittedLiaison
from app.domain.transmissions.models import IncomingTransmission


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
    acknowledgment = rules.build_acknowledgment(liaison.id, signed.sha256, liaison.sender.organization, received_at)
    signer = session.get_signer(SigningPurpose.RECEIPTS)
    text, signature = sign_statement(signer, acknowledgment)
    transmission = IncomingTransmission(
        organization=liaison.sender.organization,
        id=liaison.id,
        liaison_id=row.id,
        sha256=signed.sha256,
        statement=signed.canonical.decode(),
        signature=b64encode(signed.signature).decode(),
        public_key=signed.key.text,
        received_at=received_at,
        acknowledgment=text,
        acknowledgment_signature=signature,
        acknowledgment_key=signer.public_key.text,
    )
    session.add(transmission)
    digest = hashlib.sha256(text.encode()).hexdigest()
    event = events.TransmissionReceived(row.id, transmission.organization, signed.sha256, digest)
    journal.record_event(session, None, event, body=body.id)
    return transmission, True
