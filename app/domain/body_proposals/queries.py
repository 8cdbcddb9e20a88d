"""Queries for proposals about bodies, which every secretary sees, and for what a new one is checked against."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Row, Select, exists, false, func, or_, select

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Appointment, Body, Office
from app.domain.bodies.queries.contents import read_body_content
from app.domain.bodies.queries.seats import build_actor, build_in_force_condition
from app.domain.bodies.rules import (
    AccreditationOrOffice,
    EntityInBody,
    get_position_audience,
    serves_body_in_force,
)
from app.domain.body_proposals.inputs import ChangedBody
from app.domain.body_proposals.models import BodyProposal, BodyProposalKind
from app.domain.body_proposals.rules import PROPOSE_BODY, PROPOSE_CHANGE, PROPOSE_END, build_proposal_rule_subject
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person


def select_proposals(actor: Actor) -> Select[BodyProposal]:
    """Select the proposals, for every secretary of a body in force; none for others."""
    statement = select(BodyProposal).order_by(BodyProposal.proposed_at.desc(), BodyProposal.id)
    return statement if serves_body_in_force(actor) else statement.where(false())


def select_proposals_to_confirm(actor: Actor) -> Select[BodyProposal, Body]:
    """Select the open proposals that the actor could confirm, with their bodies, the oldest first."""
    waiting = (
        select(BodyProposal, Body)
        .outerjoin(Body, Body.id == BodyProposal.body_id)
        .where(
            BodyProposal.decided_at.is_(None),
            BodyProposal.proposed_by != actor.person,
            BodyProposal.person_id.is_distinct_from(actor.person),
        )
        .order_by(BodyProposal.proposed_at, BodyProposal.id)
    )
    return waiting if serves_body_in_force(actor) else waiting.where(false())


def get_proposal(session: ReadSession, actor: Actor, proposal_id: UUID) -> BodyProposal:
    """Return the proposal, if the actor may see it. Raises NotFound."""
    proposal = session.scalar(select_proposals(actor).where(BodyProposal.id == proposal_id))
    if proposal is None:
        raise NotFound()
    return proposal


def get_proposal_rule_subject(session: ReadSession, proposal: BodyProposal) -> AccreditationOrOffice:
    """Return a proposal with the facts that the rules need, among them whether its proposer, with the seats held now,
    could propose it, and whether the body was changed since."""
    subject = build_proposal_rule_subject(proposal)
    if not subject.is_open:
        return subject
    proposer = build_actor(session, session.get_one(Person, proposal.proposed_by))
    if proposal.kind == BodyProposalKind.END and proposal.body_id:
        return replace(subject, may_be_proposed=PROPOSE_END.allows(proposer, EntityInBody(proposal.body_id)))
    if proposal.kind == BodyProposalKind.CHANGE and proposal.body_id:
        return replace(
            subject,
            may_be_proposed=PROPOSE_CHANGE.allows(proposer, EntityInBody(proposal.body_id)),
            has_changed=has_changed_since(session.get_one(Body, proposal.body_id), proposal),
        )
    return replace(subject, may_be_proposed=PROPOSE_BODY.allows(proposer, subject))


def read_body_with_rules(body: Body) -> ChangedBody:
    """Return what a body is, as a change of it would be entered."""
    return ChangedBody(
        **dict(read_body_content(body)),
        admits=[MembershipCategory(category) for category in body.admits],
        languages=body.languages,
        silence_hours=body.silence_hours,
        positions_shown_to=get_position_audience(body.positions_shown_to),
    )


def has_changed_since(body: Body, proposal: BodyProposal) -> bool:
    """Return whether a body is no longer what it was when a change of it was proposed."""
    return read_body_with_rules(body).model_dump(mode="json") != proposal.content_before


def list_open_proposals(session: ReadSession, actor: Actor) -> Sequence[BodyProposal]:
    """List the proposals that are not decided, the latest first."""
    return session.scalars(select_proposals(actor).where(BodyProposal.decided_at.is_(None))).all()


def find_open_proposal(session: ReadSession, actor: Actor, body_id: UUID) -> BodyProposal | None:
    """Return the proposal about this body that is not decided, if there is one."""
    return session.scalar(
        select_proposals(actor).where(BodyProposal.decided_at.is_(None), BodyProposal.body_id == body_id)
    )


def list_possible_secretaries(session: ReadSession, actor: Actor) -> Sequence[Row[UUID, str, str, str, str]]:
    """List the staff of ITU whom the portal knows, without the actor, by name; none for who is no secretary."""
    if not serves_body_in_force(actor):
        return []
    staff = Person.membership == MembershipCategory.ITU_STAFF
    return session.execute(
        select(Person.id, Person.name, Person.entity, Person.entity_name, Person.membership)
        .where(staff, Person.id != actor.person)
        .order_by(Person.name)
    ).all()


def has_secretary(session: ReadSession, body_id: UUID) -> bool:
    """Return whether somebody holds the office of secretary of the body now."""
    held = build_in_force_condition(Appointment, clock.now().date())
    of_body = exists().where(Appointment.body_id == body_id, Appointment.office == Office.SECRETARY, held)
    return bool(session.scalar(select(of_body)))


def is_prefix_taken(session: ReadSession, prefix: str) -> bool:
    """Return whether a body has this prefix already, or the code that is made of it."""
    taken = exists().where(or_(Body.code == prefix.lower(), func.lower(Body.prefix) == prefix.lower()))
    return bool(session.scalar(select(taken)))
