"""How a State decides in a body: what only its head of delegation does on its behalf, and who says so."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import Forbidden
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.actions import seats
from app.domain.bodies.actions.roster_import import RosterEntry, import_roster
from app.domain.bodies.actions.state_decisions import set_acts_by_head
from app.domain.bodies.inputs import NewAccreditation
from app.domain.bodies.models import Accreditation, Body, Capacity, StateAct
from app.domain.bodies.queries import state_decisions
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions.cosponsors import set_clearance_requirement_of_state
from app.domain.contributions.queries.submissions import list_states_requiring_clearance
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition
from app.domain.decisions.models import Decision
from app.domain.documents.models import DocumentAccess
from app.domain.floor import queries as floors
from app.domain.floor.actions import session as floor
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.silence.actions import procedure as silence
from app.domain.silence.actions import statements
from app.domain.silence.inputs import NewSilencePosition, StatementRewording
from app.domain.silence.models import OutputStatement, SilenceProcedure
from tests.document_history import change_access, withdraw_document
from tests.domain.test_concurrency import run_overlapping
from tests.world import BODY, World, record_rows

Act = Callable[[World, str], object]
ASK_AMINA = "Ask Amina Wanjiru Otieno"


def set_by_head(world: World, *acts: StateAct, by: str = "joseph", state: str = "KEN") -> None:
    with world.acting(by) as (session, actor):
        set_acts_by_head(session, actor, EntityInBody(world.body().id, state), frozenset(acts))


def prepare_position(world: World) -> Act:
    procedure = world.silence(world.output(world.meeting()))
    return lambda world, by: world.position(procedure, by, "supports")


def prepare_position_on_decision(world: World) -> Act:
    meeting = world.meeting(opens_in=0)
    world.sitting(meeting)
    with world.acting("laurent") as (session, actor):
        here = session.get_one(Meeting, meeting.id)
        sitting = floors.find_open_sitting(session, here)
        assert sitting
        new = NewDecision(text="Agreed.", lang="en")
        decision = floor.record_decision(session, actor, here, new, version=sitting.version)

    def act(world: World, by: str) -> None:
        with world.acting(by) as (session, actor):
            new = NewDecisionPosition(stance="reservation", text="We reserve.", lang="en")
            here = session.get_one(Meeting, meeting.id), session.get_one(Decision, decision.id)
            floor.put_own_position_on_decision(session, actor, *here, new)

    return act


def prepare_statement(world: World) -> Act:
    output = world.adopted(world.meeting(opens_in=-1))
    return lambda world, by: world.statement(output, by)


def prepare_change_of_statement(world: World) -> Act:
    output = world.adopted(world.meeting(opens_in=-1))
    statement = world.statement(output)

    def act(world: World, by: str) -> None:
        with world.acting(by) as (session, actor):
            row = session.get_one(OutputStatement, statement.id)
            new = StatementRewording(text="We reserve more.", lang="en")
            statements.change_statement(session, actor, session.merge(output), row, new, version=1)

    return act


def prepare_withdrawal_of_statement(world: World) -> Act:
    output = world.adopted(world.meeting(opens_in=-1))
    statement = world.statement(output)

    def act(world: World, by: str) -> None:
        with world.acting(by) as (session, actor):
            row = session.get_one(OutputStatement, statement.id)
            statements.withdraw_statement(session, actor, session.merge(output), row, version=1)

    return act


def prepare_withdrawal(world: World) -> Act:
    _, document = world.registered(world.meeting())
    return lambda world, by: withdraw_document(world, document, by=by)


def prepare_wider_access(world: World) -> Act:
    _, document = world.registered(world.meeting())
    return lambda world, by: change_access(world, document, DocumentAccess.PUBLIC, by=by)


@pytest.mark.parametrize(
    ("kind", "prepare"),
    [
        (StateAct.POSITION, prepare_position),
        (StateAct.POSITION, prepare_position_on_decision),
        (StateAct.POSITION, prepare_statement),
        (StateAct.POSITION, prepare_change_of_statement),
        (StateAct.POSITION, prepare_withdrawal_of_statement),
        (StateAct.WITHDRAWAL, prepare_withdrawal),
        (StateAct.WIDER_ACCESS, prepare_wider_access),
    ],
)
def test_a_delegate_has_to_ask_the_head_who_may_do_it(
    world: World, kind: StateAct, prepare: Callable[[World], Act]
) -> None:
    world.seat("wambui", "delegate")
    act = prepare(world)
    set_by_head(world, kind)

    with pytest.raises(Forbidden) as refused:
        act(world, "wambui")
    assert ASK_AMINA in str(refused.value.reason)
    act(world, "amina")


@pytest.mark.parametrize("prepare", [prepare_position, prepare_withdrawal, prepare_wider_access])
def test_each_delegate_does_what_the_state_leaves_to_them(world: World, prepare: Callable[[World], Act]) -> None:
    world.seat("wambui", "delegate")
    act = prepare(world)
    set_by_head(world)

    act(world, "wambui")


def test_in_a_state_that_decided_nothing_the_head_takes_positions_and_opens_documents(world: World) -> None:
    world.seat("wambui", "delegate")
    positions = prepare_position(world)
    _, document = world.registered(world.meeting(number=23))

    for refused in (
        lambda: positions(world, "wambui"),
        lambda: change_access(world, document, DocumentAccess.MEMBERSHIP, by="wambui"),
    ):
        with pytest.raises(Forbidden):
            refused()
    change_access(world, document, DocumentAccess.PUBLIC, by="amina")
    change_access(world, document, DocumentAccess.GROUP, by="wambui")
    withdraw_document(world, document, by="wambui")


def test_without_a_head_of_delegation_each_delegate_decides(world: World) -> None:
    take_position = prepare_position(world)
    with world.acting("rafael") as (session, _):
        place = EntityInBody(world.body().id, "BRA")
        assert StateAct.POSITION in state_decisions.list_acts_by_head(session, place)
        assert state_decisions.list_heads_of_delegation(session, place) == []

    take_position(world, "rafael")


@pytest.mark.parametrize("change", [{"entity": "BRA"}, {"membership": "sector_member"}])
def test_a_head_who_no_longer_belongs_to_the_state_decides_for_it_no_more(world: World, change: dict[str, str]) -> None:
    world.seat("wambui", "delegate")
    take_position = prepare_position(world)
    with pytest.raises(Forbidden):
        take_position(world, "wambui")
    with world.acting("ines") as (session, _):
        person = session.get_one(Person, world.person("amina").id)
        for name, value in change.items():
            setattr(person, name, value)
        record_rows(session)

    take_position(world, "wambui")


def test_an_act_during_a_change_of_who_decides_follows_the_new_rule(world: World) -> None:
    world.seat("wambui", "delegate")
    procedure = world.silence(world.output(world.meeting()))
    set_by_head(world)

    def leave_to_head(session: WriteSession, actor: Actor) -> None:
        place = EntityInBody(procedure.body_id, "KEN")
        set_acts_by_head(session, actor, place, frozenset({StateAct.POSITION}))

    def take_position(session: WriteSession, actor: Actor) -> None:
        there = session.get_one(SilenceProcedure, procedure.id)
        silence.take_position(session, actor, there, NewSilencePosition(stance="supports", lang="en"), version=0)

    with pytest.raises(Forbidden):
        run_overlapping(world, ("joseph", leave_to_head), ("wambui", take_position))


def build_head_entry(person: Person) -> RosterEntry:
    """Build the entry of a roster that accredits a person of Kenya as head of delegation."""
    return RosterEntry(
        iss=person.issuer,
        sub=person.subject,
        name=person.name,
        email=person.email,
        membership=person.membership,
        entity=person.entity,
        body=BODY,
        capacity=Capacity.HEAD_OF_DELEGATION,
    )


@pytest.mark.parametrize("is_imported", [False, True])
def test_an_act_while_a_head_of_delegation_is_accredited_is_left_to_the_head(
    world: World, *, is_imported: bool
) -> None:
    world.seat("wambui", "delegate")
    procedure = world.silence(world.output(world.meeting()))
    with world.acting("ines") as (session, actor):
        held = select(Accreditation).where(Accreditation.person_id == world.person("amina").id)
        seats.end_accreditation(session, actor, session.scalars(held).one(), ReasonInput(reason="Posted elsewhere."))

    def accredit_head(session: WriteSession, actor: Actor) -> None:
        today, person = clock.now().date(), session.get_one(Person, world.person("joseph").id)
        if is_imported:
            import_roster(session, [build_head_entry(person)])
            return
        new = NewAccreditation(person=person.id, capacity=Capacity.HEAD_OF_DELEGATION, from_on=today, until_on=today)
        seats.accredit_person(session, actor, session.get_one(Body, procedure.body_id), person, new)

    def take_position(session: WriteSession, actor: Actor) -> None:
        there = session.get_one(SilenceProcedure, procedure.id)
        silence.take_position(session, actor, there, NewSilencePosition(stance="supports", lang="en"), version=0)

    with pytest.raises(Forbidden, match="Ask Joseph"):
        run_overlapping(world, ("ines", accredit_head), ("wambui", take_position))


def test_a_state_decides_for_itself_and_its_secretariat_sees_it(world: World) -> None:
    world.seat("wambui", "delegate")
    place = EntityInBody(world.body().id, "KEN")
    set_by_head(world, StateAct.WITHDRAWAL, by="amina")
    for other in ("wambui", "rafael", "ines", "laurent"):
        with pytest.raises(Forbidden):
            set_by_head(world, by=other)
    with world.acting("joseph") as (session, actor):
        set_clearance_requirement_of_state(session, actor, place, required=True)

    seen = {}
    for who in ("ines", "laurent", "rafael"):
        with world.acting(who) as (session, actor):
            rows = state_decisions.list_decisions_of_states(session, actor, place.body_id)
            clearances = list_states_requiring_clearance(session, actor, place.body_id)
            seen[who] = [(row.entity, row.by_head) for row in rows], list(clearances)
    assert seen == {"ines": ([("KEN", ["withdrawals"])], ["KEN"]), "laurent": ([], []), "rafael": ([], [])}
