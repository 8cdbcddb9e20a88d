"""Receive a delivery: the secretariat of a body registers the text as a sealed document of a meeting, or returns it.

The row of the output is locked first, as in a withdrawal, then that of the delivery: two people who receive it at once
produce one document.
"""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.deliveries import events, rules
from app.domain.deliveries.models import Delivery, DeliveryState
from app.domain.deliveries.queries import list_receiving_meetings
from app.domain.documents.models import Document
from app.domain.outputs.actions.forwarding import register_output
from app.domain.outputs.models import Output, OutputStatus


def receive_delivery(session: WriteSession, actor: Actor, delivery: Delivery, meeting_id: UUID) -> Document:
    """Register the text as a document of this meeting of the receiving body, under its next number.

    Idempotent: received again, it finds the document. Raises BadRequest if the meeting is over, not convened, or
    not of that body, Conflict if the text is being withdrawn.
    """
    output = get_locked_row(session, Output, delivery.output_id)
    lock_row(session, delivery)
    rules.RECEIVE_DELIVERY.require_rule_on_actor(actor, delivery)
    if delivery.state == DeliveryState.RECEIVED and delivery.document_id:
        return session.get_one(Document, delivery.document_id)
    rules.RECEIVE_DELIVERY.require(actor, delivery)
    if output.status != OutputStatus.RELEASED:  # its withdrawal was decided, and the worker is about to carry it out
        raise Conflict(rules.is_awaiting_recipient.denied_because)
    meeting = next((each for each in list_receiving_meetings(session, actor, delivery) if each.id == meeting_id), None)
    if meeting is None:
        raise BadRequest(_("Select a meeting of your group that has been convened and is not over."))
    document = register_output(session, actor, output, meeting)
    session.flush()
    delivery.document_id, delivery.state = document.id, DeliveryState.RECEIVED
    delivery.settled_by, delivery.settled_at = actor.person, document.registered_at
    event = events.DeliveryReceived(output.id, delivery.id, delivery.code, meeting.id, document.id)
    journal.record_event(session, actor, event, body=delivery.body_id)
    return document


def return_delivery(session: WriteSession, actor: Actor, delivery: Delivery, because: ReasonInput) -> None:
    """Return a text to the body that sent it, with a reason. No document is registered."""
    lock_row(session, delivery)
    rules.RETURN_DELIVERY.require(actor, delivery)
    delivery.state, delivery.note = DeliveryState.RETURNED, because.reason
    delivery.settled_by, delivery.settled_at = actor.person, clock.now()
    event = events.DeliveryReturned(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, actor, event, body=delivery.body_id)
