"""What the masthead says of the roles of a person."""

from uuid import uuid4

from app.core.permissions import Actor, Seat
from app.http.authentication import build_capacity


def test_a_person_who_chairs_one_group_and_is_vice_chair_of_another_has_both_roles_in_the_masthead() -> None:
    first, second = uuid4(), uuid4()

    def name_roles(*seats: tuple[str, object]) -> str:
        held = frozenset(Seat(role, body, "SAU") for role, body in seats)
        capacity = build_capacity(Actor(uuid4(), "Layla", "member_state", "SAU", held))
        return capacity.translate("en") if capacity else ""

    assert name_roles(("chair", first), ("delegate", first)) == "chair"
    assert name_roles(("chair", first), ("vice_chair", second), ("delegate", second)) == "chair and vice-chair"
    assert name_roles() == ""
