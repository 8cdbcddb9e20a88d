"""Queries on the addressees of a silence procedure: which States are asked, and how many people of each know of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import list_accredited_people
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import MemberState
from app.domain.outputs.models import Output
from app.domain.silence import rules
from app.domain.silence.models import InformedState, SilenceProcedure, SilenceStatus
from app.domain.silence.queries.procedures import get_procedure_rule_subject, get_silence_rule_subject
from app.domain.silence.rules import SilenceRuleSubject


def list_addressed_member_states(session: ReadSession, body_id: UUID) -> list[str]:
    """List every Member State if the body admits Member States, else none."""
    admitting = select(Body.id).where(Body.id == body_id, Body.admits.contains([MembershipCategory.MEMBER_STATE]))
    states = select(MemberState.code).where(MemberState.category == MembershipCategory.MEMBER_STATE, exists(admitting))
    return list(session.scalars(states.order_by(MemberState.code)))


def list_states_to_inform(session: ReadSession, output: Output, moment: datetime) -> list[InformedState]:
    """Count the people who would be informed of a procedure on an output at this moment, by addressee that has any. The
    rows are not stored."""
    addressees = frozenset(list_addressed_member_states(session, output.body_id))
    subject = replace(get_silence_rule_subject(session, output), addressees=addressees)
    return _count_informed_people(session, subject, moment, moment)


def list_unreached_states(addressees: Iterable[str], informed: Iterable[InformedState]) -> list[str]:
    """List the addressees of which no person can take a position."""
    reached = {state.entity for state in informed if state.answering}
    return [state for state in addressees if state not in reached]


def list_informed_states(session: ReadSession, procedure: SilenceProcedure) -> Sequence[InformedState]:
    """List the addressees of which somebody could see a procedure, by State; none if it was opened before they were
    stored."""
    return [*list_stored_informed_states(session, procedure), *list_states_informed_later(session, procedure)]


@list_of_thing
def list_stored_informed_states(procedure_id: KeyParameter) -> Select[InformedState]:
    """List the addressees of which somebody could see a procedure, as far as they are stored, by State."""
    return select(InformedState).where(InformedState.procedure_id == procedure_id).order_by(InformedState.entity)


def list_states_informed_later(session: ReadSession, procedure: SilenceProcedure) -> list[InformedState]:
    """Count the people of addressees that had none at the opening of an open procedure, and that had one since.

    The rows are stored when the procedure ends. It is derived from accreditations, also from those that were ended.
    """
    if procedure.course != SilenceStatus.OPEN or procedure.unreached is None:
        return []
    stored = list_stored_informed_states(session, procedure)
    addressees = frozenset(procedure.addressees) - {state.entity for state in stored}
    subject = replace(get_procedure_rule_subject(session, procedure), addressees=addressees)
    end = min(clock.now(), procedure.until)
    later = _count_informed_people(session, subject, procedure.opened_at, end)
    for state in later:
        state.procedure_id = procedure.id
    return later


def _count_informed_people(
    session: ReadSession, subject: SilenceRuleSubject, begin: datetime, end: datetime
) -> list[InformedState]:
    """Count, by State, the people who are informed of a procedure at some time between two instants, and those of them
    who can take a position: by the rules of the acts themselves."""
    states: dict[str, InformedState] = {}
    for person in list_accredited_people(session, subject.body_id, begin, end):
        actor, since = person.actor, max(begin, person.since)
        if rules.is_informed_person.objection_to(actor, subject):
            continue
        state = states.setdefault(actor.entity, InformedState(entity=actor.entity, people=0, answering=0, since=since))
        may_answer = rules.TAKE_POSITION.actor_rule.objection_to(actor, replace(subject, entity=actor.entity)) is None
        state.people, state.answering = state.people + 1, state.answering + may_answer
        state.since = min(state.since, since)
    return [states[entity] for entity in sorted(states)]
