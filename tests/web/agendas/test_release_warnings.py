"""The page on which an agenda is released: what it warns of, where it links to, and that the release stays possible."""

import re
from collections.abc import Callable

import pytest

from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.web.agendas.test_time_plan import plan
from tests.web.meetings.test_meetings import count_statements
from tests.world import World

Open = Callable[..., Browser]
TITLES = {f"title_{code}": "A title" for code in ("ar", "zh", "en", "fr", "ru", "es")}


def list_warnings(page: str) -> list[str]:
    """Return the bold sentence of each warning."""
    section = page.split('id="h-warnings"')[1].split("</section>")[0]
    return re.findall(r"<p><b>([^<]*)</b>", section)


def enter_titles(browser: Browser, meeting: Meeting, item: AgendaItem, *, version: int) -> None:
    saved = browser.post(f"/meetings/{meeting.id}/agenda/items/{item.id}", {**TITLES, "version": str(version)})
    assert saved.status_code == 303


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting()


def test_each_warning_names_its_items_and_links_to_where_they_are_changed(
    world: World, meeting: Meeting, english: Open
) -> None:
    morning, later = world.session_of(meeting, ends="10:00"), world.session_of(meeting, day=1)
    long, early, bare = (world.item(meeting, title) for title in ("Long item", "Early item", "Bare item"))
    _, document = world.registered(meeting)
    plan(world, meeting, long, later, 200)
    plan(world, meeting, early, morning, 10)

    page = english("laurent").get(f"/meetings/{meeting.id}/agenda/release").text

    found = list_warnings(page)
    assert "take 20 min longer than the session." in found.pop(2)
    assert found == [
        "1 item is not planned for a session.",
        "1 item has no minutes.",
        "1 item is planned for a session that does not follow the order of the agenda.",
        "1 document is not yet allocated to an item.",
        "3 items have no title in at least one language.",
    ]
    base = f"/meetings/{meeting.id}"
    for place in (
        f"{base}/agenda/edit#item-{bare.id.hex[:6]}",
        f"{base}/agenda/edit#item-{bare.id.hex[:6]}",
        f"{base}/agenda/edit#item-{long.id.hex[:6]}",
        f"{base}/agenda/edit#item-{long.id.hex[:6]}",
        f"{base}/agenda/edit#h-tray",
        f"{base}/agenda/items/{bare.id}#f-title_ar",
    ):
        assert f'href="{place}"' in page
        target, anchor = place.split("#")
        assert f'id="{anchor}"' in english("laurent").get(target).text
    assert document.symbol in page


def test_a_release_is_possible_with_warnings_and_without(world: World, meeting: Meeting, english: Open) -> None:
    session, chair = world.session_of(meeting), english("laurent")
    item, url = world.item(meeting), f"/meetings/{meeting.id}/agenda/release"
    assert len(list_warnings(chair.get(url).text)) == 3
    assert chair.post(url, {"version": "1", "after": "0"}).status_code == 303

    enter_titles(chair, meeting, item, version=1)
    plan(world, meeting, item, session, 180)

    page = chair.get(url).text
    assert list_warnings(page) == []
    assert "No warnings" in page
    assert chair.post(url, {"version": "3", "after": "1"}).status_code == 303


def test_a_withdrawn_document_is_no_warning(world: World, meeting: Meeting, english: Open) -> None:
    _, document = world.registered(meeting)
    url = f"/meetings/{meeting.id}/agenda/release"
    assert list_warnings(english("laurent").get(url).text) == ["1 document is not yet allocated to an item."]

    withdraw_document(world, document)

    assert list_warnings(english("laurent").get(url).text) == []


def test_the_warnings_need_as_many_statements_for_many_items_as_for_one(
    world: World, meeting: Meeting, english: Open
) -> None:
    session, chair, url = world.session_of(meeting), english("laurent"), f"/meetings/{meeting.id}/agenda/release"
    world.item(meeting)
    world.registered(meeting)
    world.agenda_released(meeting)
    world.item(meeting)
    one = count_statements(chair, url)

    for number in range(8):
        plan(world, meeting, world.item(meeting, f"Item {number}"), session, 60)
        world.registered(meeting, title=f"Title {number}")

    assert count_statements(chair, url) == one
    assert "All items (10)" in chair.get(url).text
