"""What waits for the secretariat: contributions to be registered, and those that the chair held for a later meeting."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal, not_, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.queries.confirmations import IS_WAITING_FOR_STATE
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.contributions.queries.late_contributions import IS_AWAITING_CHAIR
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person

IS_READY_TO_REGISTER = and_(Contribution.status == ContributionStatus.SUBMITTED, not_(IS_AWAITING_CHAIR))


def held_contributions(actor: Actor) -> Select[Contribution]:
    """Select what the chair held and the secretariat has to take up."""
    is_waiting = and_(
        Contribution.status == ContributionStatus.HELD,
        Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
    )
    return list_visible_contributions(actor).where(is_waiting).order_by(Contribution.submitted_at, Contribution.id)


def contributions_to_register(actor: Actor) -> Select[Contribution]:
    """Select the registration queue of a secretary, the earliest submission first; with what still waits for its
    State."""
    is_waiting = and_(IS_READY_TO_REGISTER, Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY)))
    return list_visible_contributions(actor).where(is_waiting).order_by(Contribution.submitted_at, Contribution.id)


def contributions_ready_to_register(actor: Actor) -> Select[Contribution]:
    """Select what of the registration queue can be registered now, since it does not wait for its State."""
    return contributions_to_register(actor).where(not_(IS_WAITING_FOR_STATE))


FOLLOWED_DOCUMENT, ASSIGNEE = aliased(Document), aliased(Person)
QUEUE_COLUMNS = (
    Contribution.id,
    Contribution.version,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.step,
    Contribution.title,
    Contribution.original,
    Contribution.late,
    Contribution.submitted_at,
    FOLLOWED_DOCUMENT.symbol.label("follows"),
    FOLLOWED_DOCUMENT.ended_as,
    ASSIGNEE.name.label("assignee"),
)


def list_registration_queue(
    session: ReadSession, queue: Select[Contribution], *, limit: int, offset: int = 0
) -> Sequence[ContributionRow]:
    """List a registration queue as rows of `QUEUE_COLUMNS`, in its order."""
    return session.execute(select_queue_rows(queue).limit(limit).offset(offset)).all()


def select_queue_rows(queue: Select[Contribution]) -> Select[*tuple[Any, ...]]:
    """Select the columns of a registration queue, in its order."""
    return (
        queue.outerjoin(FOLLOWED_DOCUMENT, FOLLOWED_DOCUMENT.id == Contribution.follows_id)
        .outerjoin(ASSIGNEE, ASSIGNEE.id == Contribution.assigned_to)
        .with_only_columns(*QUEUE_COLUMNS, IS_WAITING_FOR_STATE.label("awaits_state"))
    )


def find_next_to_register(session: ReadSession, actor: Actor, after: Contribution) -> UUID | None:
    """Find the contribution that the actor registers after this one: the next submission that can be registered now and
    is not assigned to another secretary; from the beginning of the queue if there is none after it."""
    is_mine = or_(Contribution.assigned_to.is_(None), Contribution.assigned_to == actor.person)
    follows = tuple_(Contribution.submitted_at, Contribution.id) > tuple_(
        literal(after.submitted_at, Contribution.submitted_at.type), literal(after.id, Contribution.id.type)
    )
    candidates = contributions_ready_to_register(actor).where(is_mine, Contribution.id != after.id)
    ordered = candidates.order_by(None).order_by(follows.desc(), Contribution.submitted_at, Contribution.id)
    return session.scalar(ordered.with_only_columns(Contribution.id).limit(1))


def list_files_by_contribution(
    session: ReadSession, contribution_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[ContributionFile]]:
    """Load the files of several contributions in one statement, by contribution. Access is checked by the caller."""
    files_by_id: dict[UUID, list[ContributionFile]] = {}
    statement = select(ContributionFile).where(ContributionFile.contribution_id.in_(contribution_ids))
    for file in session.scalars(statement.order_by(ContributionFile.language)):
        files_by_id.setdefault(file.contribution_id, []).append(file)
    return files_by_id
