"""Deliveries by e-mail, and the e-mails about withdrawals that follow them: find the next one, and note that a server
took it, refused it, or is to be tried again.

The worker acts, so no permission is required. The caller locks the row and sends within the same transaction: a worker
that dies after the server has taken the message sends it once more, with the same Message-ID.
"""

from datetime import timedelta

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock
from app.core.mail.rounds import GIVE_UP_AFTER, compute_retry_delay
from app.domain.deliveries import events
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState

LONGEST_RETRY_DELAY = timedelta(hours=1)


def lock_next_delivery_to_mail(session: WriteSession) -> Delivery | None:
    """Find the delivery to send next by e-mail and lock it until the transaction ends; None if there is none."""
    due = select(Delivery).where(
        Delivery.channel == DeliveryChannel.MAIL,
        Delivery.state.in_((DeliveryState.DUE, DeliveryState.CALLED_BACK)),
        Delivery.try_at <= clock.now(),
    )
    return session.scalar(add_row_lock(due.order_by(Delivery.try_at, Delivery.id).limit(1), skip_locked=True))


def note_mailed(session: WriteSession, delivery: Delivery, address: str) -> None:
    """Note that a server took the message to this address of the register; of a withdrawal nothing else is noted."""
    delivery.tries, delivery.try_at = (delivery.tries or 0) + 1, None
    if delivery.state == DeliveryState.CALLED_BACK:
        return
    delivery.state, delivery.sent_at, delivery.note = DeliveryState.SENT, clock.now(), address
    event = events.DeliverySent(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, None, event, body=delivery.body_id)


def note_mail_failed(session: WriteSession, delivery: Delivery) -> None:
    """Note that no server will take the message; of a withdrawal nothing is noted."""
    delivery.tries, delivery.try_at = (delivery.tries or 0) + 1, None
    if delivery.state == DeliveryState.CALLED_BACK:
        return
    delivery.state = DeliveryState.FAILED
    event = events.DeliveryFailed(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, None, event, body=delivery.body_id)


def postpone_mail(session: WriteSession, delivery: Delivery) -> None:
    """Schedule the next attempt, with exponentially growing delays; give it up after two days."""
    if clock.now() - (delivery.called_back_at or delivery.due_at) >= GIVE_UP_AFTER:
        note_mail_failed(session, delivery)
        return
    delay = compute_retry_delay(delivery.tries or 0, LONGEST_RETRY_DELAY)
    delivery.tries, delivery.try_at = (delivery.tries or 0) + 1, clock.now() + delay
