"""The minimal contribution as a delegate makes it: how many clicks it takes, and that nothing has to be typed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.files import make_docx
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.clicks import Clicks
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

MOST_CLICKS = 7
TEXT = "The cost of a kilometre of fibre is a question for the countries and for the group. " * 5


def skip_menu(page: Page) -> None:
    """Go by keyboard over the menu to the first thing of the page that can be used."""
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)


@needs_chromium
@pytest.mark.parametrize(
    "scripts",
    [pytest.param(False, id="without-scripts", marks=pytest.mark.thorough), pytest.param(True, id="with-scripts")],
)
def test_a_contribution_takes_few_clicks_and_no_typing_from_the_desk_to_the_receipt(
    place: Place, tmp_path: Path, scripts: bool
) -> None:
    place.world.meeting(number=22)
    file = tmp_path / "costs.docx"
    file.write_bytes(make_docx(TEXT, title="What a kilometre of fibre costs"))
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=scripts)
        page, clicks = amina.page, Clicks(amina.page)
        skip_menu(page)
        expect(page.locator(":focus")).to_have_text("Submit a contribution")
        clicks.press("Submit a contribution")
        expect(page).to_have_title(re.compile("^Submit a contribution"))
        skip_menu(page)
        expect(page.locator(":focus")).to_have_attribute("name", "file")
        clicks.choose(file)
        clicks.press("Continue")
        expect(page.locator("[name=title]")).to_have_value("What a kilometre of fibre costs")
        expect(page.locator("[name=original]")).to_have_value("en")
        skip_menu(page)
        expect(page.locator(":focus")).to_have_text("Continue to check")
        clicks.press("Continue to check")
        expect(page.locator("main")).to_contain_text("What a kilometre of fibre costs")
        clicks.press("Submit the contribution")
        page.wait_for_url("**/receipt?done=submitted")

    assert clicks.count <= MOST_CLICKS


@needs_chromium
def test_enter_in_a_field_of_a_draft_saves_it_and_removes_no_file(place: Place) -> None:
    draft = place.world.draft(place.world.meeting(number=22))
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        page = amina.go(f"/contributions/{draft.id}/edit")
        page.fill("[name=title]", "Typed, then Enter")
        with page.expect_navigation():
            page.keyboard.press("Enter")

        page.wait_for_url("**/edit?done=saved")
        expect(page.locator("[name=title]")).to_have_value("Typed, then Enter")
        expect(page.get_by_role("button", name="Remove the file in English")).to_be_visible()
