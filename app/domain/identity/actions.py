"""What people do with their own sessions."""

from uuid import UUID

from sqlalchemy import select

from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Unknown
from app.domain.identity import people, rules
from app.domain.identity.models import UserSession


def end_session(session: WriteSession, actor: Actor, user_session: UUID) -> None:
    """End one of one's own sessions; another's is Unknown."""
    found = session.scalar(
        select(UserSession).where(UserSession.id == user_session, UserSession.person_id == actor.person)
    )
    if found is None:
        raise Unknown()
    rules.END_SESSION.require(actor, found)
    people.end(session, UserSession.id == user_session, "own")


def end_all_sessions(session: WriteSession, actor: Actor) -> int:
    """Sign out everywhere; returns how many sessions were ended."""
    rules.SEE_OWN_DESK.require(actor, None)
    return people.end(session, UserSession.person_id == actor.person, "everywhere")
