"""Deliveries as pages show them: lines of the list, the page of one, and the section on the page of an output."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.models import Body
from app.domain.deliveries import queries, rules
from app.domain.deliveries.models import Delivery, DeliveryState, RecipientKind
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.identity.queries import index_person_names
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import list_visible_answers_to_output
from app.domain.liaisons.rules import is_answer_of
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_addressees, list_output_files, list_translations
from app.domain.outputs.rules.addressees import name_addressees
from app.domain.outputs.rules.texts import OutputText
from app.http.authentication import EntityName
from app.http.labels import DELIVERY_STATE_LABELS, KIND_LABELS, REQUESTED_ACT_LABELS, ROLE_LABELS
from app.web.views.documents.titles import localize_title
from app.web.views.liaisons.lines import ANSWERED_TAG


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A liaison statement by which a recipient answered: its symbol, or its subject before it has one."""

    words: str
    href: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery in a list: what was sent, by whom, to whom, and its state. `href` is None if the reader may not open
    it; `answers` are those that the reader may see, on pages that name them."""

    delivery: Delivery
    href: str | None
    symbol: str
    title: str
    lang: str | None
    sender: str
    recipient: LazyText | str
    tag: tuple[str, LazyText]
    answers: Sequence[AnswerLine] = ()


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """All that the page of a delivery shows. `texts` are what the recipient gets, `document` symbol and address of what
    the receiving body made of it; without an address if the reader may not open it. `asked` is what is asked of the
    recipient, None of a unit or a parent body; `reply_by` the day until which a reply is asked for."""

    line: DeliveryLine
    output: Output
    meeting: Meeting
    kind: LazyText
    body_name: tuple[str, str | None]
    texts: Sequence[OutputText]
    settled_by: str | None
    acknowledged_by: str | None
    document: tuple[str, str | None] | None
    asked: LazyText | None
    reply_by: date | None
    may_acknowledge: bool
    may_receive: bool
    may_note: bool
    may_note_acknowledgment: bool


def name_recipient(delivery: Delivery, receiving_body: Body | None, words: str | None, language: str) -> LazyText | str:
    """Return the name of a recipient: that of the unit, the body or the organization, or the words of the adopted
    text."""
    if delivery.kind == RecipientKind.UNIT:
        return ROLE_LABELS[delivery.recipient]
    if delivery.kind == RecipientKind.BODY:
        return localize_title(receiving_body.names, language)[0] if receiving_body else delivery.recipient
    if delivery.kind == RecipientKind.ORGANIZATION:
        return EntityName(delivery.recipient)
    return words or delivery.recipient


def build_delivery_line(
    delivery: Delivery,
    output: Output,
    body: Body,
    receiving_body: Body | None,
    words: str | None,
    *,
    actor: Actor,
    language: str,
    answers: Sequence[AnswerLine] = (),
) -> DeliveryLine:
    """Build the line of a delivery as the actor sees it, with the answers of its recipient."""
    is_answered = bool(answers) and delivery.state != DeliveryState.CALLED_BACK
    title, lang = localize_title(output.titles, language, output.original)
    return DeliveryLine(
        delivery,
        f"/deliveries/{delivery.id}" if rules.SEE_DELIVERY.allows(actor, delivery) else None,
        output.symbol or "",
        title,
        lang,
        body.prefix,
        name_recipient(delivery, receiving_body, words, language),
        ANSWERED_TAG if is_answered else DELIVERY_STATE_LABELS[delivery.state],
        answers,
    )


def _list_answers(
    delivery: Delivery, addressees: Sequence[OutputAddressee], answers: Sequence[Row[Liaison, str | None]]
) -> list[AnswerLine]:
    """List the answers that the recipient of a delivery sent; a unit of ITU answers by none."""
    if delivery.kind == RecipientKind.UNIT:
        return []
    organization = delivery.recipient if delivery.kind == RecipientKind.ORGANIZATION else None
    party, parties = (organization, delivery.receiving_body_id), [(e.organization, e.body_id) for e in addressees]
    return [_build_answer_line(*row) for row in answers if is_answer_of(party, parties, row[0])]


def _build_answer_line(liaison: Liaison, symbol: str | None) -> AnswerLine:
    return AnswerLine(symbol or liaison.subject, f"/liaisons/{liaison.id}", liaison.received_at)


def list_delivery_lines_of_output(
    session: ReadSession, actor: Actor, output: Output, language: str
) -> list[DeliveryLine]:
    """List the deliveries of an output that was found for the actor."""
    body, addressees = session.get_one(Body, output.body_id), list_addressees(session, output)
    deliveries = queries.list_deliveries(session, output)
    can_answer = any(each.kind != RecipientKind.UNIT for each in deliveries)
    answers = list_visible_answers_to_output(session, actor, output.id) if can_answer else []
    return [
        build_delivery_line(
            each,
            output,
            body,
            _find_receiving_body(session, each),
            find_words(each, addressees),
            actor=actor,
            language=language,
            answers=_list_answers(each, addressees, answers),
        )
        for each in deliveries
    ]


def find_words(delivery: Delivery, addressees: Sequence[OutputAddressee]) -> str | None:
    """Find the words by which the adopted text names the recipient."""
    found = queries.find_addressee(delivery, addressees)
    return found.words if found else None


def _find_receiving_body(session: ReadSession, delivery: Delivery) -> Body | None:
    return session.get_one(Body, delivery.receiving_body_id) if delivery.receiving_body_id else None


def _find_document(session: ReadSession, actor: Actor, delivery: Delivery) -> tuple[str, str | None] | None:
    if delivery.document_id is None:
        return None
    document = session.get_one(Document, delivery.document_id)
    is_visible = bool(documents.list_documents_by_id(session, actor, [document.id]))
    return document.symbol, f"/documents/{document.id}" if is_visible else None


def load_delivery_page(session: ReadSession, actor: Actor, delivery: Delivery, language: str) -> DeliveryPage:
    """Load the page of a delivery that was found for the actor."""
    output, body = session.get_one(Output, delivery.output_id), session.get_one(Body, delivery.body_id)
    receiving_body = _find_receiving_body(session, delivery)
    read_together(session, output, list_output_files, list_translations, list_addressee_rows)
    addressees = list_addressees(session, output)
    addressee = queries.find_addressee(delivery, addressees)
    words = addressee.words if addressee else None
    recorders = [each for each in (delivery.settled_by, delivery.acknowledged_by) if each]
    names = index_person_names(session, recorders) if recorders else {}
    can_answer = delivery.kind != RecipientKind.UNIT
    answers = list_visible_answers_to_output(session, actor, output.id) if can_answer else []
    return DeliveryPage(
        line=build_delivery_line(
            delivery,
            output,
            body,
            receiving_body,
            words,
            actor=actor,
            language=language,
            answers=_list_answers(delivery, addressees, answers),
        ),
        output=output,
        meeting=session.get_one(Meeting, output.meeting_id),
        kind=KIND_LABELS[output.kind],
        body_name=localize_title(body.names, language),
        texts=queries.list_delivered_texts(session, output),
        settled_by=names.get(delivery.settled_by) if delivery.settled_by else None,
        acknowledged_by=names.get(delivery.acknowledged_by) if delivery.acknowledged_by else None,
        document=_find_document(session, actor, delivery),
        asked=REQUESTED_ACT_LABELS[addressee.wants] if addressee else None,
        reply_by=(addressee or name_addressees(output, list_addressee_rows(session, output))).reply_by,
        may_acknowledge=rules.ACKNOWLEDGE_DELIVERY.allows(actor, delivery),
        may_receive=rules.RECEIVE_DELIVERY.allows(actor, delivery),
        may_note=rules.NOTE_DELIVERY_BY_HAND.allows(actor, delivery),
        may_note_acknowledgment=rules.NOTE_ACKNOWLEDGMENT.allows(actor, delivery),
    )
