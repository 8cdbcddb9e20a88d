"""What people do with their own sessions, and with the address of their own calendar."""

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


def make_calendar_address(session: WriteSession, actor: Actor) -> str:
    """A new secret for the address of one's own calendar, which is not kept; an earlier one ends."""
    rules.KEEP_CALENDAR.require(actor, None)
    secret = secrets.token_urlsafe(32)
    made = {"secret_digest": people.digest(secret), "made_at": clock.now()}
    address = insert(CalendarAddress).values(person_id=actor.person, **made)
    session.execute(address.on_conflict_do_update(index_elements=[CalendarAddress.person_id], set_=made))
    journal.record(session, actor, events.CalendarAddressMade(actor.person))
    return secret


def revoke_calendar_address(session: WriteSession, actor: Actor) -> None:
    """The address of one's own calendar answers no more. Nothing happens if there is none."""
    rules.KEEP_CALENDAR.require(actor, None)
    living = (CalendarAddress.person_id == actor.person) & CalendarAddress.secret_digest.is_not(None)
    gone = update(CalendarAddress).where(living).values(secret_digest=None)
    if session.scalar(gone.returning(CalendarAddress.person_id)):
        journal.record(session, actor, events.CalendarAddressRevoked(actor.person))
