"""Which uploads an actor may see: their own, and those of their delegation."""

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
    """What a delegate's own State sends in that body; of everybody else, their own."""
    return select(Upload).where(
        or_(
            and_(Upload.entity == actor.entity, Upload.body_id.in_(actor.bodies(*DELEGATES))),
            and_(Upload.person_id == actor.person, Upload.body_id.in_(actor.bodies())),
        )
    )


def one_visible(session: ReadSession, actor: Actor, upload: UUID, *, lock: bool = False) -> Upload:
    """That upload as it stands now, or Unknown. With `lock`, nobody else goes on with it until the transaction ends."""
    statement = visible(actor).where(Upload.id == upload).execution_options(populate_existing=True)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise Unknown()
    return found


def unfinished(session: ReadSession, actor: Actor) -> Sequence[Upload]:
    """What can be gone on with, or was sent and not used yet; the latest first."""
    return session.scalars(visible(actor).order_by(Upload.began_at.desc()).limit(MOST_LISTED)).all()


def how_many_open(session: ReadSession, actor: Actor) -> int:
    """How many files this person is sending at the moment."""
    mine = select(func.count()).where(Upload.person_id == actor.person, Upload.state == State.OPEN)
    return session.scalar(mine) or 0
