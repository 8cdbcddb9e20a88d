"""In whose charge a person is whose sessions may be ended."""

from uuid import UUID

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import Appointment
from app.domain.bodies.queries.roster import find_people_in_charge
from app.domain.bodies.rules import END_SESSIONS_OF_PERSON, PersonInCharge
from tests.world import World, record_rows

ONE, TWO = UUID(int=1), UUID(int=2)


def holder(role: str, body: UUID | None, entity: str) -> Actor:
    return Actor(UUID(int=9), "A Name", "member_state", entity, frozenset({Seat(role, body, entity)}))


@pytest.mark.parametrize(
    ("role", "body", "entity", "may"),
    [
        ("secretary", ONE, "ITU", True),
        ("secretary", TWO, "ITU", False),
        ("focal_point", ONE, "KEN", True),
        ("focal_point", TWO, "KEN", True),
        ("focal_point", ONE, "BRA", False),
        ("head_of_delegation", ONE, "KEN", False),
        ("chair", ONE, "KEN", False),
        ("delegate", ONE, "KEN", False),
        ("clearance", None, "ITU", False),
    ],
)
def test_a_person_is_in_the_charge_of_their_secretaries_and_focal_points(
    role: str, body: UUID, entity: str, may: bool
) -> None:
    charge = PersonInCharge(frozenset({ONE}), "member_state", "KEN")
    assert END_SESSIONS_OF_PERSON.allows(holder(role, body, entity), charge) is may


def test_a_person_without_a_seat_is_in_the_charge_of_every_secretary() -> None:
    charge = PersonInCharge(frozenset(), "member_state", "KEN")
    assert END_SESSIONS_OF_PERSON.allows(holder("secretary", TWO, "ITU"), charge)
    assert not END_SESSIONS_OF_PERSON.allows(holder("delegate", TWO, "KEN"), charge)


def test_a_focal_point_is_in_charge_of_the_people_of_the_same_category_alone() -> None:
    """The name of a Sector Member may be that of another member."""
    alike = PersonInCharge(frozenset({ONE}), "sector_member", "KEN")
    assert not END_SESSIONS_OF_PERSON.allows(holder("focal_point", ONE, "KEN"), alike)
    assert END_SESSIONS_OF_PERSON.allows(holder("secretary", ONE, "ITU"), alike)


def test_a_secretary_is_not_in_charge_of_the_people_of_another_body_alone() -> None:
    assert END_SESSIONS_OF_PERSON.allows(holder("secretary", ONE, "ITU"), PersonInCharge(frozenset(), "academia", "U"))
    others = PersonInCharge(frozenset({TWO}), "academia", "U")
    assert not END_SESSIONS_OF_PERSON.allows(holder("secretary", ONE, "ITU"), others)


@pytest.mark.parametrize("confirmed", [False, True])
def test_an_office_that_was_only_proposed_puts_no_one_in_the_charge_of_a_body(world: World, *, confirmed: bool) -> None:
    marc, today = world.person("marc"), clock.now().date()
    with transaction(world.write) as session:
        record_rows(session)
        session.add(
            Appointment(
                person_id=marc.id,
                body_id=world.body().id,
                office="secretary",
                entity=marc.entity,
                from_on=today,
                until_on=today,
                proposed_at=clock.now(),
                confirmed_at=clock.now() if confirmed else None,
            )
        )
    with transaction(world.read) as session:
        bodies = find_people_in_charge(session, [marc.id])[marc.id].bodies
    assert bodies == (frozenset({world.body().id}) if confirmed else frozenset())
