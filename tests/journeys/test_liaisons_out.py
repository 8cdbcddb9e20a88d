"""A liaison statement to an organization, from its draft to the mailbox of that organization, in a real browser."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from app.settings import Settings
from tests.files import make_docx
from tests.journeys.chromium import chromium, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.mail_server import Postbox, run_postbox
from tests.waiting import wait_until
from tests.world import World

ADDRESS = "liaisons@ietf.example"


@pytest.fixture
def box() -> Iterator[Postbox]:
    """A mail server; it is started on a thread of its own, as the browser's loop runs on this one."""
    server = run_postbox()
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(server.__enter__).result()
        thread.submit(server.__exit__, None, None, None).result()


@pytest.fixture
def settings(settings: Settings, box: Postbox) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr(box.url), "mail_from": "portal@example.org"})


@needs_chromium
def test_a_liaison_statement_reaches_an_organization_by_mail(place: Place, box: Postbox, tmp_path: Path) -> None:
    world: World = place.world
    meeting = world.meeting(opens_in=-1)
    world.give_address("IETF", ADDRESS)
    text = tmp_path / "text.docx"
    text.write_bytes(make_docx("We ask how routes are secured."))
    with chromium() as browser:
        visits = {
            who: Visit(browser, place.portal, who, scripts=False) for who in ("ines", "laurent", "layla", "daniel")
        }
        ines, laurent, layla, daniel = visits.values()

        # The secretariat drafts it without scripts; the form says how the recipient is reached.
        ines.go(f"/meetings/{meeting.id}/outputs/new")
        ines.page.click("summary:has-text('Recipients')")
        ines.page.locator("#f-addressee-1").fill("ietf")
        ines.page.locator("#f-addressee_wants-1").select_option("reply")
        ines.page.locator("#f-addressee_reply_by-1").fill("2027-03-01")
        ines.send("/outputs", kind="liaison", title_en="On the security of routes")
        here = ines.page.url.removeprefix(place.portal).partition("/edit")[0]
        expect(ines.page.locator("main")).to_contain_text("Internet Engineering Task Force. Delivered by e-mail")
        for language in ("en", "ar"):
            for wide in (1280, 390):
                ines.page.set_viewport_size({"width": wide, "height": 900})
                ines.go(f"{here}/edit?lang={language}")
                assert not is_wider_than_its_window(ines.page)
        ines.go(f"{here}/edit?lang=en")
        ines.page.locator("input[type=file]").set_input_files(text)
        ines.follow("button:has-text('Save the cover')")

        # The chair records the adoption, two people approve, a fourth releases it.
        laurent.go(f"{here}/adopt")
        laurent.send(f"{here}/adopt", adopted_on=datetime.now(UTC).date().isoformat(), without_pdf="yes")
        for approver in (ines, layla):
            approver.approve(f"{here}/approve")
        daniel.go(f"{here}/let-out")
        daniel.send(f"{here}/let-out", when="now")

        # It arrives with its file and a signed receipt, once, and the page of the text shows when.
        wait_until(lambda: any(each["To"] == ADDRESS for each in box.took), within=120)
        (email,) = [each for each in box.took if each["To"] == ADDRESS]
        assert "On the security of routes" in str(email["Subject"])
        assert [each.get_filename() for each in email.iter_attachments()][-1] == "receipt.json"
        wait_until(lambda: "Delivered:" in ines.go(here).inner_text("#deliveries"), within=60)
        expect(ines.page.locator("#deliveries")).to_contain_text("Internet Engineering Task Force")
        assert [each["To"] for each in box.took].count(ADDRESS) == 1
