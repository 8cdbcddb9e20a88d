"""Job of the deliveries by e-mail: send the due ones once a minute, each in a transaction that locks its row."""

from collections.abc import Iterator
from functools import partial

import structlog

from app.core.db import WriteSession, transaction
from app.core.inspection.display_names import name_pdf
from app.core.inspection.findings import PDF
from app.core.mail.message import MailAttachment, parse_mail_address
from app.core.mail.rounds import send_round
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from app.core.storage import Store
from app.domain.bodies.models import Body
from app.domain.deliveries import queries
from app.domain.deliveries.actions import mailing
from app.domain.deliveries.models import Delivery
from app.domain.files import queries as file_queries
from app.domain.organizations.models import Organization
from app.domain.organizations.queries import provide_party_names
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_addressees
from app.domain.outputs.rules.texts import OutputText
from app.domain.receipts.models import ReceiptKind
from app.domain.receipts.queries import find_latest_receipt
from app.domain.receipts.rules import render_receipt_file
from app.domain.releases.actions.copy import build_released_file
from app.http.mail.delivery import RECEIPT_NAME, DeliveryMessage, render_delivery
from app.http.mail.rendering import MailContext
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, PeriodicTask

log = structlog.get_logger(__name__)
MAX_ATTACHED_BYTES = 7_000_000
"""Bytes of the attached files together: what servers commonly take of a message, which is a third longer."""


class AttachmentTooLarge(Exception):
    """The text in the original language does not fit into an e-mail."""


def send_delivery_mail(context: WorkerContext) -> int:
    """Send the due e-mails; returns the number of those that were sent or refused."""
    if context.mail is None:
        return 0
    return sum(send_round(context.mail.build_mailer(), partial(_send_next, context, context.mail)))


def _send_next(context: WorkerContext, mail: MailContext, mailer: Mailer) -> bool:
    """Send the next due e-mail; False if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        delivery = mailing.lock_next_delivery_to_mail(session)
        if delivery is None:
            return False
        provide_party_names(session)
        try:
            address = _hand_over(session, context.store, delivery, mail, mailer)
        except (MailDeferred, MailServerUnavailable) as fault:
            log.warning("a delivery was not accepted", delivery=str(delivery.id), kind=type(fault).__name__)
            mailing.postpone_mail(session, delivery)
            return not isinstance(fault, MailServerUnavailable)
        except (ValueError, MailRefused, AttachmentTooLarge) as fault:
            log.warning("a delivery was refused", delivery=str(delivery.id), kind=type(fault).__name__)
            mailing.note_mail_failed(session, delivery)
        else:
            mailing.note_mailed(session, delivery, address)
        return True


def _hand_over(session: WriteSession, store: Store, delivery: Delivery, mail: MailContext, mailer: Mailer) -> str:
    """Hand the e-mail over to the server; returns the address. Raises the mailer's errors, ValueError without an
    address, AttachmentTooLarge."""
    address = session.get_one(Organization, delivery.recipient).address
    recipient = parse_mail_address(address)
    output = session.get_one(Output, delivery.output_id)
    addressees = list_addressees(session, output)
    message = DeliveryMessage(
        delivery,
        output,
        session.get_one(Body, delivery.body_id),
        next((each for each in addressees if each.organization == delivery.recipient), None),
        list(_list_attachments(session, store, output)) if delivery.called_back_at is None else (),
    )
    mailer.send(recipient.addr_spec, render_delivery(message, recipient, mail))
    return address


def _list_attachments(session: WriteSession, store: Store, output: Output) -> Iterator[MailAttachment]:
    """Yield the texts, the original language first, as long as they fit, and the receipt of the release, or that of the
    adoption if nothing was published. Raises Conflict for a file that was not found clean."""
    texts = sorted(queries.list_delivered_texts(session, output), key=lambda text: text.language != output.original)
    room = MAX_ATTACHED_BYTES
    for text in texts:
        sha256, size, media, name = _choose_file(output, text)
        if size > room:
            if text.language == output.original:
                raise AttachmentTooLarge(str(size))
            continue
        file_queries.require_clean_scans(session, [sha256])
        room -= size
        yield MailAttachment(name, media, b"".join(store.iter_chunks(sha256)))
    kind = ReceiptKind.ADOPTION if output.for_addressees_only else ReceiptKind.RELEASE
    if receipt := find_latest_receipt(session, output.id, kind):
        yield MailAttachment(RECEIPT_NAME, "application/json", render_receipt_file(receipt))


def _choose_file(output: Output, text: OutputText) -> tuple[str, int, str, str]:
    """Return digest, size, media type and name of the PDF of a text, or of its file, as it is released."""
    released = build_released_file(output, text)
    if text.pdf:
        return text.pdf, text.pdf_size or 0, PDF, name_pdf(released.name)
    return text.sha256, text.size, text.media, released.name


TASKS = (PeriodicTask("send-delivery-mail", send_delivery_mail, EVERY_MINUTE, "delivery-mail", is_exclusive=True),)
