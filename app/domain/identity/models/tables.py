"""Tables of people, their sessions and calendar addresses, and of Member States."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity


class MemberState(Base):
    """A Member State, or a participant under PP Resolution 99. The administrative region (A to E) can be edited."""

    __tablename__ = "member_state"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    category: Mapped[str]
    region: Mapped[str | None] = mapped_column(String(1))


class Person(Entity):
    """A person who has signed in or is on the roster, identified by (issuer, subject), never by e-mail address.

    `zone` is the time zone that they chose; without it that of their browser or their State is used.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    locale: Mapped[str]
    membership: Mapped[str]
    entity: Mapped[str] = mapped_column(index=True)
    entity_name: Mapped[str]
    roles: Mapped[list[str]]
    signed_in_at: Mapped[datetime | None]
    zone: Mapped[str | None]


class UserSession(Entity):
    """A signed-in browser. Only the digest of its secret is stored.

    `came_last_at` is when the person was last seen before this session; None in their first session.
    `authenticated_at` and `acr` are when and in which class the person authenticated at the identity provider
    (`auth_time` and `acr` of the last ID token); None if it did not say. `approval` is the sign-in that was made for an
    approval, until that is given: its statement and its ID token.
    """

    __tablename__ = "user_session"
    __table_args__ = (
        {"info": {UNRECORDED: "A session ends after hours; what is done in it is recorded under its person."}},
    )

    secret_digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    provider_sid: Mapped[str | None] = mapped_column(index=True)
    browser: Mapped[str]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    came_last_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    authenticated_at: Mapped[datetime | None]
    acr: Mapped[str | None]
    approval: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))


class CalendarAddress(Base):
    """The secret address of a person's calendar. Only the digest of its secret is stored; None once it is revoked."""

    __tablename__ = "calendar_address"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    secret_digest: Mapped[str | None] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class SavedFilter(Entity):
    """A filter of a list that a person keeps under a name: the query string of the list."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        UniqueConstraint("person_id", "list", "name"),
        {"info": {UNRECORDED: "It concerns the person alone, and changes nothing of the record."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    list: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    saved_at: Mapped[datetime]


class UsedSingleUseIdentifier(Base):
    """The identifier of a single-use item that was used: a logout token, a completed sign-in, a session at the provider
    that has ended."""

    __tablename__ = "used_once"
    __table_args__ = ({"info": {UNRECORDED: "It prevents the reuse of a sign-in, for minutes."}},)

    identifier: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
