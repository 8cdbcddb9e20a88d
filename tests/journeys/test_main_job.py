"""The main job, once, in a real browser: from a delegate's disk to the membership, and unseen on the way."""

import hashlib
import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.core.storage import open_store
from app.settings import Settings
from tests.document_history import withdraw_document
from tests.files import make_docx, make_pdf
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
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
    made[0].write_bytes(make_docx("One paragraph."))
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
        self.url = url
        if shows_sign_in:
            self.page.goto(f"{url}/sign-in?lang=en")
            self.page.click(f"button[name=player][value={who}]")
        else:
            choice = self.context.request.get(f"{url}/sign-in?lang=en")
            self.context.request.post(choice.url, form={"player": who})
        self.page.goto(f"{url}/?lang=en")

    def go(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else self.url + path)
        return self.page

    def press(self, words: str) -> None:
        self.page.click(f"main button:has-text('{words}'), main a.button:has-text('{words}')")
        self.page.wait_for_load_state()

    def send(self, form: str, **fields: str | Path) -> None:
        """Fill in a form and press its button."""
        own = f"button[formaction$='{form}']"
        there = self.page.locator(f"main form[action$='{form}'], main form:has({own})").first
        for name, value in fields.items():
            field = there.locator(f"[name={name}]")
            kind = field.first.evaluate("each => each.type")
            if isinstance(value, Path):
                field.set_input_files(value)
            elif kind == "radio":
                there.locator(f"[name={name}][value={value}]").check()
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)
        button = there.locator(own)
        (button if button.count() else there.locator("button[type=submit], button:not([type])").first).click()
        self.page.wait_for_load_state()


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
    expect(lines.nth(2)).to_contain_text("Does not hold")
    reader.page.set_input_files("#f-files", files[0])
    reader.page.set_input_files(
        "#f-receipt", {"name": "manifest.json", "mimeType": "application/json", "buffer": manifest}
    )
    lines = reader.page.locator("[data-verify] .findings li")
    expect(lines).to_have_count(6)
    expect(lines.nth(0)).to_contain_text(OUTPUT)
    signature, key, ledger, file, _other = [each.split()[0] for each in lines.all_inner_texts()][1:]
    assert (signature, key, file) == ("Holds", "Holds", "Holds")
    assert ledger in ("Holds", "Not")  # its proof is made a moment after the release


@needs_chromium
@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
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
        amina.send(
            f"/meetings/{meeting.id}/contributions", title=TITLE, original="zh", purpose="discussion", file=chinese
        )
        key = re.search(r"/contributions/([0-9a-f-]{36})", amina.page.url)[1]
        amina.send(f"/contributions/{key}/files", language="en", file=english)
        assert rafael.page.goto(f"{place.portal}/contributions/{key}").status == 404
        ines_before = ines.page.goto(f"{place.portal}/contributions/{key}")
        assert ines_before.status == 404
        amina.go(f"/contributions/{key}/check")
        expect(amina.page.locator("main")).to_contain_text(digest(chinese)[:4])
        amina.send(f"/contributions/{key}/submit")
        expect(amina.page.locator("main")).to_contain_text(TITLE)

        # The secretariat registers it; another State sees it only now.
        assert rafael.page.goto(f"{place.portal}/contributions/{key}").status == 404
        rafael.go("/documents")
        expect(rafael.page.locator("main")).not_to_contain_text(TITLE)
        ines.go(f"/contributions/{key}")
        ines.press("Register it")
        rafael.go("/documents")
        expect(rafael.page.locator("main")).to_contain_text(TITLE)
        expect(rafael.page.locator("main")).to_contain_text("CWG-Internet 22/1")

        # The chair puts it on the agenda.
        laurent.go(f"/meetings/{meeting.id}/agenda/edit")
        laurent.page.check("aside input[name=document]")
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
        laurent.send(f"/outputs/{output}/adopt", adopted_on=date.today().isoformat())
        for approver in (ines, layla):
            approver.go(f"/outputs/{output}/approve")
            approver.send(f"/outputs/{output}/approve")
        chen.go("/")
        expect(chen.page.locator("body")).not_to_contain_text(OUTPUT)
        daniel.go(f"/outputs/{output}/let-out")
        daniel.send(f"/outputs/{output}/let-out")

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


PAGES = {
    "amina": (
        "/",
        "/account",
        "/meetings",
        "/meetings/{meeting}",
        "/meetings/{meeting}/agenda",
        "/meetings/{meeting}/agenda/versions",
        "/meetings/{meeting}/agenda/differences",
        "/meetings/{meeting}/agenda/proposals",
        "/meetings/{meeting}/documents",
        "/meetings/{meeting}/contributions/new",
        "/contributions",
        "/contributions/{draft}",
        "/contributions/{draft}/edit",
        "/contributions/{draft}/check",
        "/contributions/{draft}/discard",
        "/documents",
        "/documents/{document}",
        "/documents/{document}/first/translate",
        "/documents/{document}/open",
        "/documents/{document}/relate",
        "/documents/{withdrawn}",
        "/public/documents",
        "/outputs",
        "/help",
        "/help/rights",
        "/help/deadlines",
        "/help/glossary",
        "/verify",
        "/keys",
        "/there-is-no-such-page",
    ),
    "ines": (
        "/",
        "/contributions",
        "/contributions/{submitted}",
        "/contributions/{submitted}/receipt",
        "/contributions/{submitted}/return",
        "/register",
        "/documents/{document}/correct",
        "/documents/{document}/void",
        "/meetings/new?body=cwg-internet",
        "/meetings/{meeting}/edit",
        "/meetings/{meeting}/outputs/new",
        "/outputs/{output}",
        "/outputs/{output}/edit",
        "/outputs/{approved}/let-out",
        "/people",
        "/people/cwg-internet",
        "/people/cwg-internet/accredit?person={wambui}",
        "/people/cwg-internet/offices/propose",
        "/states",
        "/bodies/cwg-internet/admission",
    ),
    "daniel": ("/outputs/{adopted}/approve",),
    "laurent": (
        "/",
        "/meetings/{meeting}/agenda/edit",
        "/meetings/{meeting}/agenda/items/{item}",
        "/meetings/{meeting}/agenda/release",
        "/meetings/{meeting}/agenda/adopt",
        "/meetings/{meeting}/agenda/proposals",
        "/outputs/{output}/adopt",
        "/contributions/{late}/accept-late",
    ),
    "marc": ("/",),
    "wambui": ("/",),
    "chen": ("/",),
    "olga": ("/",),
}
STYLE = Path(__file__).parent.parent.parent / "app" / "static" / "style.css"
LANGUAGES = {"en": "ltr", "ar": "rtl"}
READING = {"chen": ("/", "/outputs", "/outputs/CWG-Internet-21-OUT-3", "/verify", "/help"), "marc": ("/", "/outputs")}


def test_no_colour_depends_on_a_language() -> None:
    """So contrast, two thirds of axe's work, is measured in English; Arabic letters axe takes for icons and passes."""
    rules = re.findall(r"([^{};]*)[{]([^{}]*)[}]", STYLE.read_text(encoding="utf-8"))
    by_language = [body for selector, body in rules if re.search(r":lang|:dir|\[(lang|dir)", selector)]

    assert len(by_language) > 5
    assert [body for body in by_language if re.search(r"color|background|opacity|filter", body)] == []


@needs_chromium
def test_every_page_is_accessible_and_fits_a_phone_in_both_directions(
    place: Place, settings: Settings, pytestconfig: pytest.Config
) -> None:
    """Each page is opened in both directions. Its elements are the same in both: axe looks at them in English, and in
    Arabic as well in `make test-all`."""
    checked = LANGUAGES if pytestconfig.getoption("thorough") else {"en"}
    world = place.world
    meeting, past = world.meeting(number=22), world.meeting(number=21, opens_in=-1)
    item = world.item(meeting)
    _, tombstone = world.registered(meeting)
    world.allocated(meeting, tombstone, item)
    world.agenda_released(meeting)
    world.proposed(meeting)
    world.item(meeting, "An item of the draft")
    withdraw_document(world, tombstone)
    things = {
        "meeting": meeting.id,
        "draft": world.draft(meeting).id,
        "submitted": world.submitted(meeting).id,
        "late": world.submitted(past).id,
        "document": world.registered(meeting)[1].id,
        "withdrawn": tombstone.id,
        "output": world.output(past).id,
        "adopted": world.adopted(past).id,
        "approved": world.approved(past).id,
        "item": item.id,
        "wambui": world.person("wambui").id,
    }
    world.released(past, open_store(settings.release_store_url))
    wrong = []
    with chromium() as browser:
        for url, visitors in ((place.portal, PAGES), (place.reading, READING)):
            for who, paths in visitors.items():
                visit = Visit(browser, url, who, scripts=True)
                for path, language in product(paths, LANGUAGES):
                    address = path.format(**things)
                    mark = "&" if "?" in address else "?"
                    visit.page.set_viewport_size({"width": 1280, "height": 900})
                    visit.go(f"{address}{mark}lang={language}")
                    if language in checked:
                        found = faults(visit.page, colours=language == "en")
                        wrong += [f"{who} {path} {language}: {fault}" for fault in found]
                    assert visit.page.get_attribute("html", "dir") == LANGUAGES[language]
                    visit.page.set_viewport_size({"width": 390, "height": 800})
                    if is_wider_than_its_window(visit.page):
                        wrong.append(f"{who} {path} {language}: scrolls sideways at 390")
                visit.context.close()
        for url, language in product((place.portal, place.reading), LANGUAGES):
            page = browser.new_page()
            page.goto(f"{url}/?lang={language}")
            wrong += [f"nobody {url} {language}: {fault}" for fault in faults(page)]
    assert wrong == [], "\n".join(wrong)
