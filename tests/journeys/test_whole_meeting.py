"""A whole meeting in a real browser: 40 items and 300 documents are planned and released, discussed, and reported.

The chair plans and opens the session without scripts, and goes on with the keyboard; a delegate has a phone.
Clicks and bytes are counted; they are in docs/workplaces.md.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select

from app.core import clock
from app.core.db import create_database_engine
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.documents.models import Document, Edition
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.settings import Settings
from bench.documents import create_documents_of_meeting
from bench.filling import record_rows
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.clicks import Clicks
from tests.journeys.conftest import Place
from tests.journeys.test_floor import PATIENCE, PHONE
from tests.journeys.test_main_job import Visit

ITEMS, DOCUMENTS, SESSIONS = 40, 300, 8
MINUTES = 30
AGREED = "The group took note of the documents on this item."
NOTE = "Kenya offered to host a workshop."
CLICKS = {"plan": 4, "run": 6, "report": 5}
BYTES = {"edit": 320_000, "release": 20_000, "agenda": 200_000, "floor": 16_500, "report": 115_000}
"""The most that a page of this meeting may have, uncompressed."""


@pytest.fixture
def meeting(place: Place, settings: Settings) -> Meeting:
    """A meeting that begins today: items released, sessions scheduled, each document asked for under an item."""
    world = place.world
    made = world.meeting(opens_in=0, number=22)
    items = [world.item(made, f"Question {number}: what was submitted on it").id for number in range(1, ITEMS + 1)]
    world.agenda_released(made)
    for number in range(SESSIONS):
        world.session(made, starts_in=timedelta(hours=4 * number))
    documents = create_documents_of_meeting(str(settings.owner_database_url), 22, DOCUMENTS)
    engine = create_database_engine(str(settings.owner_database_url))
    with engine.begin() as connection:
        person = connection.scalars(select(Person.id).limit(1)).one()
        rows = connection.execute(
            select(Document.id, Document.entity, Document.series_id, Edition.id)
            .join(Edition, Edition.document_id == Document.id)
            .where(Document.id.in_(documents))
        )
        asked = [
            {
                **dict.fromkeys(("abstract", "action", "refers_to", "contact"), ""),
                "id": uuid4(),
                "body_id": made.body_id,
                "meeting_id": made.id,
                "entity": entity,
                "by_entity": entity,
                "series": "C",
                "status": ContributionStatus.REGISTERED,
                "title": "A paper",
                "original": "en",
                "purpose": "discussion",
                "item_id": items[number % ITEMS],
                "drafted_by": person,
                "changed_by": person,
                "drafted_at": clock.now(),
                "changed_at": clock.now(),
                "submitted_by": person,
                "submitted_at": clock.now(),
                "document_id": document,
                "edition_id": edition,
            }
            for number, (document, entity, _series, edition) in enumerate(rows)
        ]
        connection.execute(insert(Contribution), asked)
        record_rows(connection)
    engine.dispose()
    return made


def measure(visit: Visit, path: str) -> int:
    """The bytes of a page as it leaves the portal, uncompressed."""
    answer = visit.context.request.get(visit.url + path)
    assert answer.ok, path
    return len(answer.body())


def plan(chair: Visit, meeting: Meeting) -> int:
    """Allocate all documents, give each item its minutes and its session, and release the agenda."""
    here = f"/meetings/{meeting.id}/agenda/edit"
    clicks = Clicks(chair.go(here))
    clicks.press(f"Allocate all as requested ({DOCUMENTS})")
    expect(chair.page.locator(".edoc")).to_have_count(DOCUMENTS)
    for number, field in enumerate(chair.page.locator("[name^='m-']").all()):
        field.fill(str(MINUTES))
        chair.page.locator("[name^='s-']").nth(number).fill(str(number * SESSIONS // ITEMS + 1))
    clicks.press("Save")
    expect(chair.page.locator("[data-did]")).to_contain_text("Items planned")
    expect(chair.page.locator(".session h3")).to_have_count(SESSIONS)
    clicks.press("Release…")
    clicks.follow(chair.page.locator("main form[action$='/agenda/release'] button.button").first)
    expect(chair.page.locator("main")).to_contain_text("The agenda has been released.")
    return clicks.count


def run(chair: Visit, with_keys: Visit, phone: Visit, meeting: Meeting) -> int:
    """Open a session and an item without scripts; a delegate asks on a phone; keys give and take the floor."""
    here = f"/meetings/{meeting.id}/floor"
    clicks = Clicks(chair.go(here))
    clicks.follow(chair.page.locator("main form[action$='/floor/open'] button").first)
    clicks.press("Go to item 1")
    expect(chair.page.locator("[data-piece=item]")).to_contain_text("Question 1")

    phone.page.set_viewport_size(PHONE)
    phone.go(here)
    phone.press("Request the floor")
    expect(phone.page.locator("[data-piece=mine]")).to_contain_text("Place 1 on the list")
    assert not is_wider_than_its_window(phone.page)

    page = with_keys.go(here)
    for key, shown in (("n", "Kenya"), ("e", "No one")):
        with page.expect_navigation():
            page.keyboard.press(key)
        expect(page.locator("[data-piece=speaker]")).to_contain_text(shown, timeout=PATIENCE)
    page.keyboard.press("o")
    page.keyboard.type(NOTE)
    expect(page.locator("[data-note-state]")).to_have_text("Saved", timeout=PATIENCE)

    chair.go(here)
    chair.page.fill("#decides", AGREED)
    clicks.press("Record the decision")
    expect(chair.page.locator("[data-piece=decisions]")).to_contain_text(AGREED)
    clicks.press("Go to item 2")
    clicks.press("Close the session")
    clicks.press("Close the session")  # on its check page
    return clicks.count


def report(chair: Visit, meeting: Meeting) -> int:
    """Generate the report, circulate it, and record its adoption."""
    clicks = Clicks(chair.go(f"/meetings/{meeting.id}/report"))
    clicks.press("Generate the draft")
    text = chair.page.locator(".report").inner_text()
    assert all(f"Question {number}:" in text for number in range(1, ITEMS + 1))
    assert AGREED in text
    for step in ("Circulate the report", "Record the adoption of the report"):
        clicks.press(step)
        clicks.press(step)  # on its check page
    return clicks.count


@needs_chromium
def test_a_meeting_of_40_items_and_300_documents_is_planned_run_and_reported(place: Place, meeting: Meeting) -> None:
    here = f"/meetings/{meeting.id}"
    with chromium() as browser:
        chair = Visit(browser, place.portal, "laurent", scripts=False)
        with_keys = Visit(browser, place.portal, "laurent", scripts=True)
        phone = Visit(browser, place.portal, "amina", scripts=True)

        clicks = {"plan": plan(chair, meeting)}
        measured = {"edit": measure(chair, f"{here}/agenda/edit"), "release": measure(chair, f"{here}/agenda/release")}
        measured["agenda"] = measure(phone, f"{here}/agenda")
        phone.page.set_viewport_size(PHONE)
        assert not is_wider_than_its_window(phone.go(f"{here}/agenda"))

        place.world.moved(meeting, "begin", by="laurent")
        clicks["run"] = run(chair, with_keys, phone, meeting)
        measured["floor"] = measure(phone, f"{here}/floor")
        clicks["report"] = report(chair, meeting)
        measured["report"] = measure(phone, f"{here}/report")
        assert faults(with_keys.go(f"{here}/report")) == []

    assert clicks == CLICKS
    assert {name: size for name, size in measured.items() if size > BYTES[name]} == {}
