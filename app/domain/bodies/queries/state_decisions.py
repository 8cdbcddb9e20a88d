"""Who may decide for a State in a body: each of its delegates, or its head of delegation alone."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import any_, select

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.locks import AdvisoryLock, lock_name_until_commit
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Body, Capacity, StateAct, StateDecision
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.bodies.rules import BY_HEAD_AT_FIRST, EntityInBody, is_head_of_delegation, is_secretary
from app.domain.identity.models.tables import Person

ASK_THE_HEAD: Mapping[StateAct, LazyText] = {
    StateAct.POSITION: _("Only your head of delegation can take positions and make statements. Ask %(heads)s."),
    StateAct.WITHDRAWAL: _("Only your head of delegation can withdraw documents of your delegation. Ask %(heads)s."),
    StateAct.WIDER_ACCESS: _(
        "Only your head of delegation can give more readers access to documents of your delegation. Ask %(heads)s."
    ),
}


class LeftToHeadOfDelegation(Forbidden):
    """The State of the person leaves this act to its head of delegation, whom the reason names."""


def list_acts_by_head(session: ReadSession, place: EntityInBody) -> frozenset[StateAct]:
    """List the acts that the State leaves to its head of delegation while it has one. Access is checked by the
    caller."""
    decision = session.get(StateDecision, (place.body_id, place.entity), populate_existing=True)
    return BY_HEAD_AT_FIRST if decision is None else frozenset(StateAct(act) for act in decision.by_head)


def list_heads_of_delegation(session: ReadSession, place: EntityInBody) -> Sequence[str]:
    """List the names of those who are accredited as head of delegation of the State in the body today."""
    heads = (
        select(Person.name)
        .join(Accreditation, Accreditation.person_id == Person.id)
        .join(Body, Body.id == Accreditation.body_id)
        .where(
            Accreditation.body_id == place.body_id,
            Accreditation.entity == place.entity,
            Person.entity == place.entity,
            Accreditation.capacity == Capacity.HEAD_OF_DELEGATION,
            Person.membership == any_(Body.admits),
            build_in_force_condition(Accreditation, clock.now().date()),
        )
    )
    return session.scalars(heads.order_by(Person.name)).all()


def find_reason_to_ask_head(session: ReadSession, actor: Actor, body_id: UUID, act: StateAct) -> LazyText | None:
    """Find why the actor has to ask the head of delegation of their State for an act, with the name; None if the actor
    may do it: as the head, because each delegate may, or because the State has no head of delegation."""
    place = EntityInBody(body_id, actor.entity)
    if is_head_of_delegation.objection_to(actor, place) is None or act not in list_acts_by_head(session, place):
        return None
    heads = list_heads_of_delegation(session, place)
    return LazyText(ASK_THE_HEAD[act].message, {"heads": ", ".join(heads)}) if heads else None


def require_decision_for_state(session: WriteSession, actor: Actor, body_id: UUID, act: StateAct) -> None:
    """Check that the actor may do this for their State. What the State has decided stays so until the commit.

    Raises LeftToHeadOfDelegation.
    """
    lock_decisions_of_state(session, EntityInBody(body_id, actor.entity))
    if reason := find_reason_to_ask_head(session, actor, body_id, act):
        raise LeftToHeadOfDelegation(reason)


def lock_decisions_of_state(session: WriteSession, place: EntityInBody) -> None:
    """Wait for others who decide for this State in this body, set who does or accredit its head, until the commit."""
    lock_name_until_commit(session, AdvisoryLock.STATE_DECISION, f"{place.body_id} {place.entity}")


def list_decisions_of_states(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[StateDecision]:
    """List what States have decided in a body, for its secretariat; empty for others."""
    if is_secretary.objection_to(actor, EntityInBody(body_id)) is not None:
        return []
    of_body = select(StateDecision).where(StateDecision.body_id == body_id)
    return session.scalars(of_body.order_by(StateDecision.entity)).all()
