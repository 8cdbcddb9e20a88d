"""Invitations as those see them who may withdraw them: the secretariat of the body, and focal points those of their own
entity."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Body, Capacity, Office
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.identity.models.claims import OTHER_MEMBERSHIPS
from app.domain.identity.models.tables import MemberState, Person
from app.domain.invitations.models import InvitationEmail, PersonInvitation
from app.domain.invitations.rules import build_open_condition


def select_manageable_invitations(actor: Actor) -> Select[PersonInvitation]:
    """Select the invitations that the actor may see: all of a body for its secretariat, those for their own entity for
    focal points."""
    of_own_entity = and_(
        PersonInvitation.entity == actor.entity,
        PersonInvitation.body_id.in_(actor.bodies_with_role(Capacity.FOCAL_POINT)),
    )
    of_served_body = PersonInvitation.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    return select(PersonInvitation).where(or_(of_own_entity, of_served_body))


def list_waiting_invitations(
    session: ReadSession, actor: Actor, body_id: UUID
) -> Sequence[Row[PersonInvitation, str | None]]:
    """List the invitations of a body that can still be accepted, with the status of the e-mail of each."""
    return session.execute(
        select_manageable_invitations(actor)
        .add_columns(InvitationEmail.fate)
        .outerjoin(InvitationEmail, InvitationEmail.invitation_id == PersonInvitation.id)
        .where(PersonInvitation.body_id == body_id, build_open_condition(clock.now()))
        .order_by(PersonInvitation.entity, PersonInvitation.name, PersonInvitation.id)
    ).all()


def get_manageable_invitation(session: ReadSession, actor: Actor, invitation_id: UUID) -> PersonInvitation:
    """Return the invitation if the actor may see it. Raises NotFound."""
    row = session.scalar(select_manageable_invitations(actor).where(PersonInvitation.id == invitation_id))
    if row is None:
        raise NotFound()
    return row


def find_open_invitation(
    session: ReadSession, body_id: UUID, entity: str, mail_digest: str, capacity: str
) -> PersonInvitation | None:
    """Find the invitation of an address to a role that was neither accepted nor withdrawn; it may have expired."""
    same = select(PersonInvitation).filter_by(
        body_id=body_id, entity=entity, mail_digest=mail_digest, capacity=capacity, accepted_at=None, withdrawn_at=None
    )
    return session.scalar(same)


def is_role_held_by_invitation(
    session: ReadSession, body_id: UUID, entity: str, mail_digest: str, capacity: str
) -> bool:
    """Return whether an address was invited to a role, and its owner has it since and still today."""
    accepted = (
        select(PersonInvitation.id)
        .join(Accreditation, Accreditation.id == PersonInvitation.accreditation_id)
        .where(
            PersonInvitation.body_id == body_id,
            PersonInvitation.entity == entity,
            PersonInvitation.mail_digest == mail_digest,
            PersonInvitation.capacity == capacity,
            build_in_force_condition(Accreditation, clock.now().date()),
        )
    )
    return session.scalar(accepted.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class AdmittedMember:
    """A State or another member whose people a body admits; a State is named by its code alone."""

    code: str
    own_name: str = ""


def list_admitted_members(session: ReadSession, body: Body) -> list[AdmittedMember]:
    """List the States that a body admits, and the other members of admitted categories that the portal knows."""
    states = session.scalars(select(MemberState.code).where(MemberState.category.in_(body.admits)))
    others = [category for category in OTHER_MEMBERSHIPS if category in body.admits]
    named = (
        select(Person.entity, Person.entity_name)
        .where(Person.membership.in_(others), Person.entity != "")
        .ext(distinct_on(Person.entity))
        .order_by(Person.entity, Person.signed_in_at.desc().nulls_last(), Person.id)
    )
    return [AdmittedMember(code) for code in states] + [AdmittedMember(*row) for row in session.execute(named)]
