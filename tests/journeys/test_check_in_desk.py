"""The page of check-in in a real browser: it asks for counts while somebody uses it, and no longer."""

from playwright.sync_api import Page, Route

from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit


class Questions:
    """Counts how often a page asks for something, which is not answered by the portal but here."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page, self._asked = page, 0
        page.clock.install()
        page.route(pattern, self._answer)

    def _answer(self, route: Route) -> None:
        if route.request.resource_type != "fetch":
            route.continue_()
            return
        self._asked += 1
        route.fulfill(status=204)

    def count(self, *, minutes: int) -> int:
        """Those of the next minutes of the clock of the page."""
        before = self._asked
        self._page.clock.run_for(minutes * 60_000)
        self._page.evaluate("fetch('/check-in')")  # answered after all before it
        return self._asked - before - 1


@needs_chromium
def test_a_desk_that_is_not_used_asks_no_more_until_it_is_used_again(place: Place) -> None:
    meeting = place.world.meeting()
    place.world.participant(meeting)
    place.world.moved(meeting, "begin")
    with chromium() as browser:
        desk = Visit(browser, place.portal, "ines", scripts=True)
        questions = Questions(desk.page, "**/check-in")
        desk.go(f"/meetings/{meeting.id}/check-in")

        assert questions.count(minutes=4) > 20
        questions.count(minutes=2)
        assert questions.count(minutes=10) == 0
        desk.page.keyboard.press("A")
        assert questions.count(minutes=2) > 10
