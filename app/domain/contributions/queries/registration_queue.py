"""What waits for the secretariat: contributions to be registered, and those that the chair held for a later meeting."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, not_, select
from sqlalchemy.orm import aliased

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.queries.confirmations import build_waiting_condition
from app.domain.contributions.queries.contributions import ContributionRow, list_visible_contributions
from app.domain.contributions.queries.late_contributions import IS_AWAITING_CHAIR
from app.domain.documents.models import Document

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
    return contributions_to_register(actor).where(not_(build_waiting_condition()))


FOLLOWED_DOCUMENT = aliased(Document)
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
)


def list_registration_queue(
    session: ReadSession, actor: Actor, *, limit: int, offset: int = 0
) -> Sequence[ContributionRow]:
    """List the registration queue as rows of `QUEUE_COLUMNS`, the earliest submission first."""
    rows = (
        contributions_to_register(actor)
        .outerjoin(FOLLOWED_DOCUMENT, FOLLOWED_DOCUMENT.id == Contribution.follows_id)
        .with_only_columns(*QUEUE_COLUMNS, build_waiting_condition().label("awaits_state"))
    )
    return session.execute(rows.limit(limit).offset(offset)).all()


def list_files_by_contribution(
    session: ReadSession, contribution_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[ContributionFile]]:
    """Load the files of several contributions in one statement, by contribution. Access is checked by the caller."""
    files_by_id: dict[UUID, list[ContributionFile]] = {}
    statement = select(ContributionFile).where(ContributionFile.contribution_id.in_(contribution_ids))
    for file in session.scalars(statement.order_by(ContributionFile.language)):
        files_by_id.setdefault(file.contribution_id, []).append(file)
    return files_by_id
