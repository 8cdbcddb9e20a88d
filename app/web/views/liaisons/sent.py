"""Sent liaison statements in words: each with its recipients, and what each of them did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import find_addressee
from app.domain.liaisons.models import Liaison
from app.domain.outputs.models import Output, OutputStatus
from app.domain.sent_statements import queries
from app.http.labels import DELIVERY_STATE_LABELS, REQUESTED_ACT_LABELS
from app.web.views.documents.titles import localize_title
from app.web.views.liaisons.lines import ANSWERED_TAG, OVERDUE_TAG

Tag = tuple[str, LazyText]


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """A recipient of a sent statement: what is asked until when, what became of it, and the page of the answer."""

    words: str
    lang: str
    wants: LazyText
    reply_by: date | None
    tags: Sequence[Tag]
    answer: UUID | None


@dataclass(frozen=True, slots=True)
class SentLine:
    """A sent statement in the list."""

    id: UUID
    symbol: str
    title: tuple[str, str | None]
    group: str
    released_at: datetime | None
    recipients: Sequence[RecipientLine]


def build_sent_lines(
    session: ReadSession, actor: Actor, rows: Sequence[tuple[Output, str]], language: str, today: date
) -> list[SentLine]:
    """Build the lines of a list of outputs that the actor may see; one statement reads what belongs to them."""
    keys = [output.id for output, _prefix in rows]
    if not keys:
        return []
    statements = (
        queries.select_addressees_of_outputs(keys),
        queries.select_deliveries_of_outputs(keys),
        queries.select_answers_to_outputs(actor, keys),
    )
    addressees, deliveries, answers = ([row[0] for row in found] for found in _read(session, statements))
    return [
        SentLine(
            output.id,
            output.symbol or "",
            localize_title(output.titles, language, output.original),
            prefix,
            output.released_at,
            [
                _build_recipient(output, each, _of(output, deliveries), _of_answers(output, answers), today)
                for each in addressees
                if each.output_id == output.id
            ],
        )
        for output, prefix in rows
    ]


def _read(session: ReadSession, statements: Sequence[Any]) -> Sequence[Sequence[Any]]:
    return read_statements_together(session, statements)


def _of(output: Output, deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [each for each in deliveries if each.output_id == output.id]


def _of_answers(output: Output, answers: Sequence[Liaison]) -> list[Liaison]:
    return [each for each in answers if each.answers == output.id]


def _build_recipient(
    output: Output,
    addressee: OutputAddressee,
    deliveries: Sequence[Delivery],
    answers: Sequence[Liaison],
    today: date,
) -> RecipientLine:
    answer = next((each for each in answers if _is_from(each, addressee)), None)
    delivery = next((each for each in deliveries if find_addressee(each, [addressee])), None)
    state = DELIVERY_STATE_LABELS[delivery.state] if delivery else None
    is_asked = addressee.wants != RequestedAct.INFORMATION and output.status == OutputStatus.RELEASED
    is_overdue = is_asked and not answer and addressee.reply_by is not None and addressee.reply_by < today
    tags = [ANSWERED_TAG] if answer else [*([state] if state else []), *([OVERDUE_TAG] if is_overdue else [])]
    return RecipientLine(
        addressee.words,
        output.original,
        REQUESTED_ACT_LABELS[addressee.wants],
        addressee.reply_by,
        tags,
        answer.id if answer else None,
    )


def _is_from(answer: Liaison, addressee: OutputAddressee) -> bool:
    """Return whether an answer is that of a recipient; any is, of one in words."""
    party = addressee.organization, addressee.body_id
    return party == (None, None) or party == (answer.organization, answer.sender_body_id)
