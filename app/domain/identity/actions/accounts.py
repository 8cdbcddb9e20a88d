"""Actions of people on their own sessions, on their time zone, and on the address of their own calendar."""

import secrets
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession, get_locked_row
from app.core.errors import NotFound
from app.core.hashing import hash_secret
from app.core.permissions import Actor
from app.domain.identity import events, rules
from app.domain.identity.actions import sessions
from app.domain.identity.inputs import TimeZoneChoice
from app.domain.identity.models.tables import CalendarAddress, Person, UserSession


def end_own_session(session: WriteSession, actor: Actor, user_session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound for a session of somebody else."""
    row = session.scalar(
        select(UserSession).where(UserSession.id == user_session_id, UserSession.person_id == actor.person)
    )
    if row is None:
        raise NotFound()
    rules.END_SESSION.require(actor, row)
    sessions.end_sessions(session, UserSession.id == user_session_id, "own")


def end_all_own_sessions(session: WriteSession, actor: Actor) -> int:
    """End all sessions of the actor; returns their number."""
    rules.SEE_OWN_DASHBOARD.require(actor, None)
    return sessions.end_sessions(session, UserSession.person_id == actor.person, "everywhere")


def take_sign_in_for_approval(session: WriteSession, actor: Actor, user_session_id: UUID) -> Mapping[str, str] | None:
    """Return the sign-in that a session of the actor keeps for an approval, once; None if there is none."""
    user_session = get_locked_row(session, UserSession, user_session_id)
    rules.END_SESSION.require(actor, user_session)
    kept, user_session.approval = user_session.approval, None
    return kept


def choose_time_zone(session: WriteSession, actor: Actor, choice: TimeZoneChoice) -> None:
    """Set the time zone of the actor; None: that of their browser or State. Does nothing if it is theirs already."""
    rules.CHOOSE_TIME_ZONE.require(actor, None)
    person = get_locked_row(session, Person, actor.person)
    if person.zone != choice.zone:
        person.zone = choice.zone
        journal.record_event(session, actor, events.TimeZoneChosen(actor.person))


def create_calendar_address(session: WriteSession, actor: Actor) -> str:
    """Create a new secret calendar address for the actor; an earlier one stops working.

    Returns the secret, of which only the digest is stored.
    """
    rules.MANAGE_CALENDAR_ADDRESS.require(actor, None)
    secret = secrets.token_urlsafe(32)
    values = {"secret_digest": hash_secret(secret), "made_at": clock.now()}
    statement = insert(CalendarAddress).values(person_id=actor.person, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[CalendarAddress.person_id], set_=values))
    journal.record_event(session, actor, events.CalendarAddressMade(actor.person))
    return secret


def revoke_calendar_address(session: WriteSession, actor: Actor) -> None:
    """Revoke the calendar address of the actor. Does nothing if there is none."""
    rules.MANAGE_CALENDAR_ADDRESS.require(actor, None)
    is_active = (CalendarAddress.person_id == actor.person) & CalendarAddress.secret_digest.is_not(None)
    statement = update(CalendarAddress).where(is_active).values(secret_digest=None)
    if session.scalar(statement.returning(CalendarAddress.person_id)):
        journal.record_event(session, actor, events.CalendarAddressRevoked(actor.person))
