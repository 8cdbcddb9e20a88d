"""Queries for the uploads that an actor may see: their own, and those of their delegation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.rules import DELEGATES
from app.domain.uploads.models import State, Upload

MOST_LISTED = 100


def visible(actor: Actor) -> Select[Upload]:
    """Select the uploads that the actor may see: those of a delegate's own State in that body; else only their own."""
    return select(Upload).where(
        or_(
            and_(Upload.entity == actor.entity, Upload.body_id.in_(actor.bodies(*DELEGATES))),
            and_(Upload.person_id == actor.person, Upload.body_id.in_(actor.bodies())),
        )
    )


def one_visible(session: ReadSession, actor: Actor, upload: UUID, *, lock: bool = False) -> Upload:
    """Return the upload if the actor may see it; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = visible(actor).where(Upload.id == upload).execution_options(populate_existing=True)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise Unknown()
    return row


def unfinished(session: ReadSession, actor: Actor) -> Sequence[Upload]:
    """List the visible uploads that can be continued, or are complete and not used yet; the latest first."""
    return session.scalars(visible(actor).order_by(Upload.began_at.desc()).limit(MOST_LISTED)).all()


def how_many_open(session: ReadSession, actor: Actor) -> int:
    """Count the incomplete uploads of the actor."""
    statement = select(func.count()).where(Upload.person_id == actor.person, Upload.state == State.OPEN)
    return session.scalar(statement) or 0
