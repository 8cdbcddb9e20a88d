"""People as the identity provider tells of them, and their sessions. Called by the sign-in, which acts for nobody yet.

A session's secret is random (256 bits) and known only to the browser; the table holds its digest.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.domain.identity import events
from app.domain.identity.claims import Claims
from app.domain.identity.models import CalendarAddress, Person, UsedOnce, UserSession

RESTS_AFTER = timedelta(days=366)
"""So long after its person last signed in, the address of a calendar answers no more: what the provider says of them is
known from then. Signing in wakes it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a session ends by itself."""

    idle: timedelta
    absolute: timedelta


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def know(session: WriteSession, claims: Claims) -> Person:
    """The person of these claims: found or made by (issuer, subject), and brought up to what the claims say now."""
    told = {
        "name": claims.name,
        "email": claims.email,
        "locale": claims.locale,
        "membership": str(claims.membership),
        "entity": claims.entity,
        "entity_name": claims.entity_name,
        "roles": sorted(claims.roles),
    }
    key = {"issuer": claims.issuer, "subject": claims.subject}
    session.execute(insert(Person).values(**key, **told).on_conflict_do_nothing())
    person = session.scalars(select(Person).filter_by(**key).with_for_update()).one()
    if (person.membership, person.entity) != (told["membership"], told["entity"]):
        journal.record(session, None, events.PersonChanged(person.id, str(claims.membership), claims.entity))
    for field, value in told.items():
        setattr(person, field, value)
    return person


def begin_session(
    session: WriteSession, person: Person, *, provider_sid: str | None, browser: str
) -> tuple[str, UserSession]:
    """A new session; returns the secret for the cookie, which is not kept."""
    secret = secrets.token_urlsafe(32)
    moment = clock.now()
    person.signed_in_at = moment
    made = UserSession(
        secret_digest=digest(secret),
        person_id=person.id,
        provider_sid=provider_sid,
        browser=browser[:200],
        began_at=moment,
        seen_at=moment,
        came_last_at=session.scalar(select(func.max(UserSession.seen_at)).where(UserSession.person_id == person.id)),
    )
    session.add(made)
    session.flush()
    journal.record(session, None, events.PersonSignedIn(person.id))
    return secret, made


ALIVE = (
    UserSession.ended_at.is_(None)
    & (UserSession.seen_at > bindparam("seen_after"))
    & (UserSession.began_at > bindparam("began_after"))
)
# Every request asks this: the statement is made once.
WITH_SECRET = (
    select(UserSession, Person)
    .join(Person, Person.id == UserSession.person_id)
    .where(UserSession.secret_digest == bindparam("digest"), ALIVE)
)


def _bounds(limits: Limits) -> dict[str, datetime]:
    """What `ALIVE` is to be asked with now."""
    moment = clock.now()
    return {"seen_after": moment - limits.idle, "began_after": moment - limits.absolute}


def by_secret(session: ReadSession, secret: str, limits: Limits) -> tuple[UserSession, Person] | None:
    """The living session of this secret and its person."""
    row = session.execute(WITH_SECRET, {"digest": digest(secret), **_bounds(limits)}).one_or_none()
    return (row[0], row[1]) if row else None


def by_calendar_secret(session: ReadSession, secret: str) -> Person | None:
    """Whose calendar stands at the address with this secret; found by its digest, so no comparison tells anything."""
    return session.scalar(
        select(Person)
        .join(CalendarAddress, CalendarAddress.person_id == Person.id)
        .where(CalendarAddress.secret_digest == digest(secret), Person.signed_in_at > clock.now() - RESTS_AFTER)
    )


def calendar_made_at(session: ReadSession, person: UUID) -> datetime | None:
    """When a person made the address of their calendar; None if they have none."""
    living = (CalendarAddress.person_id == person) & CalendarAddress.secret_digest.is_not(None)
    return session.scalar(select(CalendarAddress.made_at).where(living))


def was_given_out(session: ReadSession, secret: str) -> bool:
    """Whether this is the secret of a session, over or not."""
    return session.scalar(select(UserSession.id).where(UserSession.secret_digest == digest(secret))) is not None


def living(session: ReadSession, person: UUID, limits: Limits) -> Sequence[UserSession]:
    """A person's living sessions, the latest first."""
    return session.scalars(
        select(UserSession).where(UserSession.person_id == person, ALIVE).order_by(UserSession.seen_at.desc()),
        _bounds(limits),
    ).all()


def touch(session: WriteSession, user_session: UUID) -> None:
    """Note that a session was used."""
    session.execute(update(UserSession).where(UserSession.id == user_session).values(seen_at=clock.now()))


def end(session: WriteSession, which: ColumnElement[bool], why: str) -> int:
    """End every living session of which this is true; returns how many."""
    ended = session.scalars(
        update(UserSession)
        .where(which, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(UserSession.id)
    ).all()
    for user_session in ended:
        journal.record(session, None, events.SessionEnded(user_session, why))
    return len(ended)


def end_from_provider(session: WriteSession, issuer: str, *, sid: str | None, subject: str | None) -> int:
    """End what a back-channel logout token names: the sessions of that sid, or all of that subject."""
    theirs = UserSession.person_id.in_(
        select(Person.id).where(Person.issuer == issuer, *([Person.subject == subject] if subject else []))
    )
    which = theirs & (UserSession.provider_sid == sid) if sid else theirs
    return end(session, which, "back-channel")


def first_use(session: WriteSession, identifier: str, expires_at: datetime) -> bool:
    """Whether what works once was not used before; it is now."""
    session.execute(delete(UsedOnce).where(UsedOnce.expires_at < clock.now()))
    fresh = (
        insert(UsedOnce)
        .values(identifier=identifier, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(UsedOnce.identifier)
    )
    return session.scalar(fresh) is not None
