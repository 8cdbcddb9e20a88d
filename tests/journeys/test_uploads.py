"""A large file in a real browser: interrupted repeatedly, paused, the page loaded again, finished by a colleague."""

import hashlib
import os
import re
from pathlib import Path

import pikepdf
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from tests.files import make_pdf
from tests.journeys.chromium import chromium, faults, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit


def a_large_pdf(path: Path, megabytes: int) -> Path:
    """A document with a picture of noise, which cannot be compressed."""
    path.write_bytes(make_pdf())
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        noise = document.make_stream(os.urandom(megabytes * 2**20), {"/Type": pikepdf.Name.XObject})
        document.pages[0].obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(N=noise))
        document.save(path)
    return path


PIECES = re.compile(r"/uploads[/?]")  # the first one goes with the announcement
ROW = text("SELECT sha256, size FROM portal.contribution_file WHERE contribution_id = :id")


class Line:
    """The connection between browser and portal. A piece is lost whenever `cuts` says so."""

    def __init__(self, page: Page, cuts: list[bool]) -> None:
        self.cuts, self.lost, self.pieces = cuts, 0, 0
        page.route(PIECES, self.carry)

    def carry(self, route: Route) -> None:
        if route.request.method not in ("POST", "PATCH"):
            route.continue_()
        elif self.cuts and self.cuts.pop():
            self.lost += 1
            route.abort("connectionreset")
        else:
            self.pieces += 1
            route.continue_()


@needs_chromium
def test_a_large_file_arrives_after_five_interruptions(place: Place, tmp_path: Path) -> None:
    path = a_large_pdf(tmp_path / "large.pdf", 12)
    meeting = place.world.meeting(number=22)
    draft = place.world.draft(meeting, file=False)
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        line = Line(amina.page, [True, False, True, True, False, True, True])
        amina.go(f"/contributions/{draft.id}/edit")
        form = amina.page.locator("main form[data-autosave]")
        form.locator("[name=language]").select_option("en")
        form.locator("[name=file]").set_input_files(path)
        expect(amina.page.locator(".sending progress")).to_be_visible()
        expect(amina.page.locator("[data-news]")).to_contain_text("Connection lost")
        assert faults(amina.page) == []
        form.get_by_role("button", name="Upload the file").click()

        expect(amina.page.locator("main")).to_contain_text("The file has been uploaded and saved", timeout=60_000)

    assert (line.lost, line.cuts) == (5, [])
    assert line.pieces > 2
    with place.world.acting("amina") as (session, _):
        file = session.execute(ROW, {"id": draft.id}).one()
    assert (file.sha256, file.size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


@needs_chromium
def test_an_upload_continues_after_a_reload_and_on_the_machine_of_a_colleague(place: Place, tmp_path: Path) -> None:
    path = a_large_pdf(tmp_path / "large.pdf", 6)
    place.world.seat("wambui", "delegate")
    draft = place.world.draft(place.world.meeting(number=22), file=False)
    sending = "main form[data-autosave] [name=file]"
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        amina.go(f"/contributions/{draft.id}/edit")
        after_one = Line(amina.page, [True] * 100 + [False])
        amina.page.set_input_files(sending, path)
        expect(amina.page.locator("[data-news]")).to_contain_text("Connection lost: 1 MB of 6.3 MB")
        amina.page.click(".sending button")
        expect(amina.page.locator("[data-news]")).to_contain_text("Paused")
        assert after_one.pieces == 1
        (kept,) = amina.page.evaluate("Object.keys(localStorage)")
        assert kept.startswith("upload ")
        assert path.name not in kept

        amina.go(f"/contributions/{draft.id}/edit")
        amina.page.set_input_files(sending, path)
        there = re.compile("1 MB of 6.3 MB already uploaded|lost: 1 MB of 6.3 MB")  # the next piece is lost at once
        expect(amina.page.locator("[data-news]")).to_contain_text(there)

        wambui = Visit(browser, place.portal, "wambui", scripts=True)
        wambui.go(f"/contributions/{draft.id}/edit")
        form = wambui.page.locator("main form[data-autosave]")
        form.locator("[name=language]").select_option("en")
        wambui.page.set_input_files(sending, path)
        expect(wambui.page.locator("[data-news]")).to_contain_text(re.compile("already uploaded|Upload complete"))
        form.get_by_role("button", name="Upload the file").click()
        expect(wambui.page.locator("main")).to_contain_text("The file has been uploaded and saved", timeout=60_000)


@needs_chromium
def test_a_file_is_removed_at_once_while_another_one_is_on_its_way(place: Place, tmp_path: Path) -> None:
    path = a_large_pdf(tmp_path / "large.pdf", 6)
    draft = place.world.draft(place.world.meeting(number=22))
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        amina.go(f"/contributions/{draft.id}/edit")
        Line(amina.page, [True] * 100 + [False])
        form = amina.page.locator("main form[data-autosave]")
        form.locator("[name=file]").set_input_files(path)
        expect(amina.page.locator("[data-news]")).to_contain_text("Connection lost")
        form.locator("[name=title]").fill("Typed while it was on its way")
        with amina.page.expect_request("**/files/en/remove") as removing:
            form.get_by_role("button", name="Remove the file in").click(no_wait_after=True)

        expect(amina.page.locator("main")).to_contain_text("The file was removed.")
        expect(form.locator("[name=title]")).to_have_value("Typed while it was on its way")
        assert len(removing.value.post_data_buffer or b"") < 100_000

        amina.page.unroute(PIECES)
        form.locator("[name=file]").set_input_files(path)
        form.get_by_role("button", name="Upload the file").click()
        expect(amina.page.locator("main")).to_contain_text("The file has been uploaded and saved", timeout=60_000)
