"""People through HTTP: who gives and ends which seat, and that it holds from the next request on."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.core.db import transaction
from app.domain.bodies.models import Accreditation, Appointment
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
HERE = "/people/cwg-internet"
DAYS = {"from_on": "2020-01-01", "until_on": "2040-12-31"}


def person(world: World, who: str) -> str:
    return str(world.person(who).id)


def seat(world: World, who: str) -> UUID:
    with transaction(world.read) as session:
        found = select(Accreditation.id).where(Accreditation.person_id == UUID(person(world, who)))
        return session.scalars(found).one()


def office(world: World, who: str) -> UUID:
    with transaction(world.read) as session:
        found = select(Appointment.id).where(Appointment.person_id == UUID(person(world, who)))
        return session.scalars(found).one()


def test_a_focal_point_sees_the_own_state_and_a_secretary_everybody(english: Open) -> None:
    joseph, ines = english("joseph").get(HERE).text, english("ines").get(HERE).text

    assert HERE in english("joseph").get("/people").text
    assert "Amina Wanjiru Otieno" in joseph
    assert "Wambui" in joseph
    assert "Rafael" not in joseph
    assert "Laurent" not in joseph
    for name in ("Amina Wanjiru Otieno", "Rafael", "Laurent"):
        assert name in ines


def test_nobody_else_sees_people(english: Open) -> None:
    for who, status in (("amina", 403), ("laurent", 403), ("wambui", 404)):
        assert english(who).get(HERE).status_code == status
        assert english(who).get("/people").status_code == 404
    assert english().get(HERE).status_code == 401


def test_states_stand_in_the_order_of_the_readers_language(english: Open) -> None:
    def headings(page: str) -> list[str]:
        cells = [part.split("<")[0] for part in page.split('<td class="entity">')[1:]]
        return list(dict.fromkeys(cells))

    ines = english("ines")
    assert headings(ines.get(HERE).text) == ["Brazil", "Japan", "Kenya"]
    assert headings(ines.get(f"{HERE}?lang=es").text) == ["Brasil", "Japón", "Kenya"]
    assert headings(ines.get(f"{HERE}?lang=ar").text) != ["Brazil", "Japan", "Kenya"]


def test_a_focal_point_accredits_a_colleague_who_can_act_at_once(world: World, english: Open) -> None:
    joseph, wambui = english("joseph"), english("wambui")
    assert wambui.get("/meetings").status_code == 404
    assert f"accredit?person={person(world, 'wambui')}" in joseph.get(HERE).text
    assert f'value="{person(world, "wambui")}" selected' in joseph.get(
        f"{HERE}/accredit?person={person(world, 'wambui')}"
    ).text.replace(' lang="en"', "")

    typed = {"person": person(world, "wambui"), "capacity": "delegate"} | DAYS
    answer = joseph.post(f"{HERE}/accredit", typed)

    assert answer.headers["Location"] == f"{HERE}?done=accredited"
    assert wambui.get("/meetings").status_code == 200
    assert f"accredit?person={person(world, 'wambui')}" not in joseph.get(HERE).text


def test_a_focal_point_gives_only_seats_of_delegates_to_others_of_the_own_state(world: World, english: Open) -> None:
    joseph = english("joseph")
    page = joseph.get(f"{HERE}/accredit").text
    assert 'value="delegate"' in page
    assert 'value="focal_point"' not in page
    assert 'value="focal_point"' in english("ines").get(f"{HERE}/accredit").text
    cases = [("wambui", "focal_point", 403), ("joseph", "delegate", 403), ("rafael", "head_of_delegation", 404)]

    for who, capacity, status in cases:
        typed = {"person": person(world, who), "capacity": capacity} | DAYS
        assert joseph.post(f"{HERE}/accredit", typed).status_code == status
    assert english("amina").get(f"{HERE}/accredit").status_code == 403
    assert english("amina").post(f"{HERE}/accredit", typed).status_code == 403
    assert world.actor("wambui").seats == frozenset()


def test_what_does_not_fit_is_said_beside_its_field(world: World, english: Open) -> None:
    good = {"person": person(world, "wambui"), "capacity": "delegate"} | DAYS
    cases = [
        ({"until_on": "2019-01-01"}, "f-until_on-error"),
        ({"person": ""}, "f-person-error"),
        ({"capacity": "king"}, "f-capacity-error"),
        ({"person": person(world, "amina"), "capacity": "head_of_delegation"}, "f-person-error"),  # held already
    ]

    for change, field in cases:
        answer = english("ines").post(f"{HERE}/accredit", good | change)
        assert answer.status_code == 400
        assert f'id="{field}"' in answer.text
        assert 'value="2020-01-01"' in answer.text


def test_ending_a_seat_takes_it_at_once_and_asks_for_the_reason(world: World, english: Open) -> None:
    amina, joseph = english("amina"), english("joseph")
    path = f"/accreditations/{seat(world, 'amina')}/end"
    assert amina.get("/meetings").status_code == 200
    assert "It ends at once" in joseph.get(path).text
    assert joseph.post(path, {"reason": ""}).status_code == 400
    assert amina.get("/meetings").status_code == 200

    answer = joseph.post(path, {"reason": "She has left the ministry."})

    assert answer.headers["Location"] == f"{HERE}?done=ended"
    assert amina.get("/meetings").status_code == 404
    assert "She has left the ministry." in joseph.get(HERE).text
    assert joseph.post(path, {"reason": "Once more."}).status_code == 409


def test_nobody_ends_a_seat_of_another_state_or_a_focal_points(world: World, english: Open) -> None:
    for who, whose, status in (("joseph", "rafael", 404), ("amina", "amina", 404), ("joseph", "joseph", 403)):
        path = f"/accreditations/{seat(world, whose)}/end"
        assert english(who).get(path).status_code == status
        assert english(who).post(path, {"reason": "No reason at all."}).status_code == status
    assert world.actor("rafael").seats
    assert english("ines").get(f"/accreditations/{seat(world, 'joseph')}/end").status_code == 200


def test_an_office_counts_once_a_second_secretary_has_confirmed_it(world: World, english: Open) -> None:
    ines, daniel, olga = english("ines"), english("daniel"), english("olga")
    typed = {"person": person(world, "olga"), "office": "secretary"} | DAYS
    assert 'name="office"' in ines.get(f"{HERE}/offices/propose").text

    assert ines.post(f"{HERE}/offices/propose", typed).headers["Location"] == f"{HERE}?done=proposed"
    confirm = f"/offices/{office(world, 'olga')}/confirm"
    assert confirm not in ines.get(HERE).text
    assert confirm in daniel.get(HERE).text
    assert ines.post(confirm).status_code == 403
    assert olga.get("/meetings").status_code == 404

    assert daniel.post(confirm).headers["Location"] == f"{HERE}?done=confirmed"
    assert olga.get("/meetings").status_code == 200
    assert daniel.post(confirm).status_code == 409


def test_nobody_proposes_themselves_or_against_the_rules(world: World, english: Open) -> None:
    ines = english("ines")
    own = {"person": person(world, "ines"), "office": "tsb"} | DAYS
    assert ines.post(f"{HERE}/offices/propose", own).status_code == 403
    for change, field in (({"office": "chair"}, "f-person-error"), ({"office": ""}, "f-office-error")):
        answer = ines.post(f"{HERE}/offices/propose", own | {"person": person(world, "olga")} | change)
        assert answer.status_code == 400
        assert f'id="{field}"' in answer.text
    for who in ("joseph", "laurent"):
        assert english(who).get(f"{HERE}/offices/propose").status_code == 403
        assert english(who).post(f"{HERE}/offices/propose", own).status_code == 403


def test_an_office_is_ended_with_a_reason_by_secretaries_only(world: World, english: Open) -> None:
    path = f"/offices/{office(world, 'laurent')}/end"
    for who in ("joseph", "laurent"):
        assert english(who).get(path).status_code == 404
        assert english(who).post(path, {"reason": "No reason at all."}).status_code == 404
    assert english("ines").post(path, {"reason": ""}).status_code == 400
    assert world.actor("laurent").seats

    assert english("ines").get(path).status_code == 200
    assert english("ines").post(path, {"reason": "The term is over."}).headers["Location"] == f"{HERE}?done=ended"

    assert world.actor("laurent").seats == frozenset()
    assert english("ines").get(path).status_code == 409


def test_an_accreditation_to_come_says_so_and_gives_nothing_yet(world: World, english: Open) -> None:
    later = {"from_on": date(2039, 1, 1).isoformat(), "until_on": date(2039, 12, 31).isoformat()}
    typed = {"person": person(world, "wambui"), "capacity": "delegate"} | later

    assert english("joseph").post(f"{HERE}/accredit", typed).status_code == 303

    assert "To come" in english("joseph").get(HERE).text
    assert english("wambui").get("/meetings").status_code == 404
