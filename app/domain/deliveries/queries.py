"""Queries on deliveries: those that an actor may see, the recipients of an output, and what the worker has to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.queries import index_bodies, index_organizations
from app.domain.bodies.models import UNIT_OFFICES, Body, Office
from app.domain.deliveries.models import (
    OFFICES_BY_ADDRESSEE,
    Delivery,
    DeliveryChannel,
    DeliveryState,
    RecipientKind,
)
from app.domain.deliveries.rules import choose_channel
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.organization_inboxes.queries import has_inbox
from app.domain.outputs.models import READABLE_STATUSES, Output, OutputKind, OutputStatus, ReleaseAddressee, ReleasePlan
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.queries.forwarding import find_parent_body, is_for_parent_body
from app.domain.outputs.rules.texts import OutputText

LATE_DELIVERY_PERIOD = timedelta(days=7)
"""Time after a release in which missing deliveries by hand and to the parent body are still made. What was released
before reached them, or not, outside of the portal; and a body that becomes a parent is not sent all earlier reports."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom an output is to be delivered, and how."""

    kind: RecipientKind
    code: str
    channel: DeliveryChannel = DeliveryChannel.DESK
    receiving_body_id: UUID | None = None


WORDS_OF_RECIPIENT = (
    select(OutputAddressee.words)
    .where(
        OutputAddressee.output_id == Delivery.output_id,
        Delivery.kind == RecipientKind.WORDS,
        cast(OutputAddressee.position, String) == Delivery.recipient,
    )
    .correlate(Delivery)
    .scalar_subquery()
)
"""The words by which the row of the addressee names the recipient; NULL for a party, or without a row."""


def list_visible_deliveries(actor: Actor) -> Select[Delivery]:
    """Select the deliveries that the actor may see: what was sent to their units or to the bodies that
    they serve, and what these send."""
    units = [office for office in UNIT_OFFICES if actor.has_role(None, office)]
    return select(Delivery).where(
        or_(
            and_(
                or_(
                    and_(Delivery.kind == RecipientKind.UNIT, Delivery.recipient.in_(units)),
                    Delivery.receiving_body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
                ),
                Delivery.state != DeliveryState.DUE,
            ),
            Delivery.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        )
    )


def get_visible_delivery(session: ReadSession, actor: Actor, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """Return this delivery if the actor may see it. Raises NotFound otherwise. With `lock`, read it afresh and lock its
    row."""
    statement = list_visible_deliveries(actor).where(Delivery.id == delivery_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def select_deliveries_with_texts(actor: Actor) -> Select[Delivery, Output, Body, Body | None, str | None]:
    """Select the visible deliveries with the output, the body that sends it, the one that receives it, and the words of
    the row of the addressee, if the recipient is known in words only: what waits first, then the latest."""
    receiving = aliased(Body)
    waits = Delivery.state.in_((DeliveryState.DUE, DeliveryState.SENT))
    return (
        list_visible_deliveries(actor)
        .join(Output, Output.id == Delivery.output_id)
        .join(Body, Body.id == Delivery.body_id)
        .outerjoin(receiving, receiving.id == Delivery.receiving_body_id)
        .add_columns(Output, Body, receiving, WORDS_OF_RECIPIENT)
        .order_by(waits.desc(), Delivery.due_at.desc(), Delivery.id)
    )


@list_of_thing
def list_deliveries(output_id: KeyParameter) -> Select[Delivery]:
    """List the deliveries of an output: to units, then to bodies and others, in the order of their recipients."""
    return (
        select(Delivery)
        .where(Delivery.output_id == output_id)
        .order_by(Delivery.kind.desc(), func.length(Delivery.recipient), Delivery.recipient)
    )


def index_deliveries_to_party(
    session: ReadSession, output_ids: Sequence[UUID], organization: str | None, body_id: UUID | None
) -> Mapping[UUID, Delivery]:
    """Return the deliveries of outputs, which the caller may see, to an organization or to a body, by output."""
    if not output_ids:
        return {}
    is_to_organization = and_(Delivery.kind == RecipientKind.ORGANIZATION, Delivery.recipient == organization)
    is_to_party = Delivery.receiving_body_id == body_id if body_id else is_to_organization
    rows = session.scalars(select(Delivery).where(Delivery.output_id.in_(output_ids), is_to_party))
    return {each.output_id: each for each in rows}


def list_recipients(session: ReadSession, output: Output) -> Sequence[Recipient]:
    """List to whom a released output is to be delivered, each once: the units of its plan, the parent body if it is for
    that, and each addressee: bodies on their desks, organizations as the register says, and others by hand."""
    addressed = list(_list_addressed(session, outputs.list_addressees(session, output)))
    others = [] if output.for_addressees_only else _list_units_and_parent(session, output)
    found = [*others, *(each for each in addressed if _is_recent(output) or each.channel != DeliveryChannel.HAND)]
    return list({(each.kind, each.code): each for each in found}.values())


def _is_recent(output: Output) -> bool:
    """Tell whether an output was released so lately that it is still delivered to a parent body or by hand."""
    return output.released_at is not None and clock.now() - output.released_at < LATE_DELIVERY_PERIOD


def _list_units_and_parent(session: ReadSession, output: Output) -> Sequence[Recipient]:
    """List the recipients that the plan and the kind of an output name."""
    addressees = outputs.list_release_addressees(session, output)
    units = [
        Recipient(RecipientKind.UNIT, office)
        for addressee, office in OFFICES_BY_ADDRESSEE.items()
        if addressee in addressees
    ]
    may_have_parent = _is_recent(output) and is_for_parent_body(session, output)
    parent = find_parent_body(session, output) if may_have_parent else None
    bodies = [Recipient(RecipientKind.BODY, parent.code, receiving_body_id=parent.id)] if parent else []
    return [*units, *bodies]


def _list_addressed(session: ReadSession, addressees: Sequence[OutputAddressee]) -> Iterator[Recipient]:
    """Yield the recipients that addressees are."""
    bodies, organizations = index_bodies(session, addressees), index_organizations(session, addressees)
    for each in addressees:
        if each.body_id:
            yield Recipient(RecipientKind.BODY, bodies[each.body_id].code, receiving_body_id=each.body_id)
        elif each.organization:
            channel = choose_channel(organizations[each.organization], has_inbox=has_inbox(session, each.organization))
            yield Recipient(RecipientKind.ORGANIZATION, each.organization, channel)
        else:
            yield Recipient(RecipientKind.WORDS, str(each.position), DeliveryChannel.HAND)


def find_addressee(delivery: Delivery, addressees: Sequence[OutputAddressee]) -> OutputAddressee | None:
    """Find the addressee of the output that the recipient of a delivery is; None of a unit or a parent body."""
    keys: dict[str, Callable[[OutputAddressee], bool]] = {
        RecipientKind.WORDS: lambda each: str(each.position) == delivery.recipient,
        RecipientKind.ORGANIZATION: lambda each: each.organization == delivery.recipient,
        RecipientKind.BODY: lambda each: each.body_id == delivery.receiving_body_id,
    }
    is_recipient = keys.get(delivery.kind)
    return next((each for each in addressees if is_recipient and is_recipient(each)), None)


def list_delivered_texts(session: ReadSession, output: Output) -> Sequence[OutputText]:
    """List the texts that a recipient gets, by language: what was released; nothing once it is withdrawn."""
    return translations.list_released_texts(session, output) if output.status in READABLE_STATUSES else []


def list_outputs_without_deliveries(session: ReadSession) -> Sequence[UUID]:
    """List the released outputs that have recipients and no delivery: a worker of an earlier version released them."""
    plan = select(ReleasePlan.addressees).where(ReleasePlan.output_id == Output.id)
    addressees = plan.order_by(ReleasePlan.number.desc()).limit(1).scalar_subquery()
    has_words = func.cardinality(Output.for_action) + func.cardinality(Output.for_information) > 0
    is_recent = Output.released_at > clock.now() - LATE_DELIVERY_PERIOD
    is_to_deliver = or_(
        *(addressees.contains([each]) for each in OFFICES_BY_ADDRESSEE),
        and_(has_words, is_recent),
    )
    is_for_parent = or_(
        Output.kind == OutputKind.PARENT_REPORT, addressees.contains([ReleaseAddressee.PARENT])
    ) & Body.parent_id.is_not(None)
    delivered = exists().where(Delivery.output_id == Output.id)
    statement = (
        select(Output.id)
        .join(Body, Body.id == Output.body_id)
        .where(
            Output.status == OutputStatus.RELEASED,
            Output.for_addressees_only.is_(None),
            or_(
                and_(is_to_deliver, ~delivered),
                and_(is_for_parent, is_recent, ~delivered.where(Delivery.kind == RecipientKind.BODY)),
            ),
        )
    )
    return session.scalars(statement.order_by(Output.released_at, Output.id)).all()


def list_receiving_meetings(session: ReadSession, actor: Actor, delivery: Delivery) -> Sequence[Meeting]:
    """List the meetings of the receiving body at which the delivery can be registered, the next first."""
    if delivery.receiving_body_id is None:
        return []
    return meetings.list_upcoming_meetings(session, actor, delivery.receiving_body_id)


def list_deliveries_to_send(session: ReadSession) -> Sequence[UUID]:
    """List the deliveries that the worker has to put on the desks of their recipients."""
    waiting = select(Delivery.id).where(Delivery.state == DeliveryState.DUE, Delivery.channel == DeliveryChannel.DESK)
    return session.scalars(waiting.order_by(Delivery.due_at, Delivery.id)).all()


def list_outputs_to_call_back(session: ReadSession) -> Sequence[UUID]:
    """List the withdrawn outputs with a delivery that was not called back."""
    open_ones = select(Delivery.output_id).join(Output, Output.id == Delivery.output_id)
    statement = open_ones.where(Output.status == OutputStatus.WITHDRAWN, Delivery.state != DeliveryState.CALLED_BACK)
    return session.scalars(statement.distinct()).all()
