"""Participants through HTTP: registering, the list in its order, attendance, and the list as PDF."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.participants.models import Participant
from tests.browser import Browser
from tests.pango import needs_pango
from tests.web.meetings.test_life_cycle import pdf_text
from tests.web.meetings.test_meetings import count_statements
from tests.world import World

Open = Callable[..., Browser]
NEW = {"name": "Wanjiku Kamau", "function": "Director", "capacity": "delegate", "mode": "remote"}


def list_participants(world: World) -> list[Participant]:
    with transaction(world.read) as session:
        return list(session.scalars(select(Participant).order_by(Participant.registered_at)))


def test_a_focal_point_registers_changes_and_cancels_a_participant(world: World, english: Open) -> None:
    meeting = world.meeting()
    path, joseph = f"/meetings/{meeting.id}/participants", english("joseph")
    form = joseph.get(f"{path}/new").text
    assert str(world.person("amina").id) in form
    assert str(world.person("rafael").id) not in form

    assert joseph.post(path, NEW).headers["Location"] == f"{path}?done=participant"
    (participant,) = list_participants(world)
    assert (participant.entity, participant.name, participant.mode) == ("KEN", "Wanjiku Kamau", "remote")
    page = english("rafael").get(path).text
    for words in ("Kenya", "Wanjiku Kamau", "Director", "Delegate · Remote"):
        assert words in page
    assert f"/participants/{participant.id}/edit" not in page

    assert 'value="Director"' in joseph.get(f"/participants/{participant.id}/edit").text
    person = {"person": str(world.person("amina").id), "name": "", "capacity": "head_of_delegation", "version": "1"}
    assert joseph.post(f"/participants/{participant.id}", NEW | person).status_code == 303
    assert list_participants(world)[0].name == "Amina Wanjiru Otieno"
    stale = joseph.post(f"/participants/{participant.id}", NEW | {"version": "1"})
    assert stale.status_code == 409
    assert "Wanjiku Kamau" in stale.text
    assert "Amina Wanjiru Otieno" in joseph.get(f"/participants/{participant.id}/cancel").text
    assert joseph.post(f"/participants/{participant.id}/cancel", {"version": "2"}).status_code == 303
    assert "No participants are registered yet." in joseph.get(path).text
    assert joseph.get(f"/participants/{participant.id}/edit").status_code == 404


def test_an_invalid_form_is_shown_again_with_its_input(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.participant(meeting, "Head", capacity="head_of_delegation")
    path, joseph = f"/meetings/{meeting.id}/participants", english("joseph")

    for change, field in (
        ({"name": ""}, "name"),
        ({"person": str(world.person("amina").id)}, "name"),
        ({"mode": ""}, "mode"),
        ({"capacity": "head_of_delegation"}, "capacity"),
        ({"capacity": "secretariat"}, "capacity"),
    ):
        answer = joseph.post(path, NEW | change)
        assert answer.status_code == 400
        assert f'id="f-{field}-error"' in answer.text
        assert 'value="Director"' in answer.text
    assert len(list_participants(world)) == 1


def test_a_focal_point_cannot_register_for_another_state(world: World, english: Open) -> None:
    path = f"/meetings/{world.meeting().id}/participants"

    for who, entity in (("joseph", "BRA"), ("joseph", "ITU"), ("joseph", "observer"), ("rafael", ""), ("laurent", "")):
        assert english(who).get(f"{path}/new", params={"entity": entity}).status_code == 403
        assert english(who).post(path, NEW | {"entity": entity}).status_code == 403
    assert list_participants(world) == []


def test_the_secretariat_registers_any_delegation_observers_and_itself(world: World, english: Open) -> None:
    path, ines = f"/meetings/{world.meeting().id}/participants", english("ines")
    assert '<option value="KEN">Kenya</option>' in ines.get(f"{path}/new").text
    assert 'name="organization"' in ines.get(f"{path}/new?entity=observer").text

    for more in (
        {"entity": "BRA", "capacity": "deputy"},
        {"entity": "ITU", "capacity": "secretariat"},
        {"entity": "observer", "capacity": "observer", "organization": "A regional organization"},
    ):
        assert ines.post(path, NEW | more).status_code == 303
    missing = ines.post(path, NEW | {"entity": "observer", "capacity": "observer"})

    assert missing.status_code == 400
    assert "Enter the organization" in missing.text
    page = english("amina").get(path).text
    places = [page.index(words) for words in ("Brazil", "A regional organization", "Secretariat of ITU")]
    assert places == sorted(places)


def test_a_delegation_registered_by_two_people_is_one_group(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.participant(meeting, "By the State", by="joseph")
    world.participant(meeting, "By the secretariat", by="ines")

    page = english("amina").get(f"/meetings/{meeting.id}/participants").text
    assert re.findall(r'<h2 id="h-\d+">(\w+) <span class="count">(\d+)', page) == [("Kenya", "2")]


@pytest.mark.parametrize("language", ["en", "ru", "ar", "zh"])
def test_delegations_are_sorted_by_their_french_names_in_every_language(
    world: World, english: Open, language: str
) -> None:
    meeting = world.meeting()
    for entity in ("DEU", "ZAF", "BRA", "CHE", "GBR"):
        world.participant(meeting, f"Of {entity}", entity=entity, by="ines")

    page = english("amina").get(f"/meetings/{meeting.id}/participants?lang={language}").text

    # Afrique du Sud, Allemagne, Brésil, Royaume-Uni, Suisse
    places = [page.index(f"Of {entity}") for entity in ("ZAF", "DEU", "BRA", "GBR", "CHE")]
    assert places == sorted(places)


def test_after_the_deadline_the_page_names_a_contact(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=10)
    path = f"/meetings/{meeting.id}/participants"
    assert f"{path}/new" in english("joseph").get(path).text

    with clock.shifted_clock(timedelta(days=4)):
        page = english("joseph").get(path).text
        assert "Registration is closed. Contact the secretariat." in page
        assert f"{path}/new" not in page
        assert english("joseph").post(path, NEW).status_code == 409
        assert english("ines").post(path, NEW | {"entity": "KEN"}).status_code == 303


def test_the_secretariat_records_attendance(world: World, english: Open) -> None:
    meeting = world.meeting()
    one, two = (world.participant(meeting, name) for name in ("One", "Two"))
    path, ines = f"/meetings/{meeting.id}/attendance", english("ines")
    assert ines.get(path).status_code == 409
    world.moved(meeting, "begin")
    assert str(two.id) in ines.get(path).text

    sent = {"shown": [str(one.id), str(two.id)], "present": [str(one.id)]}
    assert ines.post(path, sent).status_code == 303

    assert [each.attended for each in list_participants(world)] == [True, False]
    assert english("amina").get(f"/meetings/{meeting.id}/participants").text.count("Present") == 1
    assert english("laurent").get(path).status_code == 403
    assert f'name="was" value="{one.id}"' in ines.get(path).text


@needs_pango
def test_the_list_is_available_as_a_pdf(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.participant(meeting, "Wanjiku <Kamau>", function="Director", capacity="head_of_delegation")

    words = pdf_text(english("rafael").get(f"/meetings/{meeting.id}/participants.pdf").content)

    for each in ("List of participants", "Kenya", "Wanjiku <Kamau>", "Director", "Head of delegation", "On site"):
        assert each in words


def test_the_list_needs_a_constant_number_of_statements(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.participant(meeting)
    amina, path = english("amina"), f"/meetings/{meeting.id}/participants"
    amina.get(path)
    before = count_statements(amina, path)

    for entity in ("BRA", "JPN", "CHE"):
        world.participant(meeting, f"Of {entity}", entity=entity, by="ines")

    assert count_statements(amina, path) == before
