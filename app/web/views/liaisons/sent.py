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
from app.domain.liaisons.rules import Party, is_answer_of
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
                _build_recipient(output, each, of_output, today)
                for of_output in [_choose_those_of(output, addressees, deliveries, answers)]
                for each in of_output.addressees
            ],
        )
        for output, prefix in rows
    ]


def _read(session: ReadSession, statements: Sequence[Any]) -> Sequence[Sequence[Any]]:
    return read_statements_together(session, statements)


@dataclass(frozen=True, slots=True)
class _OfStatement:
    """What belongs to one statement."""

    addressees: Sequence[OutputAddressee]
    deliveries: Sequence[Delivery]
    answers: Sequence[Liaison]

    @property
    def parties(self) -> list[Party]:
        return [(each.organization, each.body_id) for each in self.addressees]


def _choose_those_of(
    output: Output, addressees: Sequence[OutputAddressee], deliveries: Sequence[Delivery], answers: Sequence[Liaison]
) -> _OfStatement:
    return _OfStatement(
        [each for each in addressees if each.output_id == output.id],
        [each for each in deliveries if each.output_id == output.id],
        [each for each in answers if each.answers == output.id],
    )


def _build_recipient(output: Output, addressee: OutputAddressee, of_output: _OfStatement, today: date) -> RecipientLine:
    party, parties = (addressee.organization, addressee.body_id), of_output.parties
    answer = next((each for each in of_output.answers if is_answer_of(party, parties, each)), None)
    delivery = next((each for each in of_output.deliveries if find_addressee(each, [addressee])), None)
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
