"""Who is signed in: the session, its person, the seats that they hold and the bodies of these, in one statement.

Most pages need the bodies: the session of a page keeps them (`app.core.page_sessions`).

The same statement sets for whom the database lets the transaction read, so that nothing can be read in between.
"""

from dataclasses import dataclass

from sqlalchemy import Date, Text, bindparam, cast, func, select, true

from app.core import clock
from app.core.db import ReadSession, build_one_of_condition, build_row_security_columns, note_row_security
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import OFFICES_OF_A_BODY, Body
from app.domain.bodies.queries.seats import ENDED, select_seats_held
from app.domain.identity.models.tables import Person, UserSession
from app.domain.identity.queries import HAS_SECRET, SESSION_IS_LIVE, SessionLifetimes, build_secret_parameters


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """A live session, its person, and the actor with the seats held now."""

    user_session: UserSession
    person: Person
    actor: Actor


_SEATS = select_seats_held(Person.id, Person.membership, Person.entity, bindparam("today", type_=Date)).lateral("seat")
_IS_OFFICE = build_one_of_condition(_SEATS.c.role, map(str, OFFICES_OF_A_BODY))
_OFFICES = func.string_agg(cast(_SEATS.c.body_id, Text), ",").filter(_IS_OFFICE).over()
# Executed on every request, so the statement is built once. One row for each seat; of a person without one, one row.
SIGNED_IN_PERSON = (
    select(
        UserSession, Person, _SEATS.c.role, Body, _SEATS.c[ENDED], *build_row_security_columns(Person.entity, _OFFICES)
    )
    .join(Person, Person.id == UserSession.person_id)
    .outerjoin(_SEATS, true())
    .outerjoin(Body, Body.id == _SEATS.c.body_id)
    .where(SESSION_IS_LIVE, HAS_SECRET)
)


def find_signed_in_person(session: ReadSession, secret: str, limits: SessionLifetimes) -> SignedInPerson | None:
    """Find who has the live session with this secret, and set for whom this session reads and writes
    (`app.core.db.set_row_security_entity`); None without a live session."""
    parameters = {**build_secret_parameters(secret, limits), "today": clock.now().date()}
    rows = session.execute(SIGNED_IN_PERSON, parameters).all()
    if not rows:
        return None
    user_session, person, _role, _body, _has_ended, entity, offices, _planner = rows[0]
    note_row_security(session, entity, offices)
    seats = frozenset(
        Seat(role, body.id if body else None, person.entity, has_ended)
        for _, _, role, body, has_ended, *_ in rows
        if role
    )
    actor = Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)
    return SignedInPerson(user_session, person, actor)
