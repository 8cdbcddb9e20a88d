"""Deliveries through HTTP: the desk and the list of a unit, acknowledging, noting by hand, the cover, the output's
page."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.storage import Store, open_store
from app.domain.deliveries.models import Delivery
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.pango import needs_pango
from tests.web.meetings.test_life_cycle import pdf_text
from tests.world import World

Open = Callable[..., Browser]


TO_NORTHLAND = ({"words": "The registry of Northland", "wants": "action"},)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, release_store: Store) -> Output:
    """A liaison statement released to TSB, with a recipient in words."""
    world.seat("olga", "tsb")
    adopted = world.adopted(
        world.meeting(opens_in=-1),
        kind="liaison",
        title="On cable landing",
        addressees=TO_NORTHLAND,
    )
    return world.as_released(adopted, release_store, NewReleasePlan(addressees=frozenset({"tsb"})))


@pytest.fixture
def deliveries(world: World, output: Output) -> dict[str, Delivery]:
    return {each.kind: each for each in world.deliver(output)}


def test_an_officer_of_the_unit_reads_and_acknowledges_from_the_desk(
    output: Output, deliveries: dict[str, Delivery], english: Open
) -> None:
    olga, page = english("olga"), f"/deliveries/{deliveries['unit'].id}"
    desk = olga.get("/").text
    assert "Desk: Telecommunication Standardization Bureau" in desk
    assert f'href="{page}"' in desk
    assert "A text was sent to your unit" in desk
    assert 'href="/deliveries"' in desk
    assert page in olga.get("/deliveries").text
    shown = olga.get(page)
    assert "On cable landing" in shown.text
    assert olga.get(f"{page}/files/en").content == english("ines").get(f"/outputs/{output.id}/files/en").content
    assert olga.get(f"{page}/files/fr").status_code == 404
    form = olga.get(f"{page}/acknowledge").text
    assert "This does not mean that your unit agrees with it." in form
    assert "Can it be undone?" in form

    answer = olga.post(f"{page}/acknowledge", {})

    assert answer.headers["Location"] == f"{page}?done=acknowledged"
    assert "A text was sent to your unit" not in olga.get("/").text
    assert olga.get(f"{page}/acknowledge").status_code == 409
    shown = english("amina").get(f"/outputs/{output.id}").text
    assert "Telecommunication Standardization Bureau" in shown
    assert "Acknowledged:" in shown
    assert page not in shown  # the page of a delivery is for those who send or receive it


def test_others_find_nothing(deliveries: dict[str, Delivery], english: Open) -> None:
    for who in ("amina", "laurent", "chen"):
        browser = english(who)
        assert browser.get("/deliveries").status_code == 404
        for delivery in deliveries.values():
            for place in ("", "/files/en", "/acknowledge", "/note", "/cover.pdf"):
                assert browser.get(f"/deliveries/{delivery.id}{place}").status_code == 404
    assert english("olga").get(f"/deliveries/{deliveries['words'].id}").status_code == 404


def test_a_secretary_notes_a_delivery_by_hand(output: Output, deliveries: dict[str, Delivery], english: Open) -> None:
    ines, page = english("ines"), f"/deliveries/{deliveries['words'].id}"
    assert "A released text is to be delivered by hand" in ines.get("/").text
    assert page in ines.get(f"/outputs/{output.id}").text
    assert "The registry of Northland" in ines.get(page).text

    empty = ines.post(f"{page}/note", {"on": "", "at": "", "note": "By a courier"})
    assert empty.status_code == 400
    assert "Enter the date of delivery." in empty.text
    assert "By a courier" in empty.text
    wrong = ines.post(f"{page}/note", {"on": "2020-01-01", "at": "10:00", "note": "By a courier"})
    assert wrong.status_code == 400
    assert "Enter a date and time between the release of the text and now." in wrong.text

    now = clock.now().astimezone(ZoneInfo("Europe/Zurich"))
    typed = {"on": now.date().isoformat(), "at": now.strftime("%H:%M"), "note": "By a courier"}
    answer = ines.post(f"{page}/note", typed)

    assert answer.headers["Location"] == f"{page}?done=handed-over"
    assert "By a courier" in ines.get(page).text
    assert "A released text is to be delivered by hand" not in ines.get("/").text


@needs_pango
def test_the_cover_names_recipient_and_text(deliveries: dict[str, Delivery], english: Open) -> None:
    ines, page = english("ines"), f"/deliveries/{deliveries['words'].id}"
    assert f'href="{page}/cover.pdf"' in ines.get(page).text
    words = pdf_text(ines.get(f"{page}/cover.pdf").content)
    assert "The registry of Northland" in words
    assert "On cable landing" in words
    assert "Received by" in words
    assert ines.get(f"/deliveries/{deliveries['unit'].id}/cover.pdf").status_code == 409


def test_a_withdrawn_text_is_no_longer_given_out(
    world: World, output: Output, deliveries: dict[str, Delivery], english: Open
) -> None:
    olga, page = english("olga"), f"/deliveries/{deliveries['unit'].id}"
    assert olga.get(f"{page}/files/en").status_code == 200

    world.withdrawn(output)

    shown = olga.get(page).text
    assert "The group withdrew this text." in shown
    assert f"{page}/files" not in shown
    assert olga.get(f"{page}/files/en").status_code == 404
    assert "Informed that the text was withdrawn:" in english("amina").get(f"/outputs/{output.id}").text
