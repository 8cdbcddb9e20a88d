"""Make the deliveries of a released output, put them on the desks of their recipients, and call them back.

The worker acts, so no permission is required. Each step locks a row first and does nothing if it was done.
"""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.domain.deliveries import events
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState
from app.domain.deliveries.queries import list_deliveries, list_recipients
from app.domain.outputs.models import READABLE_STATUSES, Output, OutputStatus
from app.domain.outputs.queries.forwarding import list_forwardings


def create_deliveries(session: WriteSession, output_id: UUID) -> int:
    """Make the deliveries that a released output lacks, in the transaction of its release; returns their number.

    Nothing is made of an output that is not released: there is no delivery without a release, or before its instant.
    """
    output = get_locked_row(session, Output, output_id)
    if output.status not in READABLE_STATUSES or output.released_at is None:
        return 0
    there = {(each.kind, each.recipient) for each in list_deliveries(session, output)}
    missing = [each for each in list_recipients(session, output) if (each.kind, each.code) not in there]
    for recipient in missing:
        delivery = Delivery(
            output_id=output.id,
            body_id=output.body_id,
            kind=recipient.kind,
            recipient=recipient.code,
            receiving_body_id=recipient.receiving_body_id,
            channel=recipient.channel,
            state=DeliveryState.DUE,
            due_at=output.released_at,
            try_at=output.released_at if recipient.channel == DeliveryChannel.MAIL else None,
        )
        if recipient.receiving_body_id:
            _mark_as_forwarded_before(session, output, delivery)
        session.add(delivery)
        session.flush()
        event = events.DeliveryMade(output.id, delivery.id, delivery.code)
        journal.record_event(session, None, event, body=output.body_id)
    return len(missing)


def _mark_as_forwarded_before(session: WriteSession, output: Output, delivery: Delivery) -> None:
    """Mark a delivery as received if the output was forwarded to that body before there were deliveries."""
    there = [each for each in list_forwardings(session, output) if each[2].body_id == delivery.receiving_body_id]
    for forwarding, document, _meeting in there[:1]:
        delivery.state, delivery.document_id = DeliveryState.RECEIVED, document.id
        delivery.sent_at = delivery.settled_at = forwarding.forwarded_at
        delivery.settled_by = forwarding.forwarded_by


def send_delivery(session: WriteSession, delivery_id: UUID) -> bool:
    """Put a delivery on the desk of its recipient. Idempotent; returns whether it was sent now."""
    delivery = get_locked_row(session, Delivery, delivery_id)
    if delivery.state != DeliveryState.DUE or delivery.channel != DeliveryChannel.DESK:
        return False
    delivery.state, delivery.sent_at = DeliveryState.SENT, clock.now()
    event = events.DeliverySent(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, None, event, body=delivery.body_id)
    return True


def call_back_deliveries(session: WriteSession, output_id: UUID) -> int:
    """Call back the deliveries of a withdrawn output; returns their number. What was done with them remains on
    record."""
    output = get_locked_row(session, Output, output_id)
    if output.status != OutputStatus.WITHDRAWN:
        return 0
    called_back = [each for each in list_deliveries(session, output) if each.state != DeliveryState.CALLED_BACK]
    for delivery in called_back:
        delivery.state, delivery.called_back_at = DeliveryState.CALLED_BACK, clock.now()
        was_mailed = delivery.channel == DeliveryChannel.MAIL and delivery.sent_at is not None
        delivery.tries, delivery.try_at = None, delivery.called_back_at if was_mailed else None
        event = events.DeliveryCalledBack(output.id, delivery.id, delivery.code)
        journal.record_event(session, None, event, body=output.body_id)
    return len(called_back)
