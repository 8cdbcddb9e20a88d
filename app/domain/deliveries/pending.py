"""What is pending for deliveries: a unit acknowledges what was sent to it, a body receives it, a secretary hands
texts over."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row, Select, and_, or_

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor, Permission
from app.domain.bodies.models import Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.deliveries import events, rules
from app.domain.deliveries.models import UNIT_OFFICES, Delivery, DeliveryChannel, DeliveryState
from app.domain.deliveries.queries import list_visible_deliveries
from app.domain.outputs.models import Output

ACKNOWLEDGE = PendingActionKind(
    name="delivery:acknowledge",
    heading=_("A text was sent to your unit"),
    words=_("Read it, then acknowledge its receipt."),
    button=_("Read and acknowledge"),
    waits_for=_("the unit to which it was sent"),
    settled_by=(rules.ACKNOWLEDGE_DELIVERY,),
    statuses=(DeliveryState.SENT,),
    begun_by=(events.DeliverySent.name,),
)
RECEIVE = PendingActionKind(
    name="delivery:receive",
    heading=_("A text was sent to your group"),
    words=_("Register it as a document of a meeting, or return it with a reason."),
    button=_("Read and decide"),
    waits_for=SECRETARIAT,
    settled_by=(rules.RECEIVE_DELIVERY, rules.RETURN_DELIVERY),
    statuses=(DeliveryState.SENT,),
    begun_by=(events.DeliverySent.name,),
)
HAND_OVER = PendingActionKind(
    name="delivery:hand-over",
    heading=_("A released text is to be delivered by hand"),
    words=_("Print the cover, deliver the text, then record when and how."),
    button=_("Open the delivery"),
    waits_for=SECRETARIAT,
    settled_by=(rules.NOTE_DELIVERY_BY_HAND,),
    statuses=(DeliveryState.DUE, DeliveryState.FAILED),
    begun_by=(events.DeliveryMade.name, events.DeliveryFailed.name),
)
KINDS_BY_PERMISSION: Sequence[tuple[Permission[Delivery], PendingActionKind]] = (
    (rules.ACKNOWLEDGE_DELIVERY, ACKNOWLEDGE),
    (rules.RECEIVE_DELIVERY, RECEIVE),
    (rules.NOTE_DELIVERY_BY_HAND, HAND_OVER),
)


def select_deliveries_to_settle(actor: Actor) -> Select[Delivery, Output]:
    """Select the visible deliveries that wait for somebody, the earliest first; whether for the actor, the rules
    say."""
    is_sent = and_(Delivery.state == DeliveryState.SENT, Delivery.channel == DeliveryChannel.DESK)
    is_to_hand_over = or_(
        and_(Delivery.state == DeliveryState.DUE, Delivery.channel == DeliveryChannel.HAND),
        Delivery.state == DeliveryState.FAILED,
    )
    return (
        list_visible_deliveries(actor)
        .join(Output, Output.id == Delivery.output_id)
        .add_columns(Output)
        .where(or_(is_sent, is_to_hand_over))
        .order_by(Delivery.due_at, Delivery.id)
    )


def build_delivery_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Delivery, Output]]
) -> Iterator[PendingAction]:
    """Yield the acts on deliveries that are open to the actor."""
    for delivery, output in rows:
        for permission, kind in KINDS_BY_PERMISSION:
            if permission.allows(actor, delivery):
                yield PendingAction(
                    kind=kind,
                    subject=delivery.id,
                    path=f"/deliveries/{delivery.id}",
                    title=output.titles,
                    original=output.original,
                    since=delivery.sent_at or delivery.due_at,
                )


SOURCES = (
    PendingActionSource(
        (ACKNOWLEDGE, RECEIVE, HAND_OVER),
        (*UNIT_OFFICES, Office.SECRETARY),
        select_deliveries_to_settle,
        build_delivery_actions,
        full_list=("/deliveries", _("All deliveries")),
    ),
)
