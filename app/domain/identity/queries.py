"""Queries about people's sessions and calendar addresses, which are found by the digest of their secret; the names of
people and of members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from app.core import clock
from app.core.db import ReadSession
from app.core.hashing import hash_secret
from app.core.permissions import Actor
from app.domain.identity.inputs import FilterableList
from app.domain.identity.models.tables import CalendarAddress, Person, SavedFilter, UserSession

CALENDAR_ADDRESS_LIFETIME = timedelta(days=366)
"""Time since a person's last sign-in after which their calendar address stops working, since their claims may have
changed. Signing in reactivates it."""


@dataclass(frozen=True, slots=True)
class SessionLifetimes:
    """Idle and absolute lifetime of a session."""

    idle: timedelta
    absolute: timedelta


SESSION_IS_LIVE = (
    UserSession.ended_at.is_(None)
    & (UserSession.seen_at > bindparam("seen_after"))
    & (UserSession.began_at > bindparam("began_after"))
)


# Executed on every request, so the statement is built once.
LIVE_SESSION = select(UserSession, Person).join(Person, Person.id == UserSession.person_id).where(SESSION_IS_LIVE)
HAS_SECRET = UserSession.secret_digest == bindparam("digest")
SESSION_BY_SECRET = LIVE_SESSION.where(HAS_SECRET)


def _live_parameters(limits: SessionLifetimes) -> dict[str, datetime]:
    """Return the parameters of `SESSION_IS_LIVE` at this moment."""
    moment = clock.now()
    return {"seen_after": moment - limits.idle, "began_after": moment - limits.absolute}


def build_secret_parameters(secret: str, limits: SessionLifetimes) -> dict[str, str | datetime]:
    """Return the parameters of `SESSION_IS_LIVE` and `HAS_SECRET` at this moment."""
    return {"digest": hash_secret(secret), **_live_parameters(limits)}


def find_session_by_secret(
    session: ReadSession, secret: str, limits: SessionLifetimes
) -> tuple[UserSession, Person] | None:
    """Find the live session with this secret, and its person."""
    row = session.execute(SESSION_BY_SECRET, build_secret_parameters(secret, limits)).one_or_none()
    return (row[0], row[1]) if row else None


def find_session_by_secrets(
    session: ReadSession, secrets: Sequence[str], limits: SessionLifetimes
) -> tuple[UserSession, Person] | None:
    """Find the live session with one of these secrets, which all are of one browser, and its person."""
    statement = LIVE_SESSION.where(UserSession.secret_digest.in_([hash_secret(secret) for secret in secrets]))
    row = session.execute(statement, _live_parameters(limits)).one_or_none()
    return (row[0], row[1]) if row else None


def list_person_ids_by_secrets(session: ReadSession, secrets: Sequence[str]) -> Sequence[UUID]:
    """List whose sessions have or had one of these secrets, which all are of one browser, live or ended."""
    digests = [hash_secret(secret) for secret in secrets]
    return session.scalars(select(UserSession.person_id).where(UserSession.secret_digest.in_(digests))).all()


def find_person_by_calendar_secret(session: ReadSession, secret: str) -> Person | None:
    """Find the person whose calendar address has this secret; looked up by digest, so that timing reveals nothing."""
    return session.scalar(
        select(Person)
        .join(CalendarAddress, CalendarAddress.person_id == Person.id)
        .where(
            CalendarAddress.secret_digest == hash_secret(secret),
            Person.signed_in_at > clock.now() - CALENDAR_ADDRESS_LIFETIME,
        )
    )


def find_calendar_address_creation_time(session: ReadSession, person_id: UUID) -> datetime | None:
    """Find the instant at which a person created their calendar address; None if they have none."""
    is_active = (CalendarAddress.person_id == person_id) & CalendarAddress.secret_digest.is_not(None)
    return session.scalar(select(CalendarAddress.made_at).where(is_active))


def is_known_session_secret(session: ReadSession, secret: str) -> bool:
    """Return whether this is the secret of a session, live or ended."""
    return session.scalar(select(UserSession.id).where(UserSession.secret_digest == hash_secret(secret))) is not None


def list_live_sessions(session: ReadSession, person_id: UUID, limits: SessionLifetimes) -> Sequence[UserSession]:
    """List the live sessions of a person, the latest first."""
    return session.scalars(
        select(UserSession)
        .where(UserSession.person_id == person_id, SESSION_IS_LIVE)
        .order_by(UserSession.seen_at.desc()),
        _live_parameters(limits),
    ).all()


def index_person_names(session: ReadSession, people: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """Return the names of these people, by id; None is left out."""
    ids = {each for each in people if each}
    if not ids:
        return {}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())


def list_saved_filters(session: ReadSession, actor: Actor, filtered: FilterableList) -> Sequence[SavedFilter]:
    """List the filters of a list that the actor keeps, by name."""
    return session.scalars(select_saved_filters(actor, filtered)).all()


def select_saved_filters(actor: Actor, filtered: FilterableList) -> Select[SavedFilter]:
    """Select the filters of a list that the actor keeps, by name."""
    own = select(SavedFilter).where(SavedFilter.person_id == actor.person, SavedFilter.list == filtered)
    return own.order_by(SavedFilter.name)
