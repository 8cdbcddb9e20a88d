"""From the floor to the report: what was said and decided on phones and on the chair's page appears in the draft.

Four States ask for the floor, one raises a point of order, the list is closed with notice, a decision falls and a State
reserves its position. Then the report is circulated, corrected, adopted, and put on the register.
"""

import io
from statistics import median

import docx
import pytest
from playwright.sync_api import expect

from app.domain.meetings.models import Meeting
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_floor import PATIENCE, RESERVATION, Room

AGREED = "The group took note of the documents."
MENDED = "The group took note of the documents, with thanks."


@pytest.fixture
def meeting(place: Place) -> Meeting:
    """In session, with a document under its second item and people of three delegations."""
    world = place.world
    world.seat("layla", "delegate")
    made = world.meeting()
    items = [world.item(made, title) for title in ("Opening", "Names in local scripts")]
    _, document = world.registered(made, title="A paper on names")
    world.allocated(made, document, items[1])
    world.agenda_released(made)
    world.session(made)
    for entity, name in (("JPN", "Haruka Shimizu"), ("BRA", "Rafael Nogueira"), ("KEN", "Wanjiku Kamau")):
        capacity = "head_of_delegation" if entity == "KEN" else "delegate"
        mode = "remote" if entity == "JPN" else "on_site"
        world.participant(made, name, entity=entity, capacity=capacity, mode=mode, by="ines")
    return world.moved(made, "begin", by="laurent")


def played(room: Room) -> None:
    """The session, from its opening to its closing."""
    chair = room.chair
    chair.press("Open the session")
    chair.press("Go to item 1")
    chair.press("Go to item 2")
    for phone in (room.kenya, room.brazil, room.japan):
        phone.press("Request the floor")
    room.agree("No one", "Kenya", "Brazil", "Japan")
    chair.press("Give the floor to Kenya")
    room.agree("Kenya", "Brazil", "Japan")
    room.japan.press("Point of order")
    room.agree("Kenya", "Japan", "Brazil", "Japan")
    chair.press("Point of order: Japan")
    room.agree("Japan", "Kenya", "Brazil", "Japan")
    chair.press("End the statement by Japan")
    chair.press("Give the floor back to Kenya")
    room.agree("Kenya", "Brazil", "Japan")

    # It is announced that the list closes in two minutes; others can still ask until then. Then it closes.
    chair.page.select_option("#closes", "2")
    chair.press("Close the list")
    for page in room.shown():
        expect(page.locator("main")).to_contain_text("The list closes in", timeout=PATIENCE)
    room.arabia.press("Request the floor")
    room.agree("Kenya", "Brazil", "Japan", "Saudi Arabia")
    chair.press("Reopen the list")
    chair.page.select_option("#closes", "0")
    chair.press("Close the list")
    for page in room.shown():
        expect(page.locator("main")).to_contain_text("The list is closed.", timeout=PATIENCE)
    expect(room.kenya.page.locator("[data-piece=mine]")).not_to_contain_text("Request the floor")
    for name in ("Brazil", "Japan", "Saudi Arabia"):
        chair.press(f"Give the floor to {name}")
    room.agree("Saudi Arabia")
    chair.press("End the statement by Saudi Arabia")

    chair.page.fill("#decides", AGREED)
    chair.press("Record the decision")
    kenya = room.kenya.page
    expect(kenya.locator("[data-piece=decisions]")).to_contain_text(AGREED, timeout=PATIENCE)
    room.kenya.press("Submit a position")
    room.kenya.send("/position", stance="reservation", text=RESERVATION)
    expect(chair.page.locator("[data-piece=decisions]")).to_contain_text(RESERVATION, timeout=PATIENCE)
    chair.press("Close the session")
    chair.press("Close the session")  # on its check page


@needs_chromium
def test_the_report_contains_what_the_session_did(place: Place, meeting: Meeting) -> None:
    with chromium() as browser:
        room = Room(browser, place, meeting, scripts=True)
        played(room)
        assert median(room.took) < 1
        report = f"/meetings/{meeting.id}/report"
        chair, kenya, ines = room.chair, room.kenya, room.wall

        chair.go(report)
        chair.press("Generate the draft")
        said = [
            "Member States registered: 3. Participants: 3, of whom remote: 1.",
            "2 Names in local scripts",
            "“A paper on names”, was before the meeting. Source: Kenya.",
            "The following took the floor: Kenya; Brazil; Japan; Saudi Arabia.",
            "Points of order were raised by: Japan.",
            "The list of speakers was closed on",
            "Decision 1. By consensus:",
            AGREED,
            "Kenya reserved its position on decision 1 in these words:",
            RESERVATION,
            "The last session was closed on",
            "Kenya: Wanjiku Kamau (Head of delegation)",
        ]
        text = chair.page.locator(".report").inner_text()
        places = [text.index(each) for each in said]
        assert places == sorted(places)
        assert faults(chair.page) == []

        # A delegation reads it on a phone once it is circulated, and asks for a correction, which the chair takes.
        expect(kenya.go(report).locator("main")).to_contain_text("No report has been circulated yet.")
        chair.press("Circulate the report")
        chair.press("Circulate the report")  # on its check page
        page = kenya.go(report)
        page.locator(".report-part", has_text=AGREED).get_by_role(
            "link", name="Comment or request a correction"
        ).click()
        kenya.send("/correction", text=MENDED)
        assert not is_wider_than_its_window(kenya.page)
        chair.go(report)
        chair.press("Accept the correction")  # the form of the first open one is open
        expect(chair.page.locator(".report")).to_contain_text(MENDED)
        chair.press("Record the adoption of the report")
        chair.press("Record the adoption of the report")  # on its check page

        ines.go(report)
        ines.press("Assign the symbol")
        ines.press("Assign the symbol")  # on its check page
        page = kenya.go(report)
        with page.expect_download() as taken:
            page.click("text=Word")
        made = docx.Document(io.BytesIO(taken.value.path().read_bytes()))
        assert any(each.text.endswith(MENDED) for each in made.paragraphs)
        page.click("main .symbol, main a[href^='/documents/']")
        expect(page.locator("h1")).to_contain_text("Report: CWG-Internet, meeting 22")
