"""The main job, once, in a real browser: from a delegate's disk to the membership, and unseen on the way."""

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.files import make_docx, make_pdf
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place

SAMPLES = Path(__file__).parent.parent.parent.parent / "shared" / "samples"
TITLE = "Cost of connectivity for landlocked neighbours"
OUTPUT = "Conclusions on the cost of connectivity"


def documents(folder: Path) -> tuple[Path, Path]:
    """Real documents where they exist next to the project, else documents of our own making."""
    real = SAMPLES / "wtsa-res75-zh.docx", SAMPLES / "udhr-en.pdf"
    if all(path.exists() for path in real):
        return real
    made = folder / "text.docx", folder / "text.pdf"
    made[0].write_bytes(make_docx("互联网连接的费用对内陆国家来说仍然过高，各国可以分担线路的费用。" * 5))
    made[1].write_bytes(make_pdf())
    return made


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Visit:
    """A person signed in to one of the two servers, through its provider.

    The pages of the sign-in are requested without being shown, unless `shows_sign_in`.
    """

    def __init__(self, browser: Browser, url: str, who: str, *, scripts: bool, shows_sign_in: bool = False) -> None:
        self.context: BrowserContext = browser.new_context(java_script_enabled=scripts, locale="en-GB")
        self.page: Page = self.context.new_page()
        self.url, self.who = url, who
        if shows_sign_in:
            self.page.goto(f"{url}/sign-in?lang=en")
            self.follow(f"button[name=player][value={who}]")
        else:
            choice = self.context.request.get(f"{url}/sign-in?lang=en")
            signed_in = self.context.request.post(choice.url, form={"player": who})
            assert signed_in.ok, f"{who} is not signed in: {signed_in.status} {signed_in.text()}"
        self.page.goto(f"{url}/?lang=en")

    def go(self, path: str) -> Page:
        answer = self.page.goto(path if path.startswith("http") else self.url + path)
        assert answer is None or answer.status < 500, f"{path}: {answer.status} {self.page.inner_text('body')}"
        return self.page

    def press(self, words: str) -> None:
        self.follow(f"main button:has-text('{words}'), main a.button:has-text('{words}')")

    def follow(self, selector: str) -> None:
        """Press what leads to another page, and wait until that page is there."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def approve(self, address: str) -> None:
        """Sign in for the approval of an output or a translation at this address, and approve it."""
        self.go(address)
        self.press("Sign in for this approval")
        self.follow(f"button[name=player][value={self.who}]")
        self.send(address)

    def wait_for_file_check(self, address: str) -> None:
        """Look again, as the page says, until the files of a contribution are checked."""
        for _ in range(120):
            self.go(address)
            if "is being checked" not in self.page.inner_text("main"):
                return
            self.page.wait_for_timeout(250)
        raise AssertionError("the check of the files does not end")

    def submit(self, key: str) -> None:
        """Check a draft, say of each finding in its files that it is registered as it is, and submit it."""
        self.go(f"/contributions/{key}/check")
        for answer in self.page.locator("main input[name=answers]").all():
            answer.check()
        self.send(f"/contributions/{key}/submit")

    def send(self, form: str, **fields: str | Path) -> None:
        """Fill in a form and press its button."""
        own = f"button[formaction$='{form}']"
        there = self.page.locator(f"main form[action$='{form}'], main form:has({own})").first
        there.evaluate("form => form.querySelectorAll('details').forEach(each => { each.open = true; })")
        for name, value in fields.items():
            field = there.locator(f"[name={name}]")
            kind = field.first.evaluate("each => each.type")
            if isinstance(value, Path):
                field.set_input_files(value)
            elif kind in {"radio", "checkbox"}:
                there.locator(f"[name={name}][value='{value}']").check()
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)
        button = there.locator(own)
        pressed = button if button.count() else there.locator("button[type=submit], button:not([type])").first
        with self.page.expect_navigation():  # a script may send the file first, in pieces
            pressed.click()


def as_upload(file: Path) -> dict[str, object]:
    return {"name": file.name, "mimeType": "application/octet-stream", "buffer": file.read_bytes()}


def are_what_was_released(reader: Visit, *files: Path) -> None:
    """A reader lets the browser compare files with all that was released, then with what was signed of this output."""
    with reader.page.expect_download() as download:
        reader.page.click("a[href$='.manifest.json']")
    manifest = Path(download.value.path()).read_bytes()
    reader.go("/verify")
    another = {"name": "x", "mimeType": "text/plain", "buffer": manifest}
    reader.page.set_input_files("#f-file", [*map(as_upload, files), another])
    lines = reader.page.locator("[data-verify-file] .findings li")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_contain_text("CWG-Internet 21/OUT/1 (English")
    expect(lines.nth(1)).to_contain_text("CWG-Internet 21/OUT/1 (Chinese")
    expect(lines.nth(2)).to_contain_text("No match")
    reader.page.set_input_files("#f-files", files[0])
    reader.page.set_input_files(
        "#f-receipt", {"name": "manifest.json", "mimeType": "application/json", "buffer": manifest}
    )
    lines = reader.page.locator("[data-verify] .findings li")
    expect(lines).to_have_count(6)
    expect(lines.nth(0)).to_contain_text(OUTPUT)
    signature, key, ledger, file, _other = [each.split()[0] for each in lines.all_inner_texts()][1:]
    assert (signature, key, file) == ("Match", "Match", "Match")
    assert ledger in ("Match", "Not")  # its proof is made a moment after the release


@needs_chromium
@pytest.mark.parametrize(
    "scripts",
    [pytest.param(False, id="without-scripts", marks=pytest.mark.thorough), pytest.param(True, id="with-scripts")],
)
def test_a_contribution_gets_from_a_delegates_disk_to_the_membership(
    place: Place, tmp_path: Path, scripts: bool
) -> None:
    chinese, english = documents(tmp_path)
    meeting, past = place.world.meeting(number=22), place.world.meeting(number=21, opens_in=-1)
    place.world.item(meeting, "Contributions of Member States")
    place.world.agenda_released(meeting)
    with chromium() as browser:

        def visit(url: str, who: str) -> Visit:
            return Visit(browser, url, who, scripts=scripts, shows_sign_in=True)

        amina, rafael = visit(place.portal, "amina"), visit(place.portal, "rafael")
        ines, daniel, laurent, layla = (visit(place.portal, who) for who in ("ines", "daniel", "laurent", "layla"))
        chen = visit(place.reading, "chen")

        # A delegate drafts, adds a language, checks and submits.
        amina.go(f"/meetings/{meeting.id}")
        amina.press("Submit a contribution")
        amina.page.set_input_files("[name=file]", chinese)
        amina.press("Continue")
        expect(amina.page.locator("[name=original]")).to_have_value("zh")
        amina.page.fill("[name=title]", TITLE)
        key = re.search(r"/contributions/([0-9a-f-]{36})", amina.page.url)[1]
        amina.send(f"/contributions/{key}/files", language="en", file=english)
        expect(amina.page.locator("[name=title]")).to_have_value(TITLE)
        assert rafael.page.goto(f"{place.portal}/contributions/{key}").status == 404
        ines_before = ines.page.goto(f"{place.portal}/contributions/{key}")
        assert ines_before.status == 404
        amina.press("Continue to check")
        expect(amina.page.locator("main")).to_contain_text(digest(chinese)[:4])
        amina.submit(key)
        expect(amina.page.locator("main")).to_contain_text(TITLE)
        amina.wait_for_file_check(f"/contributions/{key}")

        # The secretariat registers it; another State sees it only now.
        assert rafael.page.goto(f"{place.portal}/contributions/{key}").status == 404
        rafael.go("/documents")
        expect(rafael.page.locator("main")).not_to_contain_text(TITLE)
        ines.go(f"/contributions/{key}")
        ines.press("Register the contribution")
        ines.press("Register the contribution")  # on its check page
        rafael.go("/documents")
        expect(rafael.page.locator("main")).to_contain_text(TITLE)
        wide = rafael.page.viewport_size
        rafael.page.set_viewport_size({"width": 390, "height": 844})
        rafael.page.get_by_role("link", name="22/1", exact=True).click()
        expect(rafael.page.locator("h1")).to_have_text(TITLE)
        expect(rafael.page.locator("nav a[href='#actions']")).to_be_visible()
        rafael.page.set_viewport_size(wide)

        # The chair puts it on the agenda.
        laurent.go(f"/meetings/{meeting.id}/agenda/edit")
        laurent.page.check("aside input[name=document]")
        laurent.page.select_option("#f-put", index=1)
        laurent.page.click("#chosen button >> nth=0")
        expect(laurent.page.locator(".edoc")).to_contain_text(TITLE)
        rafael.go(f"/meetings/{meeting.id}/agenda")
        expect(rafael.page.locator("main")).not_to_contain_text(TITLE)
        laurent.go(f"/meetings/{meeting.id}/agenda/release")
        laurent.send("/agenda/release", note="What came in stands under its item.")
        rafael.go(f"/meetings/{meeting.id}/agenda")
        expect(rafael.page.locator("main")).to_contain_text(TITLE)

        # An output is drafted, adopted, approved by two, released.
        ines.go(f"/meetings/{past.id}/outputs/new")
        ines.send(f"/meetings/{past.id}/outputs", kind="conclusions", original="en", title_en=OUTPUT)
        output = re.search(r"/outputs/([0-9a-f-]{36})", ines.page.url)[1]
        for language, path in (("en", english), ("zh", chinese)):
            ines.go(f"/outputs/{output}/edit")
            ines.send(f"/outputs/{output}/files", language=language, file=path)
        assert amina.page.goto(f"{place.portal}/outputs/{output}").status == 404
        laurent.go(f"/outputs/{output}/adopt")
        if laurent.page.locator("[name=without_pdf]").count():  # the worker may not have made it yet
            laurent.page.check("[name=without_pdf]")
        laurent.send(f"/outputs/{output}/adopt", adopted_on=date.today().isoformat())
        for approver in (ines, layla):
            approver.approve(f"/outputs/{output}/approve")
        chen.go("/")
        expect(chen.page.locator("body")).not_to_contain_text(OUTPUT)
        daniel.go(f"/outputs/{output}/let-out")
        daniel.send(f"/outputs/{output}/let-out", when="now")

        # A Sector Member reads and downloads it, byte for byte.
        for _ in range(60):
            chen.go("/")
            if OUTPUT in chen.page.content():
                break
            chen.page.wait_for_timeout(250)
        chen.page.click(f"text={OUTPUT}")
        for language, path in (("en", english), ("zh", chinese)):
            with chen.page.expect_download() as download:
                chen.page.click(f"a[href*='/files/{language}'] >> nth=0")
            assert digest(Path(download.value.path())) == digest(path)
        expect(chen.page.locator("body")).not_to_contain_text(TITLE)
        if scripts:
            are_what_was_released(chen, english, chinese)
            chen.go("/outputs")
            chen.page.click(f"text={OUTPUT}")

        # A stranger gets a clear message, and sees nothing.
        marc = visit(place.reading, "marc")
        assert marc.page.goto(chen.page.url).status == 403
        expect(marc.page.locator("body")).not_to_contain_text(OUTPUT)
