"""Queries for the liaison statements that bodies sent. All start from the outputs and liaisons that the actor may
see: an answer that is not shown to them does not count for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession, count_rows_of_each
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.bodies.models import Body
from app.domain.deliveries.models import Delivery
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import DUE_ON, WAITS, list_visible_liaisons, select_visible_answers
from app.domain.mandates.queries import build_citing_condition
from app.domain.outputs.models import Output, OutputKind, OutputStatus
from app.domain.outputs.queries.output_lists import build_title_condition
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.sent_statements.inputs import SentStatementFilter

NAMED = aliased(OutputAddressee)


@dataclass(frozen=True, slots=True)
class LiaisonCounts:
    """How many liaisons an actor sees: received and sent, how many of them wait, and how many of these are overdue."""

    received: int
    waiting_here: int
    overdue_here: int
    sent: int
    waiting_there: int
    overdue_there: int


def list_sent_statements(actor: Actor) -> Select[Output]:
    """Select the released liaison statements that the actor may see, also those that were withdrawn."""
    return list_visible_outputs(actor).where(
        Output.kind == OutputKind.LIAISON_STATEMENT, Output.released_at.is_not(None)
    )


def _build_waiting_condition(actor: Actor, *more: ColumnElement[bool]) -> Exists:
    """SQL condition: a recipient of the statement is asked for something and has not answered, as `is_answer_of` of the
    liaisons says it of one recipient."""
    is_in_words = and_(OutputAddressee.organization.is_(None), OutputAddressee.body_id.is_(None))
    named = select(NAMED.output_id).where(NAMED.output_id == Liaison.answers, _is_from(NAMED))
    is_from_recipient = or_(_is_from(OutputAddressee), and_(is_in_words, ~named.correlate(Liaison).exists()))
    answer = select_visible_answers(actor).where(Liaison.answers == OutputAddressee.output_id, is_from_recipient)
    return (
        select(OutputAddressee.output_id)
        .where(
            OutputAddressee.output_id == Output.id,
            Output.status == OutputStatus.RELEASED,
            OutputAddressee.wants != RequestedAct.INFORMATION,
            ~answer.with_only_columns(Liaison.id).correlate(OutputAddressee).exists(),
            *more,
        )
        .correlate(Output)
        .exists()
    )


def _is_from(addressee: type[OutputAddressee]) -> ColumnElement[bool]:
    """SQL condition: an addressee with a code sent the liaison."""
    return or_(Liaison.organization == addressee.organization, Liaison.sender_body_id == addressee.body_id)


def _build_overdue_condition(actor: Actor) -> Exists:
    """SQL condition: the day until which a recipient was to reply has passed, and they have not answered."""
    return _build_waiting_condition(actor, build_day_parameter() > OutputAddressee.reply_by)


def select_sent_statements(actor: Actor, filters: SentStatementFilter) -> Select[Output, str]:
    """Select the sent statements with the prefix of the body, narrowed by a filter: those that wait for a recipient
    first, then the latest."""
    statement = list_sent_statements(actor).join(Body, Body.id == Output.body_id).add_columns(Body.prefix)
    conditions: list[ColumnElement[bool]] = []
    if filters.words:
        symbol = Output.symbol.icontains(filters.words, autoescape=True)
        conditions.append(or_(build_title_condition(Output.titles, filters.words), symbol))
    if filters.show:
        build = {"waiting": _build_waiting_condition, "overdue": _build_overdue_condition}[filters.show]
        conditions.append(build(actor))
    if filters.group:
        conditions.append(Body.code == filters.group)
    if filters.party:
        of_party = select(OutputAddressee.output_id).where(
            or_(
                OutputAddressee.organization == filters.party,
                OutputAddressee.body_id.in_(select(Body.id).where(Body.code == filters.party)),
            )
        )
        conditions.append(Output.id.in_(of_party))
    if filters.mandate:
        conditions.append(build_citing_condition(Output.mandates, filters.mandate))
    if filters.action_line:
        conditions.append(Output.action_lines.contains([filters.action_line]))
    waits = _build_waiting_condition(actor)
    return statement.where(*conditions).order_by(waits.desc(), Output.released_at.desc(), Output.id)


def select_recipient_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies to which the sent statements are addressed."""
    addressed = select(OutputAddressee.body_id).where(_is_addressee_of_sent(actor))
    return select(Body).where(Body.id.in_(addressed)).order_by(Body.prefix)


def select_recipient_codes(actor: Actor) -> Select[str | None]:
    """Select the codes of the organizations to which the sent statements are addressed."""
    codes = select(OutputAddressee.organization).where(OutputAddressee.organization.is_not(None))
    return codes.where(_is_addressee_of_sent(actor)).distinct().order_by(OutputAddressee.organization)


def _is_addressee_of_sent(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: the row is that of an addressee of a statement that the actor may see."""
    return OutputAddressee.output_id.in_(list_sent_statements(actor).with_only_columns(Output.id))


def select_addressees_of_outputs(output_ids: Sequence[UUID]) -> Select[OutputAddressee]:
    """Select the rows of the addressees of these outputs, in their order. The caller checks access."""
    rows = select(OutputAddressee).where(OutputAddressee.output_id.in_(output_ids))
    return rows.order_by(OutputAddressee.output_id, OutputAddressee.position)


def select_deliveries_of_outputs(output_ids: Sequence[UUID]) -> Select[Delivery]:
    """Select the deliveries of these outputs. The caller checks access."""
    return select(Delivery).where(Delivery.output_id.in_(output_ids)).order_by(Delivery.id)


def select_answers_to_outputs(actor: Actor, output_ids: Sequence[UUID]) -> Select[Liaison]:
    """Select the visible liaisons that answer one of these outputs, the first received first."""
    of_these = select_visible_answers(actor).where(Liaison.answers.in_(output_ids))
    return of_these.order_by(Liaison.received_at, Liaison.id)


def count_liaisons_of_both_sides(session: ReadSession, actor: Actor) -> LiaisonCounts:
    """Count the liaisons that the actor may see, received and sent, by one statement."""
    received, sent = list_visible_liaisons(actor), list_sent_statements(actor)
    return LiaisonCounts(
        *count_rows_of_each(
            session,
            received,
            received.where(WAITS),
            received.where(WAITS, build_day_parameter() > DUE_ON),
            sent,
            sent.where(_build_waiting_condition(actor)),
            sent.where(_build_overdue_condition(actor)),
        )
    )


def select_cited_codes(actor: Actor) -> Sequence[Select[str]]:
    """Select the codes of mandates and of action lines that the sent statements cite."""
    sent = list_sent_statements(actor)
    return [sent.with_only_columns(func.unnest(column)).distinct() for column in (Output.mandates, Output.action_lines)]
