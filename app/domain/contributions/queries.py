"""Which contributions an actor may see. A State's draft exists for that State's delegates alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, not_, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions.models import Contribution, ContributionFile, Status
from app.domain.contributions.rules import OPEN
from app.domain.documents.models import Document


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
)


def of_own_state(actor: Actor) -> Select[Contribution]:
    """The contributions of the actor's State, the latest change first."""
    ours = and_(Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies(*DELEGATES)))
    return visible(actor).where(ours).order_by(Contribution.changed_at.desc(), Contribution.id)


def open_ones(actor: Actor) -> Select[Contribution]:
    """Those of them that the State has still to submit."""
    return of_own_state(actor).where(Contribution.status.in_(OPEN))


FOR_THE_CHAIR = and_(
    Contribution.status == Status.SUBMITTED, Contribution.late, Contribution.late_accepted_by.is_(None)
)
TO_REGISTER = and_(Contribution.status == Status.SUBMITTED, not_(FOR_THE_CHAIR))


def to_register(actor: Actor) -> Select[Contribution]:
    """What the secretariat can register, the earliest deposit first."""
    waits = and_(TO_REGISTER, Contribution.body_id.in_(actor.bodies(Office.SECRETARY)))
    return visible(actor).where(waits).order_by(Contribution.submitted_at, Contribution.id)


def late_ones(actor: Actor, *offices: Office) -> Select[Contribution]:
    """What came late and waits for the chair, in the bodies where the actor holds one of these offices."""
    waits = and_(FOR_THE_CHAIR, Contribution.body_id.in_(actor.bodies(*offices)))
    return visible(actor).where(waits).order_by(Contribution.submitted_at, Contribution.id)


def listed(session: ReadSession, chosen: Select[Contribution], *, limit: int, offset: int = 0) -> Sequence[Standing]:
    """One of these lists, as rows of `COLUMNS`."""
    rows = chosen.outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*COLUMNS)
    return session.execute(rows.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, chosen: Select[Contribution]) -> int:
    """How many contributions the same list would hold."""
    counted = chosen.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(counted) or 0


def of_document(session: ReadSession, actor: Actor, document: UUID) -> Contribution | None:
    """The contribution behind a registered document, if the actor may see it."""
    return session.scalar(visible(actor).where(Contribution.document_id == document))
