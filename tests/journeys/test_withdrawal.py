"""Withdrawing in a real browser: two people withdraw a released text, and a member finds the tombstone."""

import re

from playwright.sync_api import expect

from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.journeys.test_silence import TITLE, released, shown, visits

REASON = "The annex is not the one that was adopted."


@needs_chromium
def test_two_people_withdraw_a_text_and_a_member_sees_the_tombstone(place: Place) -> None:
    output = place.world.adopted(place.world.meeting(opens_in=-1), title=TITLE)
    with chromium() as browser:
        chen = released(place, browser, output)
        here = re.search(r"/outputs/[^/?#]+", chen.page.url)[0]
        file = chen.page.locator("main a[href*='/files/en']").first.get_attribute("href")
        (daniel,) = visits(browser, place, "daniel")
        laurent = Visit(browser, place.portal, "laurent", scripts=True)

        daniel.go(f"/outputs/{output.id}")
        daniel.press("Propose withdrawal")
        daniel.page.fill("#f-reason", REASON)
        daniel.send(f"/outputs/{output.id}/withdraw")
        expect(daniel.page.locator("main")).to_contain_text("Withdrawal of this text has been proposed")
        chen.go(here)
        expect(chen.page.locator("main")).not_to_contain_text(REASON)

        laurent.go("/")
        expect(laurent.page.locator("main")).to_contain_text("Withdrawal of a released text has been proposed")
        laurent.go(f"/outputs/{output.id}/withdrawal")
        expect(laurent.page.locator("main")).to_contain_text(REASON)
        assert faults(laurent.page) == []
        laurent.send(f"/outputs/{output.id}/withdrawal/confirm")
        shown(laurent, f"/outputs/{output.id}", "This text was withdrawn")

        shown(chen, here, REASON)
        for address in (here, file):
            assert chen.page.goto(place.reading + address).status == 410
            expect(chen.page.locator("h1")).to_contain_text(TITLE)
        chen = Visit(browser, place.reading, "chen", scripts=True)
        chen.go(here)
        assert faults(chen.page) == []
        for width in (1280, 390):
            chen.page.set_viewport_size({"width": width, "height": 800})
            for language in ("en", "ar"):
                chen.go(f"{here}?lang={language}")
                assert not is_wider_than_its_window(chen.page)
                expect(chen.page.locator("main")).to_contain_text(REASON)
        chen.go("/?lang=en")
        expect(chen.page.locator("main")).to_contain_text("Nothing has been released yet.")
        chen.page.click("text=One text was withdrawn")
        expect(chen.page.locator("main")).to_contain_text(TITLE)
