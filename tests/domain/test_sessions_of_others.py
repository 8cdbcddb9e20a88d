"""In whose charge a person is whose sessions may be ended."""

from uuid import UUID

import pytest

from app.core.permissions import Actor, Seat
from app.domain.bodies.rules import END_SESSIONS_OF_PERSON, PersonInCharge

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
    charge = PersonInCharge(frozenset({ONE}), "KEN")
    assert END_SESSIONS_OF_PERSON.allows(holder(role, body, entity), charge) is may


def test_a_person_without_a_seat_is_in_the_charge_of_every_secretary() -> None:
    charge = PersonInCharge(frozenset(), "KEN")
    assert END_SESSIONS_OF_PERSON.allows(holder("secretary", TWO, "ITU"), charge)
    assert not END_SESSIONS_OF_PERSON.allows(holder("delegate", TWO, "KEN"), charge)
