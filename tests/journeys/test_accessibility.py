"""Every page in a real browser: what axe says of it, and whether it fits a phone, in both directions."""

import hashlib
import re
from itertools import product
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

import pytest

from app.core import clock
from app.core.inspection import DOCX
from app.core.storage import open_store
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from app.domain.documents.inputs import LanguageFile
from app.domain.meetings.models import Meeting
from app.settings import Settings
from tests.core.test_cleaning import with_people
from tests.document_history import withdraw_document
from tests.journeys.chromium import chromium, faults, faults_again, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.world import World

Pages = dict[str, tuple[str, ...]]

PAGES: Pages = {
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
        "/contributions/{named}/files/en/clean",
        "/documents",
        "/documents/{document}",
        "/documents/{document}/first/translate",
        "/documents/{document}/open",
        "/documents/{document}/outcomes",
        "/documents/{document}/relate",
        "/documents/{withdrawn}",
        "/public/documents",
        "/outputs",
        "/help",
        "/help/rights",
        "/help/deadlines",
        "/help/glossary",
        "/help/contacts",
        "/help/first-contribution",
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
        "/registration/without-findings",
        "/delegation-view?state=KEN",
        "/register",
        "/documents/{document}/correct",
        "/documents/{document}/void",
        "/meetings/new?body=cwg-internet",
        "/meetings/{meeting}/edit",
        "/meetings/{meeting}/badges",
        "/meetings/{meeting}/outputs/new",
        "/outputs/{output}",
        "/outputs/{output}/edit",
        "/outputs/{approved}/let-out",
        "/people",
        "/people/cwg-internet",
        "/people/cwg-internet/accredit?person={wambui}",
        "/people/cwg-internet/offices/propose",
        "/states",
        "/states/KEN",
        "/bodies/cwg-internet/edit",
    ),
    "daniel": ("/outputs/{adopted}/approve",),
    "laurent": (
        "/",
        "/meetings/{meeting}/agenda/edit",
        "/meetings/{meeting}/agenda/items/{item}",
        "/meetings/{meeting}/agenda/release",
        "/meetings/{meeting}/agenda/adopt",
        "/meetings/{meeting}/agenda/proposals",
        "/meetings/{meeting}/statistics",
        "/meetings/{meeting}/statistics/states",
        "/outputs/{output}/adopt",
        "/contributions/{late}/accept-late",
    ),
    "marc": ("/",),
    "wambui": ("/",),
    "chen": ("/",),
    "olga": ("/",),
}
READING: Pages = {
    "chen": ("/", "/outputs", "/outputs/CWG-Internet-21-OUT-3", "/verify", "/help"),
    "marc": ("/", "/outputs"),
}
# The pages of a contribution on its way, of an agenda that is made, and of an output that is read.
MAIN_PAGES: Pages = {
    "amina": (
        "/",
        "/meetings/{meeting}",
        "/meetings/{meeting}/contributions/new",
        "/contributions/{draft}",
        "/contributions/{draft}/check",
        "/documents",
        "/documents/{document}",
    ),
    "ines": ("/register", "/outputs/{approved}/let-out"),
    "laurent": ("/", "/meetings/{meeting}/statistics", "/meetings/{meeting}/agenda/edit", "/outputs/{output}/adopt"),
}
MAIN_READING: Pages = {"chen": ("/", "/outputs/CWG-Internet-21-OUT-3")}
STYLE_SHEETS = (Path(__file__).parent.parent.parent / "app" / "static").glob("*.css")
LANGUAGES = {"en": "ltr", "ar": "rtl"}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


def test_no_colour_depends_on_a_language() -> None:
    """So contrast, a third of axe's work, is measured in English; Arabic letters axe takes for icons and passes."""
    styles = "".join(path.read_text(encoding="utf-8") for path in STYLE_SHEETS)
    rules = re.findall(r"([^{};]*)[{]([^{}]*)[}]", styles)
    by_language = [body for selector, body in rules if re.search(r":lang|:dir|\[(lang|dir)", selector)]

    assert len(by_language) > 5
    assert [body for body in by_language if re.search(r"color|background|opacity|filter", body)] == []


def make_things(world: World, settings: Settings) -> dict[str, UUID]:
    """Make what the addresses name."""
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
        "named": draft_with_names(world, meeting).id,
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
    return things


def draft_with_names(world: World, meeting: Meeting) -> Contribution:
    """Make a draft whose file names people, so that there is a clean copy of it."""
    draft = world.draft(meeting)
    content = with_people()
    sha256 = hashlib.sha256(content).hexdigest()
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        world.store.put(Path(file.name), sha256)
    with world.acting("amina") as (session, actor):
        named = LanguageFile("en", sha256, len(content), DOCX, "names.docx", [])
        contribution = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, contribution, named, began_at=clock.now())
    return draft


@needs_chromium
@pytest.mark.parametrize(
    ("portal_pages", "reading_pages"),
    [
        pytest.param(MAIN_PAGES, MAIN_READING, id="main pages"),
        pytest.param(PAGES, READING, marks=pytest.mark.thorough, id="all pages"),
    ],
)
def test_every_page_is_accessible_and_fits_a_phone_in_both_directions(
    place: Place, settings: Settings, portal_pages: Pages, reading_pages: Pages
) -> None:
    things, wrong = make_things(place.world, settings), []
    with chromium() as browser:
        for url, visitors in ((place.portal, portal_pages), (place.reading, reading_pages)):
            for who, paths in visitors.items():
                visit = Visit(browser, url, who, scripts=True)
                for path, language in product(paths, LANGUAGES):
                    address = path.format(**things)
                    mark = "&" if "?" in address else "?"
                    visit.page.set_viewport_size(WIDE)
                    visit.go(f"{address}{mark}lang={language}")
                    look = faults if language == "en" else faults_again
                    found = look(visit.page, colours=language == "en")
                    wrong += [f"{who} {path} {language}: {fault}" for fault in found]
                    assert visit.page.get_attribute("html", "dir") == LANGUAGES[language]
                    visit.page.set_viewport_size(NARROW)
                    if is_wider_than_its_window(visit.page):
                        wrong.append(f"{who} {path} {language}: scrolls sideways at 390")
                visit.context.close()
        for url, language in product((place.portal, place.reading), LANGUAGES):
            page = browser.new_page()
            page.goto(f"{url}/?lang={language}")
            look = faults if language == "en" else faults_again
            wrong += [f"nobody {url} {language}: {fault}" for fault in look(page)]
    assert wrong == [], "\n".join(wrong)
