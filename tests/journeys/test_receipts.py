"""A receipt in a real browser: taken from its page, and checked on a page that sends nothing."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.chromium import chromium, faults, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit


def says(page: Page, *tags: str) -> None:
    expect(page.locator(".findings .tag")).to_have_text(list(tags))


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@needs_chromium
def test_a_receipt_is_taken_and_checked_in_the_browser(place: Place, tmp_path: Path) -> None:
    made = place.world.submitted(place.world.meeting(number=22), title="Repair of “routes” – ремонт")
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        page = amina.go(f"/contributions/{made.id}/receipt")
        expect(page.get_by_role("button", name="Print")).to_be_visible()
        receipt, document, other = (tmp_path / name for name in ("receipt.json", "text.docx", "other.docx"))
        for _ in range(60):  # the ledger's head is signed by the worker, a moment after the act
            with page.expect_download() as download:
                page.get_by_role("link", name="Receipt file").click()
            download.value.save_as(receipt)
            if json.loads(receipt.read_text(encoding="utf-8"))["log"]:
                break
            page.wait_for_timeout(250)
        document.write_bytes(amina.context.request.get(f"{place.portal}/contributions/{made.id}/files/en").body())
        other.write_bytes(document.read_bytes() + b"\n")

        page = browser.new_context(locale="en-GB").new_page()
        page.goto(f"{place.portal}/verify?lang=en")
        asked: list[str] = []
        page.on("request", lambda request: "/static/" in request.url or asked.append(request.url))
        page.set_input_files("#f-receipt", receipt)
        says(page, "Receipt", "Match", "Match", "Match", "Not checked")
        page.set_input_files("#f-files", [document, other])
        says(page, "Receipt", "Match", "Match", "Match", "Match", "No match")
        expect(page.locator(".findings")).to_contain_text("Repair of “routes” – ремонт")
        assert faults(page) == []

        altered = json.loads(receipt.read_text(encoding="utf-8"))
        altered["statement"]["title"] = "Another title"
        page.set_input_files("#f-receipt", written(tmp_path / "altered.json", altered))
        says(page, "Receipt", "No match", "Match", "No match", "Match", "No match")
        altered["key"]["public"] = "A" * 43 + "="
        page.set_input_files("#f-receipt", written(tmp_path / "forged.json", altered))
        says(page, "Receipt", "No match", "No match", "No match", "Match", "No match")
        page.set_input_files("#f-receipt", written(tmp_path / "empty.json", {"statement": {}}))
        says(page, "No match")

        true = receipt.read_text(encoding="utf-8")
        bent = json.loads(true)
        bent["log"]["proof"] = bent["log"]["proof"].replace("index ", "index 1", 1)
        page.set_input_files("#f-receipt", written(tmp_path / "elsewhere.json", bent))
        says(page, "Receipt", "Match", "Match", "No match", "Match", "No match")
        for name, text in (
            ("twice", true.replace("{", '{"signature": "",', 1)),
            ("fraction", true.replace('"number": 22,', '"number": 22.0,')),
        ):
            (tmp_path / name).write_text(text, encoding="utf-8")
            page.set_input_files("#f-receipt", tmp_path / name)
            says(page, "No match")

        adopted = place.world.adopted(place.world.meeting(number=23, opens_in=-1), title="What was agreed")
        there = amina.go(f"/outputs/{adopted.id}")
        with there.expect_download() as download:
            there.get_by_role("link", name="Acknowledgement of adoption").click()
        download.value.save_as(tmp_path / "adoption.json")
        page.set_input_files("#f-receipt", tmp_path / "adoption.json")
        expect(page.locator(".findings .tag").first).to_have_text("Receipt")
        expect(page.locator(".findings")).to_contain_text(f"What was agreed · {adopted.symbol}")
        assert asked == []
