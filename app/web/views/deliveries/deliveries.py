"""Deliveries as pages show them: lines of the list, the page of one, and the section on the page of an output."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.deliveries import queries, rules
from app.domain.deliveries.models import Delivery, RecipientKind
from app.domain.identity.queries import index_person_names
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.rules.texts import OutputText
from app.http.labels import DELIVERY_STATE_LABELS, KIND_LABELS, ROLE_LABELS
from app.web.views.documents.titles import localize_title


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery in a list: what was sent, by whom, to whom, and its state. `href` is None if the reader may not open
    it."""

    delivery: Delivery
    href: str | None
    symbol: str
    title: str
    lang: str | None
    sender: str
    recipient: LazyText | str
    tag: tuple[str, LazyText]


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """All that the page of a delivery shows. `texts` are what the recipient gets."""

    line: DeliveryLine
    output: Output
    meeting: Meeting
    kind: LazyText
    body_name: tuple[str, str | None]
    texts: Sequence[OutputText]
    settled_by: str | None
    may_acknowledge: bool
    may_note: bool


def name_recipient(delivery: Delivery, output: Output) -> LazyText | str:
    """Return the name of a recipient: that of the unit, or the words of the adopted text."""
    if delivery.kind == RecipientKind.UNIT:
        return ROLE_LABELS[delivery.recipient]
    return queries.list_addressees_in_words(output)[int(delivery.recipient) - 1]


def build_delivery_line(delivery: Delivery, output: Output, body: Body, actor: Actor, language: str) -> DeliveryLine:
    """Build the line of a delivery as the actor sees it."""
    title, lang = localize_title(output.titles, language, output.original)
    return DeliveryLine(
        delivery,
        f"/deliveries/{delivery.id}" if rules.SEE_DELIVERY.allows(actor, delivery) else None,
        output.symbol or "",
        title,
        lang,
        body.prefix,
        name_recipient(delivery, output),
        DELIVERY_STATE_LABELS[delivery.state],
    )


def list_delivery_lines_of_output(
    session: ReadSession, actor: Actor, output: Output, language: str
) -> list[DeliveryLine]:
    """List the deliveries of an output that was found for the actor."""
    body = session.get_one(Body, output.body_id)
    return [
        build_delivery_line(each, output, body, actor, language) for each in queries.list_deliveries(session, output)
    ]


def load_delivery_page(session: ReadSession, actor: Actor, delivery: Delivery, language: str) -> DeliveryPage:
    """Load the page of a delivery that was found for the actor."""
    output, body = session.get_one(Output, delivery.output_id), session.get_one(Body, delivery.body_id)
    names = index_person_names(session, [delivery.settled_by])
    return DeliveryPage(
        line=build_delivery_line(delivery, output, body, actor, language),
        output=output,
        meeting=session.get_one(Meeting, output.meeting_id),
        kind=KIND_LABELS[output.kind],
        body_name=localize_title(body.names, language),
        texts=queries.list_delivered_texts(session, output),
        settled_by=names.get(delivery.settled_by) if delivery.settled_by else None,
        may_acknowledge=rules.ACKNOWLEDGE_DELIVERY.allows(actor, delivery),
        may_note=rules.NOTE_DELIVERY_BY_HAND.allows(actor, delivery),
    )
