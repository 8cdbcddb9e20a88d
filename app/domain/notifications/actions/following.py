"""Following of documents, agenda items, topics and States: who follows one gets notifications of its changes."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.notifications.models import FollowedKind, FollowedSubject
from app.domain.notifications.queries.followed import require_visible_subject
from app.domain.notifications.rules import recipients

MAX_FOLLOWED = 200
"""Things that one person may follow."""


def follow_subject(session: WriteSession, actor: Actor, kind: FollowedKind, key: str) -> None:
    """Follow something that the actor can see; following it twice changes nothing.

    Raises NotFound; Conflict if the actor follows too much.
    """
    recipients.CHOOSE_NOTIFICATIONS.require(actor, None)
    require_visible_subject(session, actor, kind, key)
    count = select(func.count()).select_from(FollowedSubject).where(FollowedSubject.person_id == actor.person)
    if (session.scalar(count) or 0) >= MAX_FOLLOWED:
        raise Conflict(_("You can follow at most 200 things. Stop following one first."))
    row = {"person_id": actor.person, "kind": kind, "key": key, "since": clock.now()}
    session.execute(insert(FollowedSubject).values(**row).on_conflict_do_nothing())


def unfollow_subject(session: WriteSession, actor: Actor, kind: FollowedKind, key: str) -> None:
    """Stop following something, whether or not the actor can still see it."""
    recipients.CHOOSE_NOTIFICATIONS.require(actor, None)
    own_row = FollowedSubject.person_id == actor.person, FollowedSubject.kind == kind, FollowedSubject.key == key
    session.execute(delete(FollowedSubject).where(*own_row))
