"""The time zone of a person: theirs alone, chosen in the account, and shown in addition to that of the meeting."""

from collections.abc import Callable

from sqlalchemy import select

from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def chosen_zone(world: World, who: str) -> str | None:
    with transaction(world.read) as session:
        return session.get_one(Person, world.person(who).id).zone


def test_a_person_chooses_the_time_zone_in_which_times_are_shown_to_them(world: World, english: Open) -> None:
    amina, ines, meeting = english("amina"), english("ines"), world.meeting()
    assert "Your time zone is that of Nairobi." in amina.get("/account").text
    assert "This is the time zone of your State. You have not chosen one." in amina.get("/account").text

    answer = amina.post("/account/time-zone", {"zone": "Asia/Tokyo"})

    assert answer.headers["Location"] == "/account?done=zone-chosen"
    account = amina.get("/account").text
    assert "Your time zone is that of Tokyo." in account
    assert "You chose this time zone." in account
    assert '<option value="Asia/Tokyo" selected>Tokyo (Japan)</option>' in amina.get("/account/time-zone").text
    assert "Tokyo" not in ines.get("/account").text
    assert "ITU has its headquarters there. You have not chosen a time zone." in ines.get("/account").text
    assert "in Tokyo)" in amina.get(f"/meetings/{meeting.id}").text
    assert "Tokyo" not in ines.get(f"/meetings/{meeting.id}").text


def test_the_choice_can_be_removed_and_is_recorded_without_the_zone(world: World, english: Open) -> None:
    amina = english("amina")
    for zone in ("Asia/Tokyo", "Asia/Tokyo", ""):  # the second changes nothing
        assert amina.post("/account/time-zone", {"zone": zone}).status_code == 303

    assert chosen_zone(world, "amina") is None
    with transaction(world.read) as session:
        chosen = select(JournalLine).where(JournalLine.event == "person:zone-chosen")
        lines = session.scalars(chosen).all()
    assert [each.facts for each in lines] == [{"person": str(world.person("amina").id)}] * 2


def test_an_unknown_zone_is_refused(world: World, english: Open) -> None:
    answer = english("amina").post("/account/time-zone", {"zone": "Mars/Olympus"})

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert chosen_zone(world, "amina") is None


def test_until_a_zone_is_chosen_that_of_the_browser_is_used(world: World, english: Open) -> None:
    amina = english("amina")
    amina.client.cookies.set("cwg_zone", "America/Bogota")

    account = amina.get("/account").text

    assert "Your time zone is that of Bogota." in account
    assert "This is the time zone of your browser." in account
    assert chosen_zone(world, "amina") is None
