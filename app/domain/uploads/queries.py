"""Queries for the uploads that an actor may see: their own, and those of their delegation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from app.core.db import ReadSession, add_row_lock
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.rules import DELEGATES
from app.domain.uploads.models import Upload, UploadState

MAX_LISTED = 100


def list_visible_uploads(actor: Actor) -> Select[Upload]:
    """Select the uploads that the actor may see: those of a delegate's own State in that body; else only their own."""
    return select(Upload).where(
        or_(
            and_(Upload.entity == actor.entity, Upload.body_id.in_(actor.bodies_with_role(*DELEGATES))),
            and_(Upload.person_id == actor.person, Upload.body_id.in_(actor.bodies_with_role())),
        )
    )


def get_visible_upload(session: ReadSession, actor: Actor, upload_id: UUID, *, lock: bool = False) -> Upload:
    """Return the upload if the actor may see it; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = list_visible_uploads(actor).where(Upload.id == upload_id).execution_options(populate_existing=True)
    row = session.scalar(add_row_lock(statement) if lock else statement)
    if row is None:
        raise NotFound()
    return row


def list_unfinished_uploads(session: ReadSession, actor: Actor) -> Sequence[Upload]:
    """List the visible uploads that can be continued, or are complete and not used yet; the latest first."""
    return session.scalars(list_visible_uploads(actor).order_by(Upload.began_at.desc()).limit(MAX_LISTED)).all()


def count_open_uploads(session: ReadSession, actor: Actor) -> int:
    """Count the incomplete uploads of the actor."""
    statement = select(func.count()).where(Upload.person_id == actor.person, Upload.state == UploadState.OPEN)
    return session.scalar(statement) or 0
