"""A release in six languages at an instant that is set, in a real browser; readers wait for it in each language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.world import World

TITLES = {
    "en": "Conclusions on the cost of connectivity",
    "fr": "Conclusions sur le coût de la connectivité",
    "es": "Conclusiones sobre el coste de la conectividad",
    "ru": "Выводы о стоимости подключения",
    "ar": "استنتاجات بشأن تكلفة التوصيلية",
    "zh": "关于连通成本的结论",
}


def in_six_languages(world: World) -> Output:
    """A draft with its text in every language of the Union."""
    draft = world.output(world.meeting(opens_in=-1), title=TITLES["en"], titles=TITLES)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Output, draft.id)
        for language in set(LANGUAGES) - {"en"}:
            outputs.put_output_file(session, actor, there, world.file(language, TITLES[language]))
    return draft


def text_of_first_page(page: Page, url: str, language: str) -> str:
    """What the read path's first page says in that language."""
    page.goto(f"{url}/?lang={language}")
    return page.locator("main").inner_text()


@needs_chromium
def test_six_languages_are_released_at_the_scheduled_instant(place: Place) -> None:
    output = in_six_languages(place.world)
    with chromium() as browser:
        visits = {
            who: Visit(browser, place.portal, who, scripts=False) for who in ("laurent", "ines", "layla", "daniel")
        }
        laurent, ines, layla, daniel = visits.values()
        laurent.go(f"/outputs/{output.id}/adopt")
        laurent.send(f"/outputs/{output.id}/adopt", adopted_on=datetime.now(UTC).date().isoformat(), without_pdf="yes")
        for approver in (ines, layla):
            approver.approve(f"/outputs/{output.id}/approve")
        readers = {language: Visit(browser, place.reading, "chen", scripts=False).page for language in LANGUAGES}

        instant = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=40)
        there = instant.astimezone(ZoneInfo("Europe/Zurich"))
        daniel.go(f"/outputs/{output.id}/let-out")
        daniel.page.locator("main form").evaluate("each => { each.noValidate = true }")  # the test counts in seconds
        daniel.send(
            f"/outputs/{output.id}/let-out", when="then", on=there.date().isoformat(), at=there.strftime("%H:%M:%S")
        )
        expect(daniel.page.locator("main")).to_contain_text(there.strftime("%H:%M"))

        looked = 0
        while datetime.now(UTC) < instant - timedelta(seconds=2):
            shown_early = [
                TITLES[each] in text_of_first_page(page, place.reading, each) for each, page in readers.items()
            ]
            if datetime.now(UTC) < instant:  # a look that ended after the instant says nothing
                assert not any(shown_early)
                looked += 1
            daniel.page.wait_for_timeout(2000)
        assert looked > 0

        for _ in range(120):
            shown = {
                each: TITLES[each] in text_of_first_page(page, place.reading, each) for each, page in readers.items()
            }
            if all(shown.values()):
                break
            daniel.page.wait_for_timeout(500)
        assert all(shown.values())

        for language, page in readers.items():
            page.click(f"main a:has-text('{TITLES[language]}')")
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator("article .tongues").first.locator("a").count() == len(LANGUAGES)
            page.set_viewport_size({"width": 390, "height": 800})
            assert not is_wider_than_its_window(page)
        assert faults(Visit(browser, place.reading, "chen", scripts=True).page) == []

        daniel.go(f"/outputs/{output.id}")
        expect(daniel.page.locator("main")).to_contain_text("Released")
    with transaction(place.world.read) as session:
        assert session.get_one(Output, output.id).status == "released"
