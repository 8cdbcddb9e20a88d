"""Queries for the uploads that an actor may see: their own, and those of their delegation; and who pauses, as their
files were refused.

A person pauses, not their State. What counts is in the database: over all processes, and with what the worker refused.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from app.core import clock
from app.core.db import ReadSession, add_row_lock
from app.core.errors import NotFound, TooManyRequests
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.rules import DELEGATES
from app.domain.uploads.models import RecentRefusal, Upload, UploadState

MAX_LISTED = 100
MAX_RECENT_REFUSALS: Final = 10
REFUSAL_WINDOW: Final = timedelta(minutes=10)


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


def require_no_pause(session: ReadSession, person: UUID) -> None:
    """Raise TooManyRequests if `MAX_RECENT_REFUSALS` files of this person were refused within the window."""
    now = clock.now()
    times = session.scalars(
        select(RecentRefusal.refused_at)
        .where(RecentRefusal.person_id == person, RecentRefusal.refused_at > now - REFUSAL_WINDOW)
        .order_by(RecentRefusal.refused_at.desc())
        .limit(MAX_RECENT_REFUSALS)
    ).all()
    if len(times) < MAX_RECENT_REFUSALS:
        return
    raise TooManyRequests(
        _(
            "%(count)s of your files were refused within ten minutes. Read what was found in them, and hand in"
            " the next one in %(minutes)s minutes.",
            count=MAX_RECENT_REFUSALS,
            minutes=(times[-1] + REFUSAL_WINDOW - now) // timedelta(minutes=1) + 1,
        )
    )
