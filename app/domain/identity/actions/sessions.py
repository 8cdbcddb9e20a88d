"""People as their identity provider describes them, and their sessions. Used by the sign-in, before there is an actor.

The secret of a session has 256 bits and is known only to the browser; the table holds its digest.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, add_row_lock, lock_row
from app.core.hashing import hash_secret
from app.core.locks import AdvisoryLock, lock_name_until_commit
from app.domain.identity import events
from app.domain.identity.models.claims import Claims
from app.domain.identity.models.tables import Person, UsedSingleUseIdentifier, UserSession
from app.domain.identity.queries import SessionLifetimes, find_session_by_secrets, list_live_sessions

MAX_LIVE_SESSIONS = 10
"""Live sessions of one person; with the next sign-in the oldest one ends."""
ENDED_AT_PROVIDER_LIFETIME = timedelta(hours=1)
"""How long it is remembered that a session at the provider has ended: longer than a code and an ID token of before are
taken, ten minutes each at most."""


def save_person_from_claims(session: WriteSession, claims: Claims) -> Person:
    """Create or update the person with the (issuer, subject) of these claims, and return them."""
    values = {
        "name": claims.name,
        "email": claims.email,
        "locale": claims.locale,
        "membership": str(claims.membership),
        "entity": claims.entity,
        "entity_name": claims.entity_name,
        "roles": sorted(claims.roles),
    }
    identity = {"issuer": claims.issuer, "subject": claims.subject}
    session.execute(insert(Person).values(**identity, **values).on_conflict_do_nothing())
    locked = add_row_lock(select(Person).filter_by(**identity), strength=RowLockStrength.NO_KEY_UPDATE)
    person = session.scalars(locked).one()
    if (person.membership, person.entity) != (values["membership"], values["entity"]):
        journal.record_event(session, None, events.PersonChanged(person.id, str(claims.membership), claims.entity))
    for field, value in values.items():
        setattr(person, field, value)
    return person


def create_user_session(
    session: WriteSession,
    person: Person,
    *,
    provider_sid: str | None,
    browser: str,
    authenticated_at: datetime | None = None,
    acr: str | None = None,
) -> tuple[str, UserSession]:
    """Create a session of a person; returns the secret for the cookie, which is not stored, and the session."""
    secret = secrets.token_urlsafe(32)
    moment = clock.now()
    person.signed_in_at = moment
    user_session = UserSession(
        secret_digest=hash_secret(secret),
        person_id=person.id,
        provider_sid=provider_sid,
        browser=browser[:200],
        began_at=moment,
        seen_at=moment,
        came_last_at=session.scalar(select(func.max(UserSession.seen_at)).where(UserSession.person_id == person.id)),
        authenticated_at=authenticated_at,
        acr=acr,
    )
    session.add(user_session)
    session.flush()
    journal.record_event(session, None, events.PersonSignedIn(person.id))
    return secret, user_session


def renew_user_session(
    session: WriteSession,
    person: Person,
    successive: Sequence[str],
    limits: SessionLifetimes,
    *,
    provider_sid: str | None,
    authenticated_at: datetime | None,
    acr: str | None,
) -> str | None:
    """Give the live session of the first of these secrets the second one, after its person authenticated again; returns
    the secret that it has then.

    `successive` are the secret of the browser and those that follow at each renewal. If another tab of the browser has
    renewed the session meanwhile, it has one of the later ones, and keeps it: both tabs bring back the same cookie.
    The session stays the same, with its beginning and its limits. None, with nothing changed, if it has ended or is
    somebody else's: no one gets the session of another person by signing in.
    """
    found = find_session_by_secrets(session, successive, limits)
    if found is None or found[0].person_id != person.id:
        return None
    user_session = found[0]
    lock_row(session, user_session)
    by_digest = {hash_secret(secret): secret for secret in successive}
    if user_session.ended_at is not None or user_session.secret_digest not in by_digest:
        return None
    current = by_digest[user_session.secret_digest]
    renewed = successive[1] if current == successive[0] else current
    user_session.secret_digest = hash_secret(renewed)
    user_session.provider_sid = provider_sid
    user_session.authenticated_at, user_session.acr = authenticated_at, acr
    user_session.seen_at = person.signed_in_at = clock.now()
    journal.record_event(session, None, events.PersonSignedIn(person.id))
    return renewed


def end_surplus_sessions(session: WriteSession, person: Person, limits: SessionLifetimes) -> int:
    """End the oldest live sessions of a person beyond `MAX_LIVE_SESSIONS`; returns their number.

    The row of the person is locked by the sign-in, so that two sign-ins at once do not count the same sessions.
    """
    live = sorted(list_live_sessions(session, person.id, limits), key=lambda each: each.began_at, reverse=True)
    surplus = [each.id for each in live[MAX_LIVE_SESSIONS:]]
    return end_sessions(session, UserSession.id.in_(surplus), "more than ten") if surplus else 0


def keep_sign_in_for_approval(session: WriteSession, secret: str, *, statement: str, id_token: str) -> None:
    """Keep, with the session of this secret, the sign-in that its person made for an approval, in place of an earlier
    one. It is taken once, or cleared: when the session ends, and by `clear_unused_sign_ins`."""
    kept = {"statement": statement, "id_token": id_token, "at": clock.now().isoformat()}
    session.execute(update(UserSession).where(UserSession.secret_digest == hash_secret(secret)).values(approval=kept))


def clear_unused_sign_ins(session: WriteSession, kept_before: datetime) -> int:
    """Clear the sign-ins for an approval that were kept before this instant and never used; returns their number.

    A kept ID token names its person, and no one may approve with it any more.
    """
    kept_at = UserSession.approval["at"].as_string()  # in UTC, so that the texts are in the order of the instants
    is_old = kept_at.is_(None) | (kept_at < kept_before.isoformat())
    cleared = update(UserSession).where(UserSession.approval.is_not(None), is_old).values(approval=None)
    return len(session.scalars(cleared.returning(UserSession.id)).all())


def touch_session(session: WriteSession, user_session_id: UUID) -> None:
    """Set the time of last use of a session to now."""
    session.execute(update(UserSession).where(UserSession.id == user_session_id).values(seen_at=clock.now()))


def end_sessions(session: WriteSession, condition: ColumnElement[bool], reason: str) -> int:
    """End every session that fulfils the condition, and forget the sign-in that it keeps for an approval; returns their
    number."""
    ended = session.scalars(
        update(UserSession)
        .where(condition, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now(), approval=None)
        .returning(UserSession.id)
    ).all()
    for user_session in ended:
        journal.record_event(session, None, events.SessionEnded(user_session, reason))
    return len(ended)


def end_sessions_from_provider(session: WriteSession, issuer: str, *, sid: str | None, subject: str | None) -> int:
    """End the sessions that a back-channel logout token names, by sid or else by subject; returns their number.

    A `sid` has ended for good: none begins under it, also not by a sign-in that is under way.
    """
    if sid:
        ended = _lock_provider_session(session, issuer, sid)
        _add_identifier(session, ended, clock.now() + ENDED_AT_PROVIDER_LIFETIME)
    of_provider = UserSession.person_id.in_(
        select(Person.id).where(Person.issuer == issuer, *([Person.subject == subject] if subject else []))
    )
    condition = of_provider & (UserSession.provider_sid == sid) if sid else of_provider
    return end_sessions(session, condition, "back-channel")


def has_provider_session_ended(session: WriteSession, issuer: str, sid: str) -> bool:
    """Tell whether the provider has reported the end of this session of its own. Until the transaction ends it reports
    none: what has begun by then is ended by the report."""
    ended = _lock_provider_session(session, issuer, sid)
    return session.get(UsedSingleUseIdentifier, ended) is not None


def _lock_provider_session(session: WriteSession, issuer: str, sid: str) -> str:
    """Lock a session at the provider until the transaction ends; returns the identifier under which its end is kept."""
    identifier = f"ended at the provider {hash_secret(f'{issuer} {sid}')}"
    lock_name_until_commit(session, AdvisoryLock.PROVIDER_SESSION, identifier)
    return identifier


def mark_single_use_identifier_used(session: WriteSession, identifier: str, expires_at: datetime) -> bool:
    """Mark a single-use identifier as used; False if it was used before. Expired identifiers are deleted."""
    session.execute(delete(UsedSingleUseIdentifier).where(UsedSingleUseIdentifier.expires_at < clock.now()))
    return _add_identifier(session, identifier, expires_at)


def _add_identifier(session: WriteSession, identifier: str, expires_at: datetime) -> bool:
    """Add an identifier; return whether it was new."""
    statement = (
        insert(UsedSingleUseIdentifier)
        .values(identifier=identifier, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(UsedSingleUseIdentifier.identifier)
    )
    return session.scalar(statement) is not None
