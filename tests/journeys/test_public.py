"""What everybody reads, in a real browser: adopted for the public, released to it, and read without an account,
in Arabic, on a phone, without scripts."""

import re
from pathlib import Path

from playwright.sync_api import expect

from app.core.storage import open_store
from app.settings import Settings
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.journeys.test_silence import TITLE, released, shown, visits

SECRET = "For members alone"
ARABIC = "نص موجه للجمهور"


@needs_chromium
def test_a_reader_without_an_account_reads_what_is_public_and_nothing_else(place: Place, settings: Settings) -> None:
    meeting = place.world.meeting(opens_in=-1)
    secret = place.world.adopted(meeting, title=SECRET)
    output = place.world.output(meeting, title=TITLE)
    with chromium() as browser:
        ines, laurent, daniel = visits(browser, place, "ines", "laurent", "daniel")
        ines.go(f"/outputs/{output.id}/edit")
        ines.page.check("[name=for_public]")
        ines.page.fill("[name=title_ar]", ARABIC)
        ines.send(f"/outputs/{output.id}")
        laurent.go(f"/outputs/{output.id}/adopt")
        expect(laurent.page.locator("main")).to_contain_text("This text is for the public")
        laurent.page.check("[name=without_pdf]")
        laurent.page.fill("[name=adopted_on]", meeting.opens_on.isoformat())
        laurent.send(f"/outputs/{output.id}/adopt")
        expect(laurent.page.locator("main")).to_contain_text("22/OUT/2")
        daniel.go(f"/outputs/{output.id}")
        expect(daniel.page.locator("main")).to_contain_text("The public: anyone, without signing in")

        text = place.world.file("en", TITLE).sha256
        place.world.rendered(text, "Costs", "They rose.", "Proposals", heading_levels=[1, 0, 1])
        chen = released(place, browser, output)
        expect(chen.page.locator("main")).to_contain_text("Released to the public on")
        place.world.as_released(secret, open_store(settings.release_store_url))
        shown(chen, "/outputs", SECRET)
        chen.page.click(f"text={SECRET}")
        hidden = chen.page.url

        phone = browser.new_context(
            java_script_enabled=False, locale="ar", viewport={"width": 390, "height": 800}, has_touch=True
        ).new_page()
        phone.goto(place.reading)
        assert phone.locator("html").get_attribute("dir") == "rtl"
        assert not is_wider_than_its_window(phone)
        expect(phone.locator("main")).to_contain_text(ARABIC)
        expect(phone.locator("body")).not_to_contain_text(SECRET)
        phone.click(f"text={ARABIC}")
        expect(phone.locator("h1")).to_contain_text(ARABIC)
        assert not is_wider_than_its_window(phone)
        here = re.sub(r"\?.*", "", phone.url)
        contents, proposals = phone.locator(".on-page"), phone.locator(".on-page a", has_text="Proposals")
        expect(proposals).to_be_hidden()
        contents.locator("summary").click()
        proposals.click()
        assert phone.url.endswith("#section-proposals")
        expect(phone.locator("h3", has_text="Proposals")).to_be_in_viewport()
        with phone.expect_download() as download:
            phone.click("a[href*='/files/en'] >> nth=0")
        assert Path(download.value.path()).read_bytes()
        phone.goto(f"{place.reading}/search?q={ARABIC.split()[0]}")
        expect(phone.locator("main")).to_contain_text("22/OUT/")
        assert not is_wider_than_its_window(phone)
        for address in (hidden, f"{hidden}x"):
            assert phone.goto(address).status == 401
            expect(phone.locator("body")).not_to_contain_text(SECRET)
        assert not is_wider_than_its_window(phone)

        looking = browser.new_context(locale="en-GB").new_page()
        for page in ("/", "/feeds", "/verify", "/help", here):
            looking.goto(page if page.startswith("http") else place.reading + page)
            assert faults(looking) == []
        expect(looking.locator(".on-page a", has_text="Proposals")).to_be_in_viewport()
        looking.emulate_media(media="print")
        expect(looking.locator(".on-page a", has_text="Proposals")).to_be_hidden()
        marc = Visit(browser, place.reading, "marc", scripts=False)
        expect(marc.page.locator("main")).to_contain_text(TITLE)
        expect(marc.page.locator("main")).to_contain_text("Your account is not linked to any member of ITU")
        assert marc.page.goto(hidden).status == 403
