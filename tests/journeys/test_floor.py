"""A session played through in real browsers: the chair's view, a phone and the wall agree within a second.

Four States ask for the floor, one of them raises a point of order, the list is closed, a decision falls and a State
puts its reservation on record. With scripts the pages follow by themselves; without, their readers reload.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.meetings.models import Meeting
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

PATIENCE = 15_000
PHONE = {"width": 390, "height": 844}
RESERVATION = "Kenya reserves its position on the second paragraph."


class Room:
    """The participants of the session, and the display in the meeting room."""

    def __init__(self, browser: Browser, place: Place, meeting: Meeting, *, scripts: bool) -> None:
        self.took: list[float] = []
        self.here, self.scripts = f"/meetings/{meeting.id}/floor", scripts
        self.chair, self.wall, *phones = (
            Visit(browser, place.portal, who, scripts=scripts)
            for who in ("laurent", "ines", "amina", "rafael", "haruka", "layla")
        )
        self.kenya, self.brazil, self.japan, self.arabia = phones
        for phone in phones:
            phone.page.set_viewport_size(PHONE)
            phone.go(self.here)
        self.chair.go(self.here)
        self.wall.go(f"{self.here}/screen")

    def shown(self) -> Iterator[Page]:
        """The three views, as they are after what was just done."""
        for visit in (self.chair, self.kenya, self.wall):
            if not self.scripts:
                visit.page.reload()
            yield visit.page

    def agree(self, speaker: str, *waiting: str) -> None:
        """Everybody sees the same speaker and the same list; how long that took is kept."""
        began = time.monotonic()
        for page in self.shown():
            expect(page.locator("[data-piece=speaker]")).to_contain_text(speaker, timeout=PATIENCE)
            names = page.locator(".speakers li b, .wall-next li")
            expect(names).to_have_text([re.compile(rf"^{each}") for each in waiting], timeout=PATIENCE)
        self.took.append(time.monotonic() - began)


@contextmanager
def a_room(place: Place, *, scripts: bool) -> Iterator[Room]:
    world = place.world
    world.seat("layla", "delegate")
    meeting = world.meeting(opens_in=0)
    for title in ("Opening", "Names in local scripts"):
        world.item(meeting, title)
    world.agenda_released(meeting)
    world.session(meeting)
    with chromium() as browser:
        yield Room(browser, place, meeting, scripts=scripts)


@needs_chromium
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_session_is_played_through(place: Place, scripts: bool) -> None:
    with a_room(place, scripts=scripts) as room:
        chair = room.chair
        chair.press("Open the session")
        chair.press("Go to item 1")
        chair.press("Go to item 2")
        for page in room.shown():
            expect(page.locator("[data-piece=item]")).to_contain_text("Names in local scripts", timeout=PATIENCE)

        # Four States ask, each with one tap; everybody sees the order of asking.
        for phone in (room.kenya, room.brazil, room.japan, room.arabia):
            if not scripts:
                phone.page.reload()
            phone.press("Request the floor")
        expect(room.japan.page.locator("[data-piece=mine]")).to_contain_text("Place 3 on the list")
        room.agree("No one", "Kenya", "Brazil", "Japan", "Saudi Arabia")
        assert not is_wider_than_its_window(room.japan.page)
        chair.press("Give the floor to Kenya")
        room.agree("Kenya", "Brazil", "Japan", "Saudi Arabia")

        # A statement that was ended by mistake goes on.
        chair.press("End the statement by Kenya")
        room.agree("No one", "Brazil", "Japan", "Saudi Arabia")
        chair.press("Undo")
        room.agree("Kenya", "Brazil", "Japan", "Saudi Arabia")

        # A point of order comes first, and then the speaker who was interrupted.
        room.japan.press("Point of order")
        room.agree("Kenya", "Japan", "Brazil", "Japan", "Saudi Arabia")
        chair.press("Point of order: Japan")
        room.agree("Japan", "Kenya", "Brazil", "Japan", "Saudi Arabia")
        chair.press("End the statement by Japan")
        chair.press("Give the floor back to Kenya")
        room.agree("Kenya", "Brazil", "Japan", "Saudi Arabia")

        # The chair changes the order in the row, and everybody reads why.
        chair.page.click("#list-reason > summary")
        chair.page.fill("#other-reason", "The minister has to leave.")
        chair.follow("[aria-label='Move Saudi Arabia up']")
        room.agree("Kenya", "Brazil", "Saudi Arabia", "Japan")
        chair.follow("[aria-label='Move Saudi Arabia up']")
        room.agree("Kenya", "Saudi Arabia", "Brazil", "Japan")
        for page in list(room.shown())[:2]:
            expect(page.locator("#changes-of-list")).to_contain_text("The minister has to leave.")

        # The list closes; who is on it speaks, and no one else can ask any more.
        chair.page.select_option("#closes", "0")
        chair.press("Close the list")
        for page in room.shown():
            expect(page.locator("main")).to_contain_text("The list is closed.", timeout=PATIENCE)
        expect(room.kenya.page.locator("[data-piece=mine]")).not_to_contain_text("Request the floor")
        for name in ("Saudi Arabia", "Brazil", "Japan"):
            chair.press(f"Give the floor to {name}")
        room.agree("Japan")
        chair.press("End the statement by Japan")

        # A decision is taken, and a State puts its reservation on record from its phone.
        chair.page.fill("#decides", "The group took note of the documents.")
        chair.press("Record the decision")
        kenya = room.kenya.page
        if not scripts:
            kenya.reload()
        expect(kenya.locator("[data-piece=decisions]")).to_contain_text("The group took note", timeout=PATIENCE)
        room.kenya.press("Submit a position")
        room.kenya.send("/position", stance="reservation", text=RESERVATION)
        room.kenya.go(room.here)
        chair_page, kenya, _ = room.shown()
        for page in (chair_page, kenya):
            expect(page.locator("[data-piece=decisions]")).to_contain_text(RESERVATION, timeout=PATIENCE)
            expect(page.locator("[data-piece=totals]")).to_contain_text("Saudi Arabia")
            assert not scripts or faults(page) == []  # axe is a script itself
        assert not scripts or faults(room.wall.page) == []
        assert not is_wider_than_its_window(kenya)

        # Mostly well within a second; without events a page would ask every five seconds at best.
        assert not scripts or median(room.took) < 1
        chair.follow("a:has-text('Close the session')")
        chair.press("Close the session")  # on its check page
        for page in room.shown():
            expect(page.locator("[data-piece=item]")).to_contain_text("No session is open now.", timeout=PATIENCE)


@needs_chromium
def test_the_chair_works_with_single_keys_and_notes_are_saved_as_they_are_typed(place: Place) -> None:
    with a_room(place, scripts=True) as room:
        chair = room.chair.page
        room.chair.press("Open the session")
        room.chair.press("Go to item 1")
        for phone in (room.kenya, room.brazil):
            phone.press("Request the floor")
        expect(chair.locator(".speakers li")).to_have_count(2, timeout=PATIENCE)

        chair.keyboard.press("n")
        expect(chair.locator("[data-piece=speaker]")).to_contain_text("Kenya", timeout=PATIENCE)

        expect(chair.locator("#notes[aria-keyshortcuts=o]")).to_be_visible(timeout=PATIENCE)  # the script has begun
        chair.keyboard.press("o")
        expect(chair.locator("#notes")).to_be_focused()
        chair.keyboard.type("Kenya: neat notes.")
        expect(chair.locator("[data-note-state]")).to_have_text("Saved", timeout=PATIENCE)
        expect(chair.locator("[data-piece=speaker]")).to_contain_text("Kenya")  # "e" and "n" were typed
        chair.reload()
        expect(chair.locator("#notes")).to_have_value("Kenya: neat notes.")

        # What is typed stays while the page follows the floor.
        chair.fill("#decides", "The group noted")
        room.japan.press("Request the floor")
        expect(chair.locator(".speakers li")).to_have_count(2, timeout=PATIENCE)
        expect(chair.locator("#decides")).to_have_value("The group noted")
        room.chair.press("Record the decision")
        expect(chair.locator("[data-piece=decisions]")).to_contain_text("The group noted", timeout=PATIENCE)

        chair.click("[data-keys] summary")
        chair.uncheck("#use-keys")
        chair.locator("h1").click()
        chair.keyboard.press("e")
        expect(chair.locator("[data-piece=speaker]")).to_contain_text("Kenya")
        assert faults(chair) == []


@needs_chromium
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_room_display_fits_its_screen(place: Place, size: tuple[int, int]) -> None:
    with a_room(place, scripts=True) as room:
        room.chair.press("Open the session")
        room.chair.press("Go to item 2")
        for name in ("Kenya", "Brazil", "Japan", "Saudi Arabia", "Bosnia and Herzegovina", "Fiji", "Mexico", "Poland"):
            room.chair.page.fill("#adds", name)
            room.chair.press("Add to the list")
        room.chair.press("Give the floor to Kenya")
        wall = room.wall.page
        wall.set_viewport_size({"width": size[0], "height": size[1]})
        expect(wall.locator(".wall-who")).to_have_text("Kenya", timeout=PATIENCE)

        seen = wall.evaluate(
            """() => {
                const [page, pieces] = [document.documentElement, [...document.querySelectorAll('.wall-floor > *')]];
                const fits = (each) => each.scrollHeight <= each.clientHeight + 1
                    && each.getBoundingClientRect().bottom <= innerHeight;
                const cut = pieces.filter((each) => !fits(each)).map((each) => each.dataset.piece);
                return [page.scrollHeight <= innerHeight, page.scrollWidth <= innerWidth, cut];
            }"""
        )
        assert seen == [True, True, []]


@needs_chromium
def test_a_delegate_has_one_large_button_on_a_phone_and_no_tabs(place: Place) -> None:
    with a_room(place, scripts=True) as room:
        room.chair.press("Open the session")
        room.chair.press("Go to item 1")
        page = room.kenya.page
        button = page.get_by_role("button", name="Request the floor")
        expect(button).to_be_visible(timeout=PATIENCE)
        page.reload()

        box = button.bounding_box()
        assert box
        assert box["height"] >= 64
        assert box["width"] >= PHONE["width"] * 0.85
        assert box["y"] + box["height"] <= PHONE["height"], "it is seen without scrolling"
        assert page.locator(".tabs").count() == 0
        assert not is_wider_than_its_window(page)


def drag_speaker(page: Page, name: str, onto: str, *, part: float = 0.25) -> None:
    """Drag a speaker by the number of the place, and drop it on a part of the height of the row of another one."""
    page.locator(".speakers").scroll_into_view_if_needed()
    handle = page.locator(".speakers > li", has_text=name).locator("a.place").bounding_box()
    row = page.locator(".speakers > li", has_text=onto).bounding_box()
    page.mouse.move(handle["x"] + 5, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(row["x"] + 20, row["y"] + row["height"] * 0.5)
    page.mouse.move(row["x"] + 20, row["y"] + row["height"] * part)
    page.mouse.up()


@needs_chromium
@pytest.mark.thorough
def test_speakers_are_dragged_to_another_place_and_their_numbers_stay_links(place: Place) -> None:
    with a_room(place, scripts=True) as room:
        page = room.chair.page
        room.chair.press("Open the session")
        for phone in (room.kenya, room.brazil, room.japan):
            phone.press("Request the floor")
        room.agree("No one", "Kenya", "Brazil", "Japan")

        drag_speaker(page, "Japan", "Kenya")
        room.agree("No one", "Japan", "Kenya", "Brazil")
        drag_speaker(page, "Japan", "Brazil", part=0.9)
        room.agree("No one", "Kenya", "Brazil", "Japan")
        drag_speaker(page, "Kenya", "Brazil")  # it is before Brazil already
        expect(page.locator(".drop-before, .drop-after")).to_have_count(0)
        room.agree("No one", "Kenya", "Brazil", "Japan")

        with page.expect_navigation():
            page.locator(".speakers > li", has_text="Brazil").locator("a.place").click()
        expect(page).to_have_title(re.compile("^Change the order of the list"))
