"""End the sessions of other people: a lost computer, or a person who cannot do it themselves."""

from app.core import journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies import events, rules
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.queries.roster import find_people_in_charge
from app.domain.identity.actions.sessions import end_sessions
from app.domain.identity.models.tables import Person, UserSession


def end_sessions_of_person(session: WriteSession, actor: Actor, person: Person) -> int:
    """End all sessions of a person in the actor's charge; returns their number. Their seats stay as they are."""
    charge = find_people_in_charge(session, [person.id])[person.id]
    rules.END_SESSIONS_OF_PERSON.require(actor, charge)
    number = end_sessions(session, UserSession.person_id == person.id, "by another")
    responsible = actor.bodies_with_role(Office.SECRETARY, Capacity.FOCAL_POINT)
    body = min(responsible & charge.bodies or responsible, key=str)
    journal.record_event(session, actor, events.SessionsOfPersonEnded(person.id, number), body=body)
    return number
