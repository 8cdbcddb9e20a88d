"""Contributions that came after the deadline, as chair and secretariat see them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, not_, or_

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.contributions.inputs import LateListFilter
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.contributions import build_own_state_condition, list_visible_contributions
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.documents.models import Document
from app.domain.search.queries.sort_orders import build_entity_order

IS_AWAITING_CHAIR = and_(
    Contribution.status == ContributionStatus.SUBMITTED, Contribution.late, Contribution.late_accepted_by.is_(None)
)


def undecided_late_contributions(actor: Actor, *offices: Office) -> Select[Contribution]:
    """Select late contributions that wait for the chair, in bodies where the actor holds one of these offices."""
    is_waiting = and_(IS_AWAITING_CHAIR, Contribution.body_id.in_(actor.bodies_with_role(*offices)))
    return list_visible_contributions(actor).where(is_waiting).order_by(Contribution.submitted_at, Contribution.id)


def visible_undecided_late_contributions(actor: Actor) -> Select[Contribution]:
    """Select undecided late contributions: all for a secretary; for a chair all but those of the own State."""
    is_secretary = Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    return undecided_late_contributions(actor, *CHAIRS, Office.SECRETARY).where(
        or_(is_secretary, not_(build_own_state_condition(actor)))
    )


LATE_COLUMNS = (
    Contribution.id,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.title,
    Contribution.original,
    Contribution.status,
    Contribution.late_accepted_because,
    Contribution.held_because,
    Contribution.submitted_at,
    Contribution.document_id,
    Document.symbol,
    Document.ended_as,
    Document.at_request,
)
IS_HELD_FOR_LATER = Contribution.status == ContributionStatus.HELD
IS_ACCEPTED_LATE = and_(Contribution.status != ContributionStatus.HELD, Contribution.late_accepted_by.is_not(None))


IS_ON_A_LATE_LIST = or_(IS_AWAITING_CHAIR, IS_HELD_FOR_LATER, IS_ACCEPTED_LATE)


def select_late_contributions(
    actor: Actor, condition: ColumnElement[bool], filters: LateListFilter, language: str
) -> Select[Contribution]:
    """Select late contributions that meet the condition and fit every filter, in bodies of which the actor is chair or
    secretary, in the order that was asked for; the latest first otherwise. A `-` before the order reverses it."""
    late = _select_all_late_contributions(actor).where(condition)
    if filters.words:
        late = late.where(Contribution.title.icontains(filters.words, autoescape=True))
    if filters.source:
        late = late.where(Contribution.entity == filters.source)
    if filters.meeting:
        late = late.where(Contribution.meeting_id == filters.meeting)
    sort = filters.sort or "-received"
    keys: Mapping[str, Sequence[SQLColumnExpression[Any]]] = {
        "received": [Contribution.submitted_at],
        "source": build_entity_order(Contribution.entity, language),
        "title": [func.lower(Contribution.title)],
    }
    key = keys[sort.removeprefix("-")]
    ordered = [each.desc() for each in key] if sort.startswith("-") else key
    return late.order_by(*ordered, Contribution.submitted_at.desc(), Contribution.id)


def list_late_sources_and_meetings(session: ReadSession, actor: Actor) -> tuple[set[str], set[UUID]]:
    """List the entities and the meetings of the late contributions on the lists of the actor."""
    columns = Contribution.entity, Contribution.meeting_id
    rows = session.execute(
        _select_all_late_contributions(actor).where(IS_ON_A_LATE_LIST).with_only_columns(*columns).distinct()
    )
    pairs = rows.all()
    return {entity for entity, _meeting in pairs}, {meeting for _entity, meeting in pairs}


def _select_all_late_contributions(actor: Actor) -> Select[Contribution]:
    in_bodies = Contribution.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY))
    return list_visible_contributions(actor).where(Contribution.status.not_in(OPEN_STATUSES), in_bodies)


def list_late_contributions(
    session: ReadSession, statement: Select[Contribution], *, limit: int, offset: int = 0
) -> Sequence[ContributionRow]:
    """Run one of these statements and return rows of `LATE_COLUMNS`."""
    rows = statement.outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*LATE_COLUMNS)
    return session.execute(rows.limit(limit).offset(offset)).all()


def late_contributions_to_decide(actor: Actor) -> Select[Contribution]:
    """Select late contributions that this chair has to decide on: not those that the own State submits or signs."""
    return undecided_late_contributions(actor, *CHAIRS).where(not_(build_own_state_condition(actor)))
