"""The form of an agenda item finds and keeps what it cites; readers see it on the agenda, and on the pages of it."""

import re
from collections.abc import Callable

import pytest

from app.core.db import transaction
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.domain.test_citations import FIRST, SECOND, cite_by_item, retire_clause
from tests.web.agendas.test_agendas import visible_text
from tests.web.mandates.test_citing import list_boxes
from tests.world import World

Open = Callable[..., Browser]
NAME = "WTSA Resolution 75 (2008), resolves 1"


@pytest.fixture
def meeting(world: World) -> Meeting:
    meeting = world.meeting()
    world.item(meeting, "Routes")
    return meeting


def get_item(world: World) -> AgendaItem:
    with transaction(world.read) as session:
        return session.query(AgendaItem).one()


def save_form(browser: Browser, meeting: Meeting, item: AgendaItem, version: int, **typed: object):
    return browser.post(
        f"/meetings/{meeting.id}/agenda/items/{item.id}",
        {"version": str(version), "title_en": "Routes", "kind": "discussion"} | typed,
    )


def test_a_clause_is_found_by_typing_kept_and_removed(world: World, meeting: Meeting, english: Open) -> None:
    chair, item = english("laurent"), get_item(world)
    form = f"/meetings/{meeting.id}/agenda/items/{item.id}"
    assert list_boxes(chair.get(form).text) == []

    several = save_form(chair, meeting, item, 1, mandate_words="75 resolves", notes="As typed.")
    assert several.status_code == 400
    assert "Select what you mean from what was found" in several.text
    assert "As typed." in several.text
    assert FIRST in list_boxes(several.text)
    assert get_item(world).notes == ""

    saved = save_form(chair, meeting, item, 1, mandate_words="102", mandates=[FIRST], action_lines=["C5"])
    assert saved.status_code == 303
    assert (get_item(world).mandates, get_item(world).action_lines) == (["pp-res-102", FIRST], ["C5"])
    page = chair.get(form).text
    assert set(list_boxes(page, ticked=True)) == {"pp-res-102", FIRST}
    assert 'name="action_lines" value="C5" checked' in page

    retire_clause(world, SECOND)
    retired = save_form(chair, meeting, item, 2, mandates=[SECOND], notes="Not lost.")
    assert retired.status_code == 400
    assert "can no longer be cited" in retired.text
    assert "Not lost." in retired.text
    assert save_form(chair, meeting, item, 2).status_code == 303
    assert (get_item(world).mandates, get_item(world).action_lines) == ([], [])


def test_a_change_that_cannot_be_merged_shows_what_the_item_cites_now(
    world: World, meeting: Meeting, english: Open
) -> None:
    item = get_item(world)
    cite_by_item(world, meeting, "Routes", mandates=(FIRST,))

    refused = save_form(english("layla"), meeting, item, 1, mandates=["pp-res-102"])
    assert refused.status_code == 409
    assert list_boxes(refused.text, ticked=True) == ["pp-res-102"]
    assert re.search(rf"Mandates and action lines</dt><dd>.*?{re.escape(NAME)}", refused.text)


def test_readers_see_what_a_released_item_cites_and_its_pages_list_it(
    world: World, meeting: Meeting, english: Open
) -> None:
    cite_by_item(world, meeting, "Routes", mandates=(FIRST,), action_lines=("C5",))
    pages = {"mandates": f"/mandates/{FIRST}", "lines": "/action-lines/C5"}
    agenda, amina = f"/meetings/{meeting.id}/agenda", english("amina")
    for page in pages.values():
        assert "Agenda item 1 of" not in visible_text(english("laurent").get(page).text)
    world.agenda_released(meeting)

    assert NAME in visible_text(amina.get(agenda).text)
    for page in pages.values():
        shown = amina.get(page).text
        assert f'href="{agenda}#item-{get_item(world).id}"' in shown
        assert "Agenda item 1 of CWG-Internet 22" in visible_text(shown)
        assert str(meeting.id) not in english("marc").get(page).text
    assert "Agenda item 1 of CWG-Internet 22" in visible_text(amina.get(f"/mandates/{FIRST}/trace").text)
    assert "Routes" not in english("marc").get(f"/mandates/{FIRST}/trace").text

    cite_by_item(world, meeting, "Routes", mandates=(SECOND,), action_lines=("C5",))
    changes = visible_text(english("laurent").get(f"{agenda}/release").text)
    assert re.search(rf"Mandates.{{0,20}}{re.escape(NAME)}.{{0,60}}resolves 2", changes)
    assert "WSIS action lines" not in changes
