"""Actions of people on their own sessions and on the address of their own calendar."""

import secrets
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Unknown
from app.domain.identity import events, people, rules
from app.domain.identity.models import CalendarAddress, UserSession


def end_session(session: WriteSession, actor: Actor, user_session: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound for a session of somebody else."""
    row = session.scalar(
        select(UserSession).where(UserSession.id == user_session, UserSession.person_id == actor.person)
    )
    if row is None:
        raise Unknown()
    rules.END_SESSION.require(actor, row)
    people.end(session, UserSession.id == user_session, "own")


def end_all_sessions(session: WriteSession, actor: Actor) -> int:
    """End all sessions of the actor; returns their number."""
    rules.SEE_OWN_DESK.require(actor, None)
    return people.end(session, UserSession.person_id == actor.person, "everywhere")


def make_calendar_address(session: WriteSession, actor: Actor) -> str:
    """Create a new secret calendar address for the actor; an earlier one stops working.

    Returns the secret, of which only the digest is stored.
    """
    rules.KEEP_CALENDAR.require(actor, None)
    secret = secrets.token_urlsafe(32)
    values = {"secret_digest": people.digest(secret), "made_at": clock.now()}
    statement = insert(CalendarAddress).values(person_id=actor.person, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[CalendarAddress.person_id], set_=values))
    journal.record(session, actor, events.CalendarAddressMade(actor.person))
    return secret


def revoke_calendar_address(session: WriteSession, actor: Actor) -> None:
    """Revoke the calendar address of the actor. Does nothing if there is none."""
    rules.KEEP_CALENDAR.require(actor, None)
    is_active = (CalendarAddress.person_id == actor.person) & CalendarAddress.secret_digest.is_not(None)
    statement = update(CalendarAddress).where(is_active).values(secret_digest=None)
    if session.scalar(statement.returning(CalendarAddress.person_id)):
        journal.record(session, actor, events.CalendarAddressRevoked(actor.person))
