"""Which contributions an actor may see. A State's draft exists for that State's delegates alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions.models import Contribution, ContributionFile, Status
from app.domain.contributions.rules import OPEN
from app.domain.documents.models import Document, Step


def visible(actor: Actor) -> Select[Contribution]:
    """Own State's; for the secretariat what was submitted, for the chair what came late, until it is returned."""
    has_left = Contribution.status.not_in(OPEN)
    return select(Contribution).where(
        or_(
            and_(Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies(*DELEGATES))),
            and_(has_left, Contribution.body_id.in_(actor.bodies(Office.SECRETARY))),
            and_(has_left, Contribution.late, Contribution.body_id.in_(actor.bodies(*CHAIRS))),
        )
    )


def one_visible(session: ReadSession, actor: Actor, contribution: UUID, *, lock: bool = False) -> Contribution:
    """That contribution, or Unknown. With `lock`, nobody else changes it until the transaction ends."""
    statement = visible(actor).where(Contribution.id == contribution)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise Unknown()
    return found


def files(session: ReadSession, contribution: Contribution) -> Sequence[ContributionFile]:
    """The files of a contribution that was found for the actor."""
    return session.scalars(
        select(ContributionFile)
        .where(ContributionFile.contribution_id == contribution.id)
        .order_by(ContributionFile.language)
    ).all()


def one_file(session: ReadSession, contribution: Contribution, language: str) -> ContributionFile:
    """The file in that language, or Unknown."""
    found = session.get(ContributionFile, (contribution.id, language))
    if found is None:
        raise Unknown()
    return found


Standing = Row[*tuple[Any, ...]]
"""One row of `COLUMNS`."""
COLUMNS = (
    Contribution.id,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.title,
    Contribution.original,
    Contribution.status,
    Contribution.late,
    Contribution.late_accepted_by,
    Contribution.submitted_at,
    Contribution.changed_at,
    Contribution.document_id,
    Document.symbol,
    Document.ended_as,
)


def of_own_state(session: ReadSession, actor: Actor) -> Sequence[Standing]:
    """The documents of the actor's State and where they stand, the latest change first."""
    return session.execute(
        _listed(actor)
        .where(Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies(*DELEGATES)))
        .order_by(Contribution.changed_at.desc())
        .limit(50)
    ).all()


def to_register(session: ReadSession, actor: Actor) -> Sequence[Standing]:
    """What waits for the secretariat, the earliest deposit first."""
    return session.execute(
        _listed(actor)
        .where(Contribution.status == Status.SUBMITTED, Contribution.body_id.in_(actor.bodies(Office.SECRETARY)))
        .order_by(Contribution.submitted_at)
        .limit(200)
    ).all()


def late_ones(session: ReadSession, actor: Actor) -> Sequence[Standing]:
    """What came late and waits for the chair."""
    return session.execute(
        _listed(actor)
        .where(
            Contribution.status == Status.SUBMITTED,
            Contribution.late,
            Contribution.late_accepted_by.is_(None),
            Contribution.body_id.in_(actor.bodies(*CHAIRS)),
        )
        .order_by(Contribution.submitted_at)
        .limit(200)
    ).all()


def _listed(actor: Actor) -> Select[*tuple[Any, ...]]:
    return visible(actor).outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*COLUMNS)


def how_many_wait(session: ReadSession, actor: Actor) -> int:
    """How many wait for the secretariat."""
    waiting = visible(actor).where(
        Contribution.status == Status.SUBMITTED, Contribution.body_id.in_(actor.bodies(Office.SECRETARY))
    )
    return session.scalar(waiting.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def of_document(session: ReadSession, actor: Actor, document: UUID) -> Contribution | None:
    """The contribution behind the first text of a registered document, if the actor may see it."""
    return session.scalar(visible(actor).where(Contribution.document_id == document, Contribution.step == Step.TEXT))
