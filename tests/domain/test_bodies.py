"""Seats: derived from the roster and the token on each request; granted and ended by the right people, at once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden
from app.core.validation import ReasonInput
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAccreditation, NewAppointment
from app.domain.bodies.models import Accreditation, Appointment, Body
from app.domain.identity.actions import sessions
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import MemberState, Person
from tests.world import BODY, World, record_rows

TERM = {"from_on": date(2026, 1, 1), "until_on": date(2028, 12, 31)}


def accredit_person(world: World, by: str, whom: str, capacity: str = "delegate", **term: date) -> Accreditation:
    with world.acting(by) as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        person = session.get_one(Person, world.person(whom).id)
        new = NewAccreditation(person=person.id, capacity=capacity, **(TERM | term))
        return seats.accredit_person(session, actor, body, person, new)


def list_roles(world: World, key: str) -> set[str]:
    return {seat.role for seat in world.actor(key).seats}


def test_a_focal_point_accredits_a_delegate_of_their_own_state_with_immediate_effect(world: World) -> None:
    assert list_roles(world, "wambui") == set()

    accredit_person(world, "joseph", "wambui")

    assert list_roles(world, "wambui") == {"delegate"}


def test_a_focal_point_accredits_no_person_of_another_state(world: World) -> None:
    accredit_person(world, "joseph", "wambui")

    with pytest.raises(Forbidden):
        accredit_person(world, "joseph", "rafael", capacity="head_of_delegation")


@pytest.mark.parametrize("who", ["amina", "laurent", "rafael", "chen"])
def test_delegates_and_chairs_accredit_no_one(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        accredit_person(world, who, "wambui")


def test_a_person_cannot_grant_themselves_a_seat(world: World) -> None:
    with pytest.raises(Forbidden, match="You cannot give yourself"):
        accredit_person(world, "joseph", "joseph")


def test_focal_points_are_appointed_by_the_secretariat_only(world: World) -> None:
    with pytest.raises(Forbidden):
        accredit_person(world, "joseph", "wambui", capacity="focal_point")

    accredit_person(world, "ines", "wambui", capacity="focal_point")

    assert list_roles(world, "wambui") == {"focal_point"}


def test_a_body_for_member_states_seats_no_sector_member(world: World) -> None:
    with pytest.raises(BadRequest, match="does not admit"):
        accredit_person(world, "ines", "chen")


def test_the_same_seat_is_not_granted_twice_for_the_same_days(world: World) -> None:
    accredit_person(world, "joseph", "wambui")

    with pytest.raises(BadRequest, match="already"):
        accredit_person(world, "joseph", "wambui", from_on=date(2028, 1, 1), until_on=date(2029, 1, 1))


def test_a_seat_counts_from_its_first_day_to_its_last(world: World) -> None:
    today = clock.now().date()
    accredit_person(world, "joseph", "wambui", from_on=today + timedelta(days=2), until_on=today + timedelta(days=4))

    counts = []
    for days in range(1, 6):
        with clock.shifted_clock(timedelta(days=days)):
            counts.append(list_roles(world, "wambui") == {"delegate"})

    assert counts == [False, True, True, True, False]


def test_an_accreditation_that_is_ended_ends_at_once(world: World) -> None:
    accreditation = accredit_person(world, "joseph", "wambui")

    with world.acting("joseph") as (session, actor):
        stored_accreditation = session.get_one(Accreditation, accreditation.id)
        seats.end_accreditation(session, actor, stored_accreditation, ReasonInput(reason="Left the ministry."))

    assert list_roles(world, "wambui") == set()
    with pytest.raises(Conflict), world.acting("joseph") as (session, actor):
        stored_accreditation = session.get_one(Accreditation, accreditation.id)
        seats.end_accreditation(session, actor, stored_accreditation, ReasonInput(reason="Again."))


@pytest.mark.parametrize(
    "change",
    [{"membership": MembershipCategory.EXTERNAL}, {"membership": MembershipCategory.SECTOR_MEMBER}, {"entity": "UGA"}],
    ids=["external", "sector-member", "another-state"],
)
def test_the_token_is_the_upper_bound_of_every_seat(world: World, change: dict[str, object]) -> None:
    assert list_roles(world, "amina") == {"head_of_delegation"}

    with transaction(world.write) as session:
        sessions.save_person_from_claims(session, world.claims("amina").model_copy(update=change))

    assert list_roles(world, "amina") == set()


@pytest.mark.parametrize("key", ["laurent", "ines"])
def test_an_office_is_held_only_while_the_token_says_where_the_person_comes_from(world: World, key: str) -> None:
    assert list_roles(world, key) != set()

    with transaction(world.write) as session:
        sessions.save_person_from_claims(
            session, world.claims(key).model_copy(update={"membership": MembershipCategory.ACADEMIA})
        )

    assert list_roles(world, key) == set()


@pytest.mark.parametrize(("key", "entity"), [("laurent", "DEU"), ("ines", "BR")])
def test_an_office_is_not_taken_along_to_another_state_or_unit(world: World, key: str, entity: str) -> None:
    held = list_roles(world, key)
    assert held != set()

    with transaction(world.write) as session:
        sessions.save_person_from_claims(session, world.claims(key).model_copy(update={"entity": entity}))
    assert list_roles(world, key) == set()

    with transaction(world.write) as session:
        sessions.save_person_from_claims(session, world.claims(key))
    assert list_roles(world, key) == held


def test_a_role_in_the_token_alone_grants_nothing(world: World) -> None:
    token_claims = world.claims("wambui").model_copy(update={"roles": frozenset({"chair", "secretary", "focal_point"})})

    with transaction(world.write) as session:
        record_rows(session)
        sessions.save_person_from_claims(session, token_claims)

    assert list_roles(world, "wambui") == set()


def propose_office(world: World, by: str, whom: str, office: str) -> Appointment:
    with world.acting(by) as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        person = session.get_one(Person, world.person(whom).id)
        return seats.propose_office(
            session, actor, body, person, NewAppointment(person=person.id, office=office, **TERM)
        )


def confirm_office(world: World, by: str, appointment: Appointment) -> None:
    with world.acting(by) as (session, actor):
        seats.confirm_office(session, actor, session.get_one(Appointment, appointment.id))


def test_an_office_counts_once_a_second_secretary_has_confirmed_it(world: World) -> None:
    proposed = propose_office(world, "ines", "haruka", "vice_chair")
    assert list_roles(world, "haruka") == {"delegate"}

    with pytest.raises(Forbidden, match="second secretary"):
        confirm_office(world, "ines", proposed)
    assert list_roles(world, "haruka") == {"delegate"}

    confirm_office(world, "daniel", proposed)
    assert list_roles(world, "haruka") == {"delegate", "vice_chair"}


@pytest.mark.parametrize("who", ["laurent", "amina", "joseph", "olga"])
def test_only_secretaries_propose_offices(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        propose_office(world, who, "haruka", "vice_chair")


def test_a_person_cannot_confirm_their_own_office(world: World) -> None:
    proposed = propose_office(world, "ines", "daniel", "tsb")

    with pytest.raises(Forbidden, match="You cannot give yourself"):
        confirm_office(world, "daniel", proposed)


@pytest.mark.parametrize(("whom", "office"), [("ines", "chair"), ("haruka", "secretary"), ("chen", "chair")])
def test_chairs_come_from_states_and_officers_from_staff(world: World, whom: str, office: str) -> None:
    with pytest.raises(BadRequest, match="must be from Member States"):
        propose_office(world, "daniel", whom, office)


def test_only_a_secretary_sets_a_region(world: World) -> None:
    with pytest.raises(Forbidden), world.acting("amina") as (session, actor):
        seats.set_region_of_state(session, actor, session.get_one(MemberState, "KEN"), "E")

    with world.acting("ines") as (session, actor):
        seats.set_region_of_state(session, actor, session.get_one(MemberState, "KEN"), "E")

    with transaction(world.read) as session:
        assert session.get_one(MemberState, "KEN").region == "E"


def test_a_body_that_admits_participants_under_resolution_99_seats_them(world: World) -> None:
    palestine = world.claims("wambui").model_copy(
        update={"subject": "pse", "membership": MembershipCategory.RES99, "entity": "PSE"}
    )
    with transaction(world.write) as session:
        record_rows(session)
        person = sessions.save_person_from_claims(session, palestine).id

    def seat() -> None:
        with world.acting("ines") as (session, actor):
            body = session.scalars(select(Body).where(Body.code == BODY)).one()
            new = NewAccreditation(person=person, capacity="delegate", **TERM)
            seats.accredit_person(session, actor, body, session.get_one(Person, person), new)

    with pytest.raises(BadRequest):
        seat()
    world.change_body(admits=["member_state", "res99"])
    seat()


def test_a_seat_is_given_for_the_state_that_was_checked(world: World) -> None:
    """The person signs in for another State after the page was opened, and before the row is locked."""
    with pytest.raises(Forbidden), world.acting("joseph") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        person = session.get_one(Person, world.person("wambui").id)
        assert person.entity == actor.entity
        with transaction(world.write) as other:
            sessions.save_person_from_claims(other, world.claims("wambui").model_copy(update={"entity": "DEU"}))

        seats.accredit_person(
            session, actor, body, person, NewAccreditation(person=person.id, capacity="delegate", **TERM)
        )

    assert list_roles(world, "wambui") == set()


def test_an_office_of_somebody_who_moved_is_not_confirmed(world: World) -> None:
    with world.acting("ines") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        person = session.get_one(Person, world.person("haruka").id)
        office = seats.propose_office(
            session, actor, body, person, NewAppointment(person=person.id, office="vice_chair", **TERM)
        )
    with transaction(world.write) as session:
        sessions.save_person_from_claims(session, world.claims("haruka").model_copy(update={"entity": "DEU"}))

    with pytest.raises(Conflict, match="Propose them"), world.acting("daniel") as (session, actor):
        seats.confirm_office(session, actor, session.get_one(Appointment, office.id))


def test_a_seat_is_given_while_the_person_acts(world: World) -> None:
    """Acts refer to the row of their person: they do not wait for who gives that person a seat, nor the other way."""
    with world.acting("ines") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        person = session.get_one(Person, world.person("daniel").id)
        with world.acting("daniel") as (other, colleague):
            ended = other.scalars(select(Appointment).where(Appointment.office == "vice_chair")).first()
            assert ended
            seats.propose_office(
                session, actor, body, person, NewAppointment(person=person.id, office="secretary", **TERM)
            )
            seats.end_office(other, colleague, ended, ReasonInput(reason="The term is over."))
