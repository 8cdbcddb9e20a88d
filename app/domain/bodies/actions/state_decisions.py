"""Decide what only the head of delegation does on behalf of a State in a body."""

from collections.abc import Set

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies import events, rules
from app.domain.bodies.models import StateAct, StateDecision
from app.domain.bodies.queries.state_decisions import list_acts_by_head, lock_decisions_of_state
from app.domain.bodies.rules import EntityInBody


def set_acts_by_head(session: WriteSession, actor: Actor, place: EntityInBody, acts: Set[StateAct]) -> None:
    """Set the acts that only the head of delegation of this State does in this body. Raises Forbidden."""
    rules.SET_STATE_DECISIONS.require(actor, place)
    lock_decisions_of_state(session, place)
    before = list_acts_by_head(session, place)
    if before == acts:
        return
    key = {"body_id": place.body_id, "entity": place.entity}
    values = {"by_head": sorted(acts), "set_by": actor.person, "set_at": clock.now()}
    insertion = insert(StateDecision).values(**key, **values)
    session.execute(insertion.on_conflict_do_update(index_elements=list(key), set_=values))
    event = events.StateDecisionSet(place.entity, " ".join(sorted(acts)), " ".join(sorted(before)))
    journal.record_event(session, actor, event, body=place.body_id)
