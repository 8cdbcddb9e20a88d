"""Acts of people on deliveries: a unit acknowledges one, a secretary notes one that was handed over."""

from app.core import clock, journal
from app.core.canonical_json import format_instant
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.deliveries import events, rules
from app.domain.deliveries.inputs import HandoverNote
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output


def acknowledge_delivery(session: WriteSession, actor: Actor, delivery: Delivery) -> None:
    """Acknowledge, for the unit that a text was sent to, that it has it."""
    lock_row(session, delivery)
    rules.ACKNOWLEDGE_DELIVERY.require(actor, delivery)
    _settle(actor, delivery, DeliveryState.ACKNOWLEDGED)
    event = events.DeliveryAcknowledged(delivery.output_id, delivery.id, delivery.code)
    journal.record_event(session, actor, event, body=delivery.body_id)


def note_delivery_by_hand(session: WriteSession, actor: Actor, delivery: Delivery, handover: HandoverNote) -> None:
    """Note when and how a text was handed over. Raises BadRequest for an instant before the release or still to
    come."""
    lock_row(session, delivery)
    rules.NOTE_DELIVERY_BY_HAND.require(actor, delivery)
    output = session.get_one(Output, delivery.output_id)
    at = handover.instant_in_zone(session.get_one(Meeting, output.meeting_id).zone)
    if not delivery.due_at.replace(second=0, microsecond=0) <= at <= clock.now():
        raise BadRequest(_("Enter a date and time between the release of the text and now."))
    _settle(actor, delivery, DeliveryState.SENT)
    delivery.channel = DeliveryChannel.HAND
    delivery.sent_at, delivery.note = at, handover.note
    event = events.DeliveryNotedByHand(delivery.output_id, delivery.id, delivery.code, format_instant(at))
    journal.record_event(session, actor, event, body=delivery.body_id)


def _settle(actor: Actor, delivery: Delivery, state: DeliveryState) -> None:
    delivery.state, delivery.settled_by, delivery.settled_at = state, actor.person, clock.now()
