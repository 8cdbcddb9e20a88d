"""Acts of people on deliveries: a unit acknowledges one, a secretary notes one that was handed over, or what somebody
outside of the portal answered."""

from zoneinfo import ZoneInfo

from app.core import clock, journal
from app.core.canonical_json import format_instant
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.deliveries import events, rules
from app.domain.deliveries.inputs import AcknowledgmentNote, HandoverNote
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


def note_acknowledgment(session: WriteSession, actor: Actor, delivery: Delivery, noted: AcknowledgmentNote) -> None:
    """Note on which day, and how, a recipient outside of the portal acknowledged a text. Raises BadRequest for a day
    before it was sent or still to come."""
    lock_row(session, delivery)
    rules.NOTE_ACKNOWLEDGMENT.require(actor, delivery)
    output, now = session.get_one(Output, delivery.output_id), clock.now()
    zone = ZoneInfo(session.get_one(Meeting, output.meeting_id).zone)
    if not (delivery.sent_at or now).astimezone(zone).date() <= noted.on <= now.astimezone(zone).date():
        raise BadRequest(_("Enter a day between the delivery of the text and today."))
    delivery.acknowledged_by, delivery.acknowledged_on = actor.person, noted.on
    delivery.acknowledged_how, delivery.state = noted.how, DeliveryState.ACKNOWLEDGED
    if delivery.settled_at is None:
        delivery.settled_by, delivery.settled_at = actor.person, now
    event = events.DeliveryAcknowledgmentNoted(delivery.output_id, delivery.id, delivery.code, noted.on)
    journal.record_event(session, actor, event, body=delivery.body_id)


def _settle(actor: Actor, delivery: Delivery, state: DeliveryState) -> None:
    delivery.state, delivery.settled_by, delivery.settled_at = state, actor.person, clock.now()
