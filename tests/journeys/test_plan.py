"""The chair plans a meeting without scripts, and with them; the pages are checked on a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from app.core.db import transaction
from app.domain.agendas.models import AgendaItem
from tests.journeys.chromium import chromium, faults, faults_again, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.web.agendas.test_time_plan import plan

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@needs_chromium
@pytest.mark.parametrize(
    "scripts",
    [pytest.param(False, id="without-scripts", marks=pytest.mark.thorough), pytest.param(True, id="with-scripts")],
)
def test_the_chair_moves_an_item_between_sessions_and_undoes_it(place: Place, scripts: bool) -> None:
    world = place.world
    meeting = world.meeting()
    item = world.item(meeting, "Contributions of Member States on the questions before the group")
    first, second = world.session_of(meeting), world.session_of(meeting, starts="14:30", ends="17:30")
    plan(world, meeting, item, first, 200)
    world.agenda_released(meeting)
    here, editor = f"/meetings/{meeting.id}/plan", f"/meetings/{meeting.id}/agenda"

    def session_of_item() -> object:
        with transaction(world.read) as session:
            return session.get_one(AgendaItem, item.id).session_id

    with chromium() as browser:
        chair = Visit(browser, place.portal, "laurent", scripts=scripts)
        page = chair.go(f"{editor}/edit")
        expect(page.get_by_text("Overrun: 20 min")).to_be_visible()
        page.get_by_label("Session 1", exact=True).fill("2")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".notice.good")).to_contain_text("Planned: Contributions")
        assert session_of_item() == second.id
        page.locator(".undo button").click()
        expect(page.locator(".notice.good")).to_contain_text("Undone")
        assert session_of_item() == first.id
        page.get_by_label("Session 1", exact=True).fill("2")
        page.get_by_label("Minutes 1", exact=True).fill("150")
        page.get_by_label("Add an item").fill("Another business")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Planned: 2 h 30 min; available: 3 h")).to_be_visible()
        expect(page.get_by_role("link", name="Another business")).to_be_visible()
        assert session_of_item() == second.id
        for path in (here, f"{editor}/edit"):
            looked_at(chair.go(path), scripts=scripts)


def looked_at(page: Page, *, scripts: bool) -> None:
    """In English and Arabic, on a desk and on a phone: nothing scrolls sideways, and axe finds nothing."""
    address = page.url.split("?")[0]
    for language in ("en", "ar"):
        page.goto(f"{address}?lang={language}")
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            assert not is_wider_than_its_window(page)
        if scripts:
            look = faults if language == "en" else faults_again
            assert look(page, colours=language == "en") == []
    page.goto(f"{address}?lang=en")
