"""The grant of an accreditation, which every way to one ends with, and what it would overlap with; the caller has
checked who grants it."""

from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy import Select, select

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies import events
from app.domain.bodies.actions.accreditation_requests import close_accreditation_request
from app.domain.bodies.models import Accreditation, Capacity
from app.domain.bodies.queries.state_decisions import lock_decisions_of_state
from app.domain.bodies.rules import EntityInBody
from app.domain.identity.models.tables import Person


class RoleForTerm(Protocol):
    """A role from a day until another."""

    @property
    def capacity(self) -> str: ...

    @property
    def from_on(self) -> date: ...

    @property
    def until_on(self) -> date: ...


def select_overlapping_accreditations(person: UUID, body: UUID, role: RoleForTerm) -> Select[Accreditation]:
    """Select the same role of a person in a body on some of these days."""
    return select(Accreditation).where(
        Accreditation.person_id == person,
        Accreditation.body_id == body,
        Accreditation.capacity == role.capacity,
        Accreditation.ended_at.is_(None),
        Accreditation.from_on <= role.until_on,
        Accreditation.until_on >= role.from_on,
    )


def grant_accreditation(
    session: WriteSession, actor: Actor | None, person: Person, body_id: UUID, role: RoleForTerm, *, by: UUID | None
) -> Accreditation:
    """Accredit a person for their own entity and close the request that this answers. A head of delegation waits for
    those who decide for the State meanwhile.

    The person is locked, so that no request is made meanwhile; `actor` is None for the operator, and for the sign-in of
    a person whom `by` invited.
    """
    if role.capacity == Capacity.HEAD_OF_DELEGATION:
        lock_decisions_of_state(session, EntityInBody(body_id, person.entity))
    accreditation = Accreditation(
        person_id=person.id,
        body_id=body_id,
        entity=person.entity,
        capacity=role.capacity,
        from_on=role.from_on,
        until_on=role.until_on,
        granted_by=by,
        granted_at=clock.now(),
    )
    session.add(accreditation)
    session.flush()
    close_accreditation_request(session, actor, accreditation)
    event = events.AccreditationGranted(
        accreditation.id, accreditation.person_id, accreditation.entity, accreditation.capacity
    )
    journal.record_event(session, actor, event, body=body_id)
    return accreditation
