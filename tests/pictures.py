"""`python -m tests.pictures [PAGE…]`: pictures of the main pages of the demo in six languages, to be looked at.

Starts a demo with new data on ports of its own, signs in as the people of the cast, and writes to `build/pictures`: for
each page and language a picture at 1280 and one at 390 CSS pixels, in English and Arabic also dark; its words as a text
file; and `index.html` with all of them. Exits with 1 if a page did not answer 200 or is wider than its window.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from app.core.i18n import LANGUAGES
from tests.journeys.chromium import CHROMIUM, QUIET, is_wider_than_its_window
from tests.waiting import stop_process

PROJECT_ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = PROJECT_ROOT / "build" / "pictures"
FIRST_PORT: Final = 9700
PORTAL, READ_PATH = (f"http://127.0.0.1:{port}" for port in (FIRST_PORT, FIRST_PORT + 1))
START_SECONDS, RENDERING_SECONDS = 300, 240
WIDTHS: Final = (1280, 390)
LANGUAGES_IN_THE_DARK: Final = frozenset({"en", "ar"})

Address = Callable[[Page], str]
"""Finds the address of a page from the first page of the person who is signed in."""


def at(path: str) -> Address:
    """Return the address of a page that does not depend on the demo's data."""
    return lambda page: page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path


def behind(path: str, *texts: str, then: str = "") -> Address:
    """Return the address behind the first link of each of these texts, one page after the other, and what follows."""

    def find(page: Page) -> str:
        page.goto(at(path)(page) + "?lang=en")
        for text in texts:
            page.locator("main a").filter(has_text=re.compile(text)).first.click()
        return page.url.split("?")[0] + then

    return find


MEETING: Final = "CWG-Internet, meeting 22"
PAGES: Final[Sequence[tuple[str, str, Address]]] = (
    ("desk-delegate", "amina", at("/")),
    ("desk-chair", "laurent", at("/")),
    ("desk-secretary", "ines", at("/")),
    ("contributions", "amina", at("/contributions")),
    ("submit", "amina", behind("/", "Submit a contribution")),
    ("draft", "amina", behind("/contributions", "Community networks")),
    ("preview", "amina", behind("/contributions", "Community networks", then="/check")),
    ("documents", "amina", at("/documents")),
    ("document", "amina", behind("/documents", "Internet exchange points")),
    ("document-decided", "amina", behind("/documents", "القبول الشامل")),
    ("outcomes-decided", "amina", behind("/documents", "القبول الشامل", then="/outcomes")),
    ("outcomes-other-group", "chen", behind("/documents", "Report to the Working Group", then="/outcomes")),
    ("outcomes", "amina", behind("/documents", "Internet exchange points", then="/outcomes")),
    ("meeting", "amina", behind("/", MEETING)),
    ("agenda", "amina", behind("/", MEETING, then="/agenda")),
    ("briefing", "amina", behind("/", MEETING, then="/briefing")),
    ("pack", "amina", behind("/", MEETING, then="/pack")),
    ("agenda-editor", "laurent", behind("/", MEETING, then="/agenda/edit")),
    ("agenda-titles", "laurent", behind("/", MEETING, then="/agenda/titles")),
    ("statistics", "ines", behind("/", MEETING, then="/statistics")),
    ("states", "laurent", behind("/", MEETING, then="/statistics/states")),
    ("agenda-item", "laurent", behind("/", MEETING, "Edit the agenda", "Report of the previous meeting")),
    ("new-meeting", "ines", at("/meetings/new?body=cwg-internet")),
    ("floor", "laurent", behind("/meetings", MEETING, then="/floor")),
    ("room-display", "laurent", behind("/meetings", MEETING, then="/floor/screen")),
    ("silence", "amina", behind("/", "Read and decide")),
    ("position", "amina", behind("/", "Read and decide", "position")),
    ("invite", "amina", behind("/contributions", "Community networks", then="/sponsors")),
    ("queue", "ines", at("/contributions")),
    ("check-page", "ines", behind("/contributions", "Repair times", then="/register")),
    ("register-all", "ines", at("/registration/without-findings")),
    ("return", "ines", behind("/contributions", "Repair times", then="/return")),
    ("as-delegation", "ines", at("/delegation-view?state=KEN")),
    ("titles", "ines", behind("/documents", "Languages on the Internet", then="/titles")),
    ("missing-titles", "ines", at("/titles")),
    ("translations", "ines", at("/translations")),
    ("translations-received", "ines", at("/translations/received")),
    ("outbox", "ines", at("/bodies/cwg-internet/outbox")),
    ("messages", "ines", at("/bodies/cwg-internet/messages/new")),
    ("outputs", "ines", at("/outputs")),
    ("output", "ines", behind("/outputs", "Report of the 21st meeting")),
    ("report", "ines", behind("/meetings", "CWG-Internet, meeting 21", then="/report")),
    ("change-of-a-group", "ines", at("/bodies/cwg-internet/edit")),
    ("regions", "ines", at("/states")),
    ("region", "ines", at("/states/KEN")),
    ("groups", "ines", at("/bodies")),
    ("group", "ines", at("/bodies/cwg-internet")),
    ("task-force", "ines", at("/bodies/wsis-tf")),
    ("new-group", "ines", at("/bodies/new")),
    ("questions", "daniel", at("/bodies/sg3/questions")),
    ("organizations", "ines", at("/organizations")),
    ("organization", "ines", at("/organizations/ISOC")),
    ("inbox", "ines", at("/organizations/ISOC/inbox")),
    ("mandates", "amina", at("/mandates")),
    ("mandate", "amina", at("/mandates/wtsa-res-75")),
    ("clause", "amina", at("/mandates/wtsa-res-75/2008-resolves-to-invite-the-council")),
    ("trace", "amina", at("/mandates/wtsa-res-75/2008-resolves-to-invite-the-council/trace")),
    ("trace-other-group", "chen", at("/mandates/wtsa-res-75/2008-resolves-to-invite-the-council/trace")),
    ("action-plan", "amina", at("/mandates/progress")),
    ("action-lines", "amina", at("/action-lines")),
    ("action-line", "olga", at("/action-lines/C5")),
    ("liaisons", "ines", at("/liaisons")),
    ("reports-of-organizations", "ines", at("/liaisons/reports")),
    ("reporting-duty", "ines", behind("/liaisons/reports", "Open Routing Forum")),
    ("public-reports", "ines", behind("/liaisons/reports", "Open Routing Forum", then="/publication")),
    ("register-liaisons", "ines", at("/bodies/cwg-internet/liaisons/register")),
    ("new-liaison", "ines", at("/bodies/cwg-internet/liaisons/new")),
    ("deliveries", "olga", at("/deliveries")),
    ("desk-officer", "olga", at("/")),
    ("new-output", "ines", behind("/", MEETING, then="/outputs/new")),
    ("people", "joseph", at("/people")),
    ("participants", "ines", behind("/", MEETING, then="/participants")),
    ("badges", "ines", behind("/", MEETING, then="/badges")),
    ("invitation-letters", "ines", behind("/", MEETING, then="/invitation")),
    ("invitation-template", "ines", at("/bodies/cwg-internet/invitation-template/en")),
    ("participant-import", "ines", behind("/", MEETING, then="/participants/import")),
    ("people-of-group", "ines", at("/people/cwg-internet")),
    ("invite-person", "ines", at("/people/cwg-internet/invite")),
    ("people-import", "joseph", at("/people/cwg-internet/import")),
    ("activity-log", "ines", at("/record")),
    ("log-entry", "ines", behind("/record", "Proof")),
    ("account", "amina", at("/account")),
    ("notifications", "amina", at("/letters")),
    ("time-zone", "amina", at("/account/time-zone")),
    ("state-decisions", "amina", at("/bodies/cwg-internet/clearance")),
    ("without-role", "wambui", at("/")),
    ("help", "amina", at("/help")),
    ("guide", "amina", at("/help/first-contribution")),
    ("contacts", "amina", at("/help/contacts")),
    ("rights", "amina", at("/help/rights")),
)
PAGES_OF_READ_PATH: Final[Sequence[tuple[str, Address]]] = (
    ("read-home", at("/")),
    ("read-outputs", at("/outputs")),
    ("read-output", behind("/outputs", "Report of the 21st meeting")),
    ("read-reports", at("/reports")),
    ("read-verify", at("/verify")),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was taken, with what is wrong with its page."""

    page: str
    language: str
    name: str
    fault: str


@contextmanager
def run_demo() -> Iterator[None]:
    """Context manager: run a demo with new data, from the moment when its portal answers."""
    command = [sys.executable, "-m", "app", "demo", "--fresh", "--port", str(FIRST_PORT)]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for_portal(process)
        yield
    finally:
        stop_process(process, within=60)


def _wait_for_portal(process: "subprocess.Popen[bytes]") -> None:
    """Wait until the portal answers. Raises SystemExit if the demo ends or does not start in time."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{PORTAL}/sign-in").status_code < 400:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.5)
    raise SystemExit("The demo did not start: run `make demo` to see why.")


def take_pictures(browser: Browser, wanted: frozenset[str]) -> Iterator[Picture]:
    """Take the pictures of all pages, or of those with the given names."""
    for person in dict.fromkeys(person for _, person, _ in PAGES):
        addresses = [(name, find) for name, owner, find in PAGES if owner == person and _is_wanted(name, wanted)]
        yield from _take_pictures_as(browser, PORTAL, person, addresses)
    addresses = [(name, find) for name, find in PAGES_OF_READ_PATH if _is_wanted(name, wanted)]
    yield from _take_pictures_as(browser, READ_PATH, None, addresses)


def _is_wanted(name: str, wanted: frozenset[str]) -> bool:
    return not wanted or name in wanted


def _take_pictures_as(
    browser: Browser, origin: str, person: str | None, addresses: Sequence[tuple[str, Address]]
) -> Iterator[Picture]:
    """Take pictures of pages as one person, or signed out."""
    if not addresses:
        return
    context = browser.new_context()
    page = context.new_page()
    if person:
        page.goto(f"{origin}/sign-in")
        page.locator(f'button[value="{person}"]').click()
    found = []
    for name, find in addresses:
        page.goto(f"{origin}/?lang=en")
        found.append((name, find(page)))
    for language in LANGUAGES:
        page.goto(f"{origin}/?lang={language}")
        for name, address in found:
            _wait_for_text(page, _in_language(address, language))
            yield from _take_pictures_of_page(page, name, address, language)
    context.close()


def _in_language(address: str, language: str) -> str:
    """Return the address of a page in a language."""
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def _wait_for_text(page: Page, address: str) -> None:
    """Wait until the worker has read the text that a page shows: it begins after the start."""
    until = time.monotonic() + RENDERING_SECONDS
    page.goto(address)
    while page.locator("[data-waits]").count() and time.monotonic() < until:
        time.sleep(2)
        page.goto(address)


def _take_pictures_of_page(page: Page, name: str, address: str, language: str) -> Iterator[Picture]:
    for width in WIDTHS:
        for scheme in ("light", "dark") if language in LANGUAGES_IN_THE_DARK else ("light",):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            answer = page.goto(_in_language(address, language))
            file = f"{name}-{language}-{width}-{scheme}.png"
            page.screenshot(path=FOLDER / file, full_page=True)
            status = answer.status if answer else 0
            fault = f"status {status}" if status != 200 else "wider than its window" * is_wider_than_its_window(page)
            yield Picture(name, language, file, fault)
    (FOLDER / f"{name}-{language}.txt").write_text(page.locator("body").inner_text() + "\n", encoding="utf-8")


def write_index(pictures: Sequence[Picture]) -> None:
    """Write the page with all pictures, one row for each page."""
    rows = []
    for name in dict.fromkeys(picture.page for picture in pictures):
        shown = "".join(
            f'<a href="{picture.name}"><img src="{picture.name}" alt="{picture.name}" loading="lazy"></a>'
            for picture in pictures
            if picture.page == name
        )
        rows.append(f"<h2>{escape(name)}</h2><div>{shown}</div>")
    style = "img{height:20rem;border:1px solid #999;margin:.2rem}div{overflow-x:auto;white-space:nowrap}"
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Pictures of the pages</title><style>{style}</style>"
    )
    (FOLDER / "index.html").write_text(head + "".join(rows), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; returns the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with run_demo(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        pictures = list(take_pictures(browser, frozenset(arguments)))
        browser.close()
    write_index(pictures)
    faults = [picture for picture in pictures if picture.fault]
    for picture in faults:
        print(f"{picture.name}: {picture.fault}")
    print(f"{len(pictures)} pictures in {FOLDER.relative_to(PROJECT_ROOT)}/index.html; {len(faults)} with a fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
