"""Bodies, as far as an actor may see them, and the States that they admit."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Row,
    Select,
    SQLColumnExpression,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
)

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import MemberState

BODY_CODE_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
ORDER_OF_BODIES = (
    func.regexp_replace(Body.prefix, "[0-9]+$", ""),
    cast(func.substring(Body.prefix, "[0-9]+$"), Numeric).nulls_first(),
)
"""The order of every list of bodies: by prefix, its number at the end as a number, so that SG2 comes before SG17."""


def list_visible_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies in which the actor has a seat."""
    return select(Body).where(Body.id.in_(actor.bodies_with_role()))


def get_visible_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return the body with this code, if the actor has a seat in it. Raises NotFound."""
    body = (
        session.scalar(list_visible_bodies(actor).where(Body.code == code))
        if BODY_CODE_PATTERN.fullmatch(code)
        else None
    )
    if body is None:
        raise NotFound()
    return body


def build_body_condition(body_id: SQLColumnExpression[UUID], code: str) -> ColumnElement[bool]:
    """SQL condition: something belongs to the body with this code."""
    return body_id == select(Body.id).where(Body.code == code).scalar_subquery()


def select_known_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies that the actor may know of: those that admit their category, those in which they have a seat,
    and all for the staff of ITU, in their order."""
    if actor.category == MembershipCategory.ITU_STAFF:
        return select(Body).order_by(*ORDER_OF_BODIES)
    is_own = Body.id.in_(actor.bodies_with_role())
    return select(Body).where(or_(literal(actor.category) == any_(Body.admits), is_own)).order_by(*ORDER_OF_BODIES)


def get_known_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return the body with this code, if the actor may know of it. Raises NotFound."""
    known = select_known_bodies(actor).where(Body.code == code)
    body = session.scalar(known) if BODY_CODE_PATTERN.fullmatch(code) else None
    if body is None:
        raise NotFound()
    return body


def list_member_states(session: ReadSession) -> Sequence[Row[str, str, str | None]]:
    """List code, category and administrative region of Member States and participants under PP Resolution 99."""
    return session.execute(select(MemberState.code, MemberState.category, MemberState.region)).all()


def is_state_admitted(session: ReadSession, body_id: UUID, state: str) -> bool:
    """Return whether a body admits the category of a State, so that the State can have a document there."""
    admitted = select(MemberState.code).join(Body, MemberState.category == any_(Body.admits))
    return session.scalar(admitted.where(MemberState.code == state, Body.id == body_id)) is not None


def get_member_state(session: ReadSession, code: str) -> MemberState:
    """Return the Member State with this code. Raises NotFound, also for participants under Resolution 99, which belong
    to no region."""
    state = session.get(MemberState, code)
    if state is None or state.category != MembershipCategory.MEMBER_STATE:
        raise NotFound()
    return state


def list_secretary_bodies(session: ReadSession, actor: Actor) -> Sequence[Body]:
    """List the bodies of which the actor is a secretary."""
    return list_bodies_with_role(session, actor, Office.SECRETARY)


def list_bodies_with_role(session: ReadSession, actor: Actor, *roles: str) -> Sequence[Body]:
    """List the bodies in which the actor holds one of these seats, or any. A single one needs no statement: it was read
    with who is signed in (`signed_in_people`)."""
    keys = actor.bodies_with_role(*roles)
    if len(keys) <= 1:
        return [session.get_one(Body, key) for key in keys]
    return session.scalars(select(Body).where(Body.id.in_(keys)).order_by(*ORDER_OF_BODIES)).all()
