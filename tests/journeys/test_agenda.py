"""A chair builds an agenda of 30 items with 60 documents: without scripts, by keyboard alone and by mouse.

Each hand makes a third of it, with every kind of move; what comes out is compared item by item with a model of what was
asked, kept by the test alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.db import transaction
from app.domain.agendas.queries import agenda_drafts
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.world import World

# Few of its pixels are drawn: it is nine thousand lines high.
TALL = {"width": 1280, "height": 9000, "deviceScaleFactor": 0.1, "mobile": False}
IS_BEFORE_FOCUS = """selector => {
    const focus = document.activeElement, target = document.querySelector(selector)
    return focus !== document.body && !!(focus.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING)
}"""
VERSION = "document.querySelector('[data-agenda] [name=version]').value"


@dataclass
class Model:
    """An agenda as somebody would write it down: items under items, documents under each."""

    title: str = ""
    documents: list[str] = field(default_factory=list)
    below: list[Model] = field(default_factory=list)

    def walk(self) -> Iterator[tuple[Model, Model, int]]:
        """Each item with its parent, and its place."""
        for place, item in enumerate(self.below):
            yield item, self, place
            yield from item.walk()

    def find(self, title: str) -> tuple[Model, Model, int]:
        return next(each for each in self.walk() if each[0].title == title)

    def take(self, title: str) -> Model:
        _, above, place = self.find(title)
        return above.below.pop(place)

    def beside(self, title: str, other: str, offset: int) -> None:
        item = self.take(title)
        _, above, place = self.find(other)
        above.below.insert(place + offset, item)

    def step(self, title: str, direction: str) -> None:
        _, above, place = self.find(title)
        if direction in ("up", "down"):
            above.below.insert(place + (1 if direction == "down" else -1), above.below.pop(place))
        elif direction == "in":
            above.below[place - 1].below.append(above.below.pop(place))
        else:
            self.beside(title, above.title, 1)

    def put(self, symbol: str, title: str, place: int | None = None) -> None:
        self.off(symbol)
        documents = self.find(title)[0].documents
        documents.insert(len(documents) if place is None else place, symbol)

    def off(self, symbol: str) -> None:
        for item, *_ in self.walk():
            if symbol in item.documents:
                item.documents.remove(symbol)

    def said(self, depth: int = 1) -> list[tuple[int, str, list[str]]]:
        return [row for item in self.below for row in [(depth, item.title, item.documents), *item.said(depth + 1)]]


def draft(world: World, meeting: Meeting) -> list[tuple[int, str, list[str]]]:
    """The draft as the database has it."""
    with transaction(world.read) as session:
        there = session.get_one(Meeting, meeting.id)
        under: dict[object, list[str]] = {}
        for each in agenda_drafts.list_draft_allocations(session, there):
            under.setdefault(each.item_id, []).append(session.get_one(Document, each.document_id).symbol)
        ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, there))
        return [(len(path), item.titles["en"], under.get(item.id, [])) for item, path in ordered]


class Hand:
    """What every way of working has in common: after an act the page shows the next version."""

    def __init__(self, browser: Browser, place: Place, meeting: Meeting, *, scripts: bool) -> None:
        self.visit = Visit(browser, place.portal, "laurent", scripts=scripts)
        self.page: Page = self.visit.page
        self.path = f"/meetings/{meeting.id}/agenda/edit"
        self.scripts = scripts
        self.visit.go(self.path)

    def version(self) -> str:
        return self.page.locator("[data-agenda] [name=version]").first.input_value()

    def after(self, before: str) -> None:
        if self.scripts:
            self.page.wait_for_function(f"v => document.querySelector('[data-agenda]') && {VERSION} !== v", arg=before)
            self.page.wait_for_function("!document.querySelector('[data-busy]')")
        else:
            expect(self.page.locator("[data-agenda] [name=version]").first).not_to_have_value(before)

    def row(self, title: str) -> str:
        return f".eitems > li:has(> :is(h3, h4) a:text-is('{title}'))"

    def paper(self, symbol: str) -> str:
        return f"li[data-document]:has(.symbol:text-is('{symbol.removeprefix('CWG-Internet ')}'))"


class Buttons(Hand):
    """Forms and their buttons, pressed with the mouse; no script."""

    def add(self, title: str) -> None:
        before = self.version()
        self.page.fill("#f-title", title)
        self.page.click("#add button")
        self.after(before)

    def press(self, form: str) -> None:
        before = self.version()
        self.page.click(form)
        self.after(before)

    def step(self, title: str, direction: str) -> None:
        self.press(f"{self.row(title)} > div button[value^='{direction}:']")

    def put(self, symbols: list[str], number: str) -> None:
        before = self.version()
        for symbol in symbols:
            self.page.check(f"{self.paper(symbol)} input[name=document]")
        self.page.select_option("#f-put", label=number)
        self.page.click("#chosen [value=allocate]")
        self.after(before)


class Keys(Hand):
    """Nothing but the keyboard."""

    def reach(self, selector: str) -> None:
        """Tab on, or back if it comes before the focus, until the focus is there."""
        key = "Shift+Tab" if self.page.evaluate(IS_BEFORE_FOCUS, selector) else "Tab"
        for _ in range(900):
            if self.page.evaluate("s => !!document.activeElement?.matches(s)", selector):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"the keyboard does not reach {selector}")

    def add(self, title: str) -> None:
        before = self.version()
        self.reach("#f-title")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(title)
        self.page.keyboard.press("Enter")
        self.after(before)

    def grip(self, row: str, *keys: str) -> None:
        """Go to the handle of a row, then press these keys; the focus stays on it."""
        there = self.page.locator(row)
        handle = f"[id='{there.get_attribute('id')}'] > [data-grip]"
        if key := there.get_attribute("data-document"):
            handle = f"[data-document='{key}'] [data-grip]"
        self.reach(handle)
        for each in keys:
            before = self.version()
            self.page.keyboard.press(each)
            self.after(before)
            assert self.page.evaluate("s => document.activeElement.matches(s)", handle)

    def put(self, symbols: list[str], title: str) -> None:
        before = self.version()
        self.reach("#f-put")
        number = self.page.locator(f"{self.row(title)} > :is(h3, h4) b").inner_text()
        self.page.keyboard.type(f"{number} {title}", delay=5)
        for symbol in symbols:
            key = self.page.locator(self.paper(symbol)).get_attribute("data-document")
            self.reach(f"input[name=document][value='{key}']")
            self.page.keyboard.press("Space")
        self.reach("#chosen [value=allocate]")
        self.page.keyboard.press("Enter")
        self.after(before)


class Mouse(Hand):
    """Handles dragged and dropped, in a window as tall as the page, so that nothing has to scroll."""

    def __init__(self, browser: Browser, place: Place, meeting: Meeting) -> None:
        super().__init__(browser, place, meeting, scripts=True)
        self.visit.context.new_cdp_session(self.page).send("Emulation.setDeviceMetricsOverride", TALL)

    def drag(self, row: str, target: str, *, part: float = 0.5, inwards: float = 40) -> None:
        before = self.version()
        grip = self.page.locator(f"{row} [data-grip]").first.bounding_box()
        self.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
        self.page.mouse.down()
        there = self.page.locator(target).first.bounding_box()
        x, y = there["x"] + inwards, there["y"] + there["height"] * part
        self.page.mouse.move(x, y - 3)
        self.page.mouse.move(x, y)
        self.page.mouse.up()
        self.after(before)

    def add(self, title: str) -> None:
        before = self.version()
        self.page.fill("#f-title", title)
        self.page.click("#add button")
        self.after(before)

    def head(self, title: str) -> str:
        return f"{self.row(title)} > :is(h3, h4)"


def read_differences(page: Page) -> list[tuple[str, str]]:
    """Return the differences that a page shows."""
    return [
        (line.get_attribute("data-what"), " ".join(line.inner_text().split()))
        for line in page.locator(".differences > li").all()
    ]


@needs_chromium
@pytest.mark.parametrize("per_item", [2, 4])
def test_an_agenda_of_30_items_and_many_documents_is_built_in_every_way(place: Place, per_item: int) -> None:
    """Ten items in each way, five of them with so many documents at once."""
    world, meeting, model = place.world, place.world.meeting(), Model()
    symbols = [world.registered(meeting, title=f"Paper {each}")[1].symbol for each in range(1, 15 * per_item + 1)]
    by_keys, by_mouse = symbols[5 * per_item : 10 * per_item], symbols[10 * per_item :]
    titles = [f"Topic {chr(64 + number)}{number:02}" for number in range(1, 27)] + [
        f"Topic z{n}" for n in range(27, 31)
    ]
    with chromium() as browser:
        # Without scripts: a third of the items and documents, every button once.
        plain = Buttons(browser, place, meeting, scripts=False)
        for title in titles[:10]:
            plain.add(title)
            model.below.append(Model(title))
        for title, direction in ((titles[3], "in"), (titles[4], "up"), (titles[5], "down"), (titles[3], "out")):
            plain.step(title, direction)
            model.step(title, direction)
        plain.step(titles[9], "in")
        model.step(titles[9], "in")
        for at, title in enumerate(titles[:5]):
            chosen = symbols[per_item * at : per_item * at + per_item]
            number = plain.page.locator(f"{plain.row(title)} > :is(h3, h4) b").inner_text()
            plain.put(chosen, f"{number} {title}")
            for symbol in chosen:
                model.put(symbol, title)
        plain.press(f"{plain.paper(symbols[1])} [value^='document-up']")
        model.put(symbols[1], titles[0], 0)
        plain.press(f"{plain.paper(symbols[2])} [value^='off']")
        plain.press(".undo button")
        plain.add("A mistake")
        plain.press(f"{plain.row('A mistake')} [value^='remove']")
        assert draft(world, meeting) == model.said()
        plain.visit.context.close()

        # By keyboard alone.
        keys = Keys(browser, place, meeting, scripts=True)
        for title in titles[10:20]:
            keys.add(title)
            model.below.append(Model(title))
        for at, title in enumerate(titles[10:15]):
            chosen = by_keys[per_item * at : per_item * at + per_item]
            keys.put(chosen, title)
            for symbol in chosen:
                model.put(symbol, title)
        keys.grip(keys.row(titles[12]), "ArrowUp", "ArrowRight")
        model.step(titles[12], "up")
        model.step(titles[12], "in")
        keys.grip(keys.row(titles[13]), "ArrowRight", "ArrowLeft", "ArrowDown")
        for direction in ("in", "out", "down"):
            model.step(titles[13], direction)
        keys.grip(keys.paper(by_keys[1]), "ArrowUp")
        model.put(by_keys[1], titles[10], 0)
        assert draft(world, meeting) == model.said()
        expect(keys.page.locator("[data-said]")).to_contain_text("Documents allocated to an item")
        keys.visit.context.close()

        # By mouse.
        mouse = Mouse(browser, place, meeting)
        for title in titles[20:]:
            mouse.add(title)
            model.below.append(Model(title))
        for at, symbol in enumerate(by_mouse):
            title = titles[20 + at % 10]
            mouse.drag(mouse.paper(symbol), mouse.head(title))
            model.put(symbol, title)
        mouse.drag(mouse.row(titles[29]), mouse.head(titles[0]), part=0.1)
        model.beside(titles[29], titles[0], 0)
        mouse.drag(mouse.row(titles[28]), mouse.head(titles[0]), part=0.8)
        model.beside(titles[28], titles[0], 1)
        mouse.drag(mouse.row(titles[27]), mouse.head(titles[1]), part=0.8, inwards=300)
        model.find(titles[1])[0].below.append(model.take(titles[27]))
        mouse.drag(mouse.paper(by_mouse[0]), mouse.paper(symbols[0]), part=0.1)
        model.put(by_mouse[0], titles[0], model.find(titles[0])[0].documents.index(symbols[0]))
        mouse.drag(mouse.row(titles[29]), mouse.head(titles[2]), part=0.8)  # down among its own
        model.beside(titles[29], titles[2], 1)
        first, _, third, *_ = model.find(titles[0])[0].documents
        mouse.drag(mouse.paper(first), mouse.paper(third), part=0.9)
        model.put(first, titles[0], 2)
        mouse.drag(mouse.paper(by_mouse[1]), "[data-tray] h2")
        model.off(by_mouse[1])
        mouse.drag(mouse.paper(by_mouse[1]), mouse.head(titles[21]))
        model.put(by_mouse[1], titles[21])
        assert draft(world, meeting) == model.said()
        assert len(model.said()) == 30
        assert sum(len(documents) for *_, documents in model.said()) == 15 * per_item

        # Two releases; the differences are right.
        mouse.visit.go(f"/meetings/{meeting.id}/agenda/release")
        expect(mouse.page.locator("main")).to_contain_text("It has 30 items.")
        mouse.visit.send("/agenda/release", note="The first draft.")
        mouse.visit.go(mouse.path)
        last = [item for item, *_ in model.walk()][-1].title
        mouse.add("A new topic")
        mouse.drag(mouse.paper(symbols[5]), mouse.head("A new topic"))
        mouse.drag(mouse.paper(symbols[6]), "[data-tray] h2")
        mouse.drag(mouse.row(last), mouse.head(titles[20]), part=0.8, inwards=300)
        mouse.visit.go(f"/meetings/{meeting.id}/agenda/release")
        expected = ["moved", "added", "placed", "taken-off"]
        assert [what for what, _ in read_differences(mouse.page)] == expected
        mouse.visit.send("/agenda/release", note="One topic more.")
        rafael = Visit(browser, place.portal, "rafael", scripts=True)
        rafael.go(f"/meetings/{meeting.id}/agenda/differences?from=1&to=2")
        lines = read_differences(rafael.page)
        assert [what for what, _ in lines] == expected
        said = dict(lines)
        assert "A new topic" in said["added"]
        assert last in said["moved"]
        assert symbols[5] in said["placed"]
        assert symbols[6] in said["taken-off"]


@needs_chromium
@pytest.mark.parametrize(
    "scripts",
    [pytest.param(False, id="without-scripts", marks=pytest.mark.thorough), pytest.param(True, id="with-scripts")],
)
def test_two_chairs_edit_at_once_and_nothing_is_lost(place: Place, scripts: bool) -> None:
    meeting = place.world.meeting()
    place.world.item(meeting, "Opening")
    with chromium() as browser:
        hand = Buttons(browser, place, meeting, scripts=scripts)
        hand.page.fill("#f-title", "Mine, typed with care")
        place.world.item(meeting, "Theirs, meanwhile", by="layla")

        hand.press("#add button")
        expect(hand.page.locator("[data-refused]")).to_have_count(0)
        expect(hand.page.locator(".eitems")).to_contain_text("Theirs, meanwhile")
        expect(hand.page.locator("[data-editor]")).to_contain_text("is also editing this draft")

        assert [title for _, title, _ in draft(place.world, meeting)] == [
            "Opening",
            "Theirs, meanwhile",
            "Mine, typed with care",
        ]
        if scripts:  # what is typed for another act stays
            hand.page.fill("#f-title", "Typed, not added yet")
            hand.step("Theirs, meanwhile", "up")
            expect(hand.page.locator("#f-title")).to_have_value("Typed, not added yet")
            hand.add("Added")
            expect(hand.page.locator("#f-title")).to_have_value("")


@needs_chromium
def test_a_finger_drags_a_document_onto_an_item(place: Place) -> None:
    meeting = place.world.meeting()
    place.world.item(meeting, "Opening")
    symbol = place.world.registered(meeting)[1].symbol
    with chromium() as browser:
        hand = Mouse(browser, place, meeting)
        grip = hand.page.locator(f"{hand.paper(symbol)} [data-grip]").bounding_box()
        there = hand.page.locator(hand.head("Opening")).bounding_box()
        finger = hand.page.context.new_cdp_session(hand.page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            finger.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
            )

        start = (grip["x"] + 8, grip["y"] + 8)
        goal = (there["x"] + 40, there["y"] + there["height"] / 2)
        before = hand.version()
        touch("touchStart", start)
        touch("touchMove", (goal[0], goal[1] + 5))
        touch("touchMove", goal)
        touch("touchEnd")
        hand.after(before)

        assert draft(place.world, meeting) == [(1, "Opening", [symbol])]
