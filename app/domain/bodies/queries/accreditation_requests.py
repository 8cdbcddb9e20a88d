"""Requests for accreditation: those that wait for the actor's answer, and one's own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, and_, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import AccreditationRequest, Body, Capacity, Office
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.bodies.queries.roster import index_secretary_names
from app.domain.bodies.queries.seats import build_represented_condition, is_represented
from app.domain.identity.models.tables import Person


def select_requests_to_answer(actor: Actor) -> Select[AccreditationRequest, Person, Body]:
    """Select the open requests that the actor answers: as focal point those of the own entity, as secretary of the body
    those of an entity without a focal point there. The oldest first.

    A person who belongs to another entity by now asks for nothing any more.
    """
    has_focal_point = build_represented_condition(
        AccreditationRequest.body_id, AccreditationRequest.entity, Capacity.FOCAL_POINT
    )
    of_own_member = and_(
        AccreditationRequest.entity == actor.entity,
        AccreditationRequest.body_id.in_(actor.bodies_with_role(Capacity.FOCAL_POINT)),
    )
    without_focal_point = and_(
        AccreditationRequest.body_id.in_(actor.bodies_with_role(Office.SECRETARY)), ~has_focal_point
    )
    return (
        select(AccreditationRequest, Person, Body)
        .join(Person, and_(Person.id == AccreditationRequest.person_id, Person.entity == AccreditationRequest.entity))
        .join(Body, Body.id == AccreditationRequest.body_id)
        .where(or_(of_own_member, without_focal_point), AccreditationRequest.answered_at.is_(None))
        .order_by(AccreditationRequest.asked_at, AccreditationRequest.id)
    )


def list_requests_to_answer(
    session: ReadSession, actor: Actor, *, limit: int
) -> Sequence[Row[AccreditationRequest, Person, Body]]:
    """List the open requests that wait for the actor, with who asks and for which body."""
    return session.execute(select_requests_to_answer(actor).limit(limit)).all()


def get_request_to_answer(session: ReadSession, actor: Actor, request_id: UUID) -> AccreditationRequest:
    """Return an open request that waits for the actor. Raises NotFound."""
    this = select_requests_to_answer(actor).where(AccreditationRequest.id == request_id)
    row = session.execute(this).one_or_none()
    if row is None:
        raise NotFound()
    request, _person, _body = row
    return request


def list_bodies_to_join(session: ReadSession, actor: Actor) -> Sequence[Body]:
    """List the bodies that admit the actor's category and in which the actor has no seat. Bodies are no secret."""
    if not actor.entity:
        return []
    admitting = _select_admitting_bodies(actor)
    return session.scalars(admitting.where(Body.id.not_in(actor.bodies_with_role())).order_by(*ORDER_OF_BODIES)).all()


def _select_admitting_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies that admit the actor's category and have not ended."""
    goes_on = or_(Body.ends_on.is_(None), Body.ends_on >= clock.now().date())
    return select(Body).where(literal(str(actor.category)) == any_(Body.admits), goes_on)


def get_body_to_join(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return the body with this code, if it admits the actor's category. Raises NotFound."""
    row = session.scalar(_select_admitting_bodies(actor).where(Body.code == code))
    if row is None:
        raise NotFound()
    return row


def has_person_to_answer(session: ReadSession, actor: Actor, body_id: UUID) -> bool:
    """Return whether a person could answer a request of the actor in a body: a focal point of the own entity, or a
    secretary."""
    if is_represented(session, body_id, actor.entity, Capacity.FOCAL_POINT):
        return True
    return bool(index_secretary_names(session, [body_id], clock.now().date())[body_id])


def list_own_requests(session: ReadSession, actor: Actor) -> Sequence[Row[AccreditationRequest, str | None]]:
    """List the actor's latest request in each body, for the entity they belong to now, with who answered."""
    mine = (
        select(AccreditationRequest, Person.name)
        .outerjoin(Person, Person.id == AccreditationRequest.answered_by)
        .where(AccreditationRequest.person_id == actor.person, AccreditationRequest.entity == actor.entity)
    )
    latest = mine.ext(distinct_on(AccreditationRequest.body_id))
    return session.execute(latest.order_by(AccreditationRequest.body_id, AccreditationRequest.asked_at.desc())).all()
