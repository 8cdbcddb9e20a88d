"""Contributions that came after the deadline, as chair and secretariat see them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, not_, or_

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.contributions import (
    ContributionRow,
    build_own_state_condition,
    list_visible_contributions,
)
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.documents.models import Document

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


def late_contributions(actor: Actor, condition: ColumnElement[bool]) -> Select[Contribution]:
    """Select late contributions that meet the condition, in bodies of which the actor is chair or secretary, latest
    first."""
    in_bodies = Contribution.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY))
    late = list_visible_contributions(actor).where(Contribution.status.not_in(OPEN_STATUSES), in_bodies, condition)
    return late.order_by(Contribution.submitted_at.desc(), Contribution.id)


def list_late_contributions(
    session: ReadSession, statement: Select[Contribution], *, limit: int, offset: int = 0
) -> Sequence[ContributionRow]:
    """Run one of these statements and return rows of `LATE_COLUMNS`."""
    rows = statement.outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*LATE_COLUMNS)
    return session.execute(rows.limit(limit).offset(offset)).all()


def late_contributions_to_decide(actor: Actor) -> Select[Contribution]:
    """Select late contributions that this chair has to decide on: not those that the own State submits or signs."""
    return undecided_late_contributions(actor, *CHAIRS).where(not_(build_own_state_condition(actor)))
