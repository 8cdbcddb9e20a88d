"""Groups of the staff of ITU admit no members, and no group of members became wider by them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.db import WriteSession, transaction
from app.core.errors import BadRequest, Forbidden, NotFound
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAccreditation, NewAppointment
from app.domain.bodies.models import Appointment, Body
from app.domain.bodies.queries.roster import get_appointment, select_offices_to_confirm
from app.domain.bodies.queries.seats import list_actors
from app.domain.body_proposals.inputs import NewBody
from app.domain.identity.models.tables import Person
from app.domain.invitations.inputs import NewInvitation
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.rights import COLUMNS, ROWS, is_allowed
from tests.domain.test_body_proposals import NEW, decide, propose
from tests.waiting import is_lock_waiting, wait_until
from tests.world import BODY, World, give_seat, record_rows

TERM = {"from_on": date(2026, 1, 1), "until_on": date(2099, 12, 31)}


@pytest.fixture
def task_force(world: World) -> Body:
    """The WSIS Task Force, which two secretaries made, and which Olga serves."""
    made = propose(world, names={"en": "WSIS Task Force"}, prefix="WSIS-TF", admits=["itu_staff"])
    decide(world, "daniel", made)
    with transaction(world.read) as session:
        return session.scalars(select(Body).where(Body.code == "wsis-tf")).one()


def accredit(world: World, body: Body, who: str, capacity: str = "staff_member", by: str = "olga") -> None:
    with world.acting(by) as (session, actor):
        new = NewAccreditation(person=world.person(who).id, capacity=capacity, **TERM)
        person = session.get_one(Person, new.person)
        seats.accredit_person(session, actor, session.get_one(Body, body.id), person, new)


def test_staff_of_the_task_force_see_its_meetings_and_documents(world: World, task_force: Body) -> None:
    meeting = Meeting(body_id=task_force.id, life=MeetingLife.OPEN)
    with world.acting("daniel") as (_session, actor):
        assert not meetings.SEE.allows(actor, meeting)

    accredit(world, task_force, "daniel")

    with world.acting("daniel") as (_session, actor):
        assert actor.capacities_in(task_force.id) == ("staff_member",)
        assert meetings.SEE.allows(actor, meeting)
    with world.acting("olga") as (_session, actor):
        assert not meetings.SEE.allows(actor, Meeting(body_id=world.body().id, life=MeetingLife.OPEN))


def test_a_member_of_the_staff_has_the_rights_of_a_reader() -> None:
    column = next(each for each in COLUMNS if each.key == "staff-member")
    others = [each for each in COLUMNS if each.key in ("delegate", "foreigner", "chair", "secretary")]
    for row in ROWS:
        if is_allowed(row, column):
            assert all(is_allowed(row, other) for other in others if row.permission.name != "action:update"), row


@pytest.mark.parametrize(("who", "capacity"), [("amina", "delegate"), ("chen", "delegate"), ("amina", "staff_member")])
def test_no_member_is_seated_in_a_group_of_the_staff(world: World, task_force: Body, who: str, capacity: str) -> None:
    with pytest.raises(BadRequest, match="does not admit"):
        accredit(world, task_force, who, capacity)


@pytest.mark.parametrize("capacity", ["delegate", "head_of_delegation", "focal_point"])
def test_staff_represent_no_one(world: World, task_force: Body, capacity: str) -> None:
    with pytest.raises(BadRequest, match="no such role"):
        accredit(world, task_force, "daniel", capacity)


def propose_office(world: World, body: Body, who: str, office: str, by: str = "olga") -> UUID:
    with world.acting(by) as (session, actor):
        new = NewAppointment(person=world.person(who).id, office=office, **TERM)
        person = session.get_one(Person, new.person)
        return seats.propose_office(session, actor, session.get_one(Body, body.id), person, new).id


def confirm_office(world: World, appointment: UUID, by: str) -> None:
    with world.acting(by) as (session, actor):
        seats.confirm_office(session, actor, get_appointment(session, actor, appointment))


def test_its_chair_is_of_the_staff_and_that_of_a_group_of_members_of_a_state(world: World, task_force: Body) -> None:
    """The first office is confirmed by a secretary of another group: there is no second one yet."""
    confirm_office(world, propose_office(world, task_force, "daniel", "chair"), by="ines")

    with world.acting("daniel") as (session, actor):
        assert actor.has_role(task_force.id, "chair")
        assert [each.has_role(task_force.id, "chair") for each in list_actors(session, Person.id == actor.person)] == [
            True
        ]
    with pytest.raises(BadRequest, match="Chairs and vice-chairs"):
        propose_office(world, task_force, "laurent", "chair")
    with pytest.raises(BadRequest, match="Chairs and vice-chairs"):
        propose_office(world, world.body(), "olga", "chair", by="ines")


@pytest.mark.parametrize("office", ["chair", "vice_chair"])
def test_a_chair_of_the_staff_counts_nowhere_else(world: World, task_force: Body, office: str) -> None:
    with transaction(world.write) as session:
        give_seat(session, session.get_one(Person, world.person("olga").id), office, BODY)
        record_rows(session)
    with world.acting("olga") as (session, actor):
        assert not actor.has_role(world.body().id, office)
        assert not list_actors(session, Person.id == actor.person)[0].has_role(world.body().id, office)


def test_a_secretary_of_another_group_confirms_where_there_is_no_second_one_alone(
    world: World, task_force: Body
) -> None:
    """Until it has two secretaries, those of other groups confirm; after that, its own alone."""
    first = propose_office(world, task_force, "daniel", "secretary")
    with world.acting("ines") as (session, actor):
        assert [each[0].id for each in session.execute(select_offices_to_confirm(actor))] == [first]
    for who in ("amina", "laurent", "daniel"):
        with pytest.raises((Forbidden, NotFound)):
            confirm_office(world, first, by=who)
    with pytest.raises(Forbidden, match="proposed this yourself"):
        confirm_office(world, first, by="olga")
    confirm_office(world, first, by="ines")

    in_another = propose_office(world, world.body(), "rafael", "vice_chair", by="ines")
    with world.acting("olga") as (session, actor):
        assert session.execute(select_offices_to_confirm(actor)).all() == []
    with pytest.raises(NotFound):
        confirm_office(world, in_another, by="olga")
    confirm_office(world, in_another, by="daniel")


def list_to_confirm(world: World, who: str) -> set[UUID]:
    with world.acting(who) as (session, actor):
        return {appointment.id for appointment, *_more in session.execute(select_offices_to_confirm(actor))}


def end_own_office(session: WriteSession, actor: Actor, body: Body) -> None:
    own = select(Appointment).where(Appointment.person_id == actor.person, Appointment.body_id == body.id)
    seats.end_office(session, actor, session.scalars(own).one(), ReasonInput(reason="Another post."))


def test_a_second_secretary_who_is_only_proposed_is_none_yet(world: World, task_force: Body) -> None:
    secretary = propose_office(world, task_force, "daniel", "secretary")
    chair = propose_office(world, task_force, "ines", "chair")
    assert list_to_confirm(world, "ines") == {secretary}
    assert list_to_confirm(world, "daniel") == {chair}

    confirm_office(world, secretary, by="ines")

    assert list_to_confirm(world, "ines") == set()
    confirm_office(world, chair, by="daniel")  # now as its second secretary


def test_others_do_not_confirm_what_a_secretary_proposed_who_serves_the_group_no_more(
    world: World, task_force: Body
) -> None:
    proposed = propose_office(world, task_force, "daniel", "chair")
    assert list_to_confirm(world, "ines") == {proposed}

    with world.acting("olga") as (session, actor):
        end_own_office(session, actor, task_force)

    assert list_to_confirm(world, "ines") == set()
    with pytest.raises(NotFound):
        confirm_office(world, proposed, by="ines")


def test_others_do_not_confirm_while_its_secretary_leaves(world: World, task_force: Body) -> None:
    proposed = propose_office(world, task_force, "daniel", "chair")
    with ThreadPoolExecutor(1) as pool, world.read() as watch:
        with world.acting("olga") as (session, actor):
            end_own_office(session, actor, task_force)
            confirming = pool.submit(confirm_office, world, proposed, by="ines")
            wait_until(partial(is_lock_waiting, watch))
        with pytest.raises(Forbidden):
            confirming.result()
    with transaction(world.read) as session:
        assert session.get_one(Appointment, proposed).confirmed_at is None


@pytest.mark.parametrize("code", [BODY, "wg-wsis", "sg3"])
def test_no_group_of_members_became_wider(world: World, code: str) -> None:
    with transaction(world.write) as session:
        give_seat(session, session.get_one(Person, world.person("ines").id), "secretary", code)
        record_rows(session)
        body = session.scalars(select(Body).where(Body.code == code)).one()
    with pytest.raises(BadRequest, match="does not admit"):
        accredit(world, body, "olga", by="ines")
    with pytest.raises(BadRequest, match="no such role"):
        accredit(world, body, "amina", "staff_member", by="ines")
    with pytest.raises(ValueError, match="admits no members"):
        world.propose_change(code, admits=["member_state", "itu_staff"])
    with pytest.raises(BadRequest, match="cannot become one of the staff"):
        world.propose_change(code, admits=["itu_staff"])
    with pytest.raises(IntegrityError, match="staff_alone"), transaction(world.write) as session:
        session.get_one(Body, body.id).admits = ["member_state", "itu_staff"]
        record_rows(session)


def test_a_group_of_the_staff_never_admits_members(world: World, task_force: Body) -> None:
    with pytest.raises(BadRequest, match="cannot become one of the staff"):
        world.propose_change("wsis-tf", by="olga", admits=["member_state"])
    assert world.body("wsis-tf").admits == ["itu_staff"]
    assert NewBody.model_validate(NEW | {"admits": ["itu_staff"]}).admits == ["itu_staff"]
    with pytest.raises(ValueError, match="admits no members"):
        NewBody.model_validate(NEW | {"admits": ["itu_staff", "member_state"]})


def test_no_one_is_invited_as_a_member_of_the_staff() -> None:
    with pytest.raises(ValueError, match="Select one of the options"):
        NewInvitation(name="A", email="a@example.org", entity="KEN", capacity="staff_member", **TERM)
