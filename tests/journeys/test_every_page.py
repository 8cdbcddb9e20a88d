"""Every page of the portal in a real browser, of the things of the matrix of rights: axe, and the width of its window.

The application of the matrix answers in this process; what the browser asks is passed on to it. A window of 1280 CSS
pixels is one of 320 at a zoom of 400 % (WCAG 2.2, success criterion 1.4.10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from app.core.permissions import Permission
from app.http.csrf import SAFE_METHODS
from tests.architecture.test_matrix import (
    CAST,
    ORIGIN,
    ROUTES,
    Grounds,
    decided,
    fill_address,
    fill_query,
    find_kind,
    grounds,  # noqa: F401  # a fixture
)
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium

DIRECTIONS = {"en": "ltr", "ar": "rtl"}
WIDE, NARROW, ZOOMED = ({"width": width, "height": 900} for width in (1280, 390, 320))
STREAM = "/floor/events"
# What is downloaded, or does not end.
NO_PAGES = (STREAM, ".pdf", ".csv", ".zip", ".docx", ".json", ".ics")


@dataclass(frozen=True)
class PageOfRoute:
    """A page of a route, and who reads it."""

    route: str
    reader: str
    address: str


def list_pages(matrix: Grounds) -> Iterator[PageOfRoute]:
    """Each page of the portal that somebody of the cast may read."""
    for method, path, permission in (route.values for route in ROUTES):
        if method in SAFE_METHODS and not path.endswith(NO_PAGES):
            found = find_page(matrix, method, path, permission)
            if found:
                yield found


def find_page(matrix: Grounds, method: str, path: str, permission: Permission) -> PageOfRoute | None:
    """The first page of a route for the first person who may read one."""
    for cell in decided(matrix, method, path, permission, find_kind(path)):
        if cell.who and 200 in cell.allowed:
            address = fill_address(path, cell.thing) + fill_query(path, cell.thing)
            answer = matrix.send(cell.who, "GET", address, {})
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                return PageOfRoute(path, cell.who, address)
    return None


def open_page(browser: Browser, matrix: Grounds, who: str) -> Page:
    """Open a page whose requests are answered as the application answers this person; streams, which do not end, are
    not."""

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.endswith(STREAM):
            route.abort()
            return
        answered = matrix.send(who, "GET", f"{parts.path}?{parts.query}", {})
        route.fulfill(status=answered.status_code, headers=dict(answered.headers), body=answered.content)

    page = browser.new_context().new_page()
    page.route("**/*", answer)
    return page


def find_faults(page: Page, address: str, language: str) -> Iterator[str]:
    """What is wrong with a page in a language."""
    page.set_viewport_size(WIDE)
    page.goto(f"{ORIGIN}{address}{'&' if '?' in address else '?'}lang={language}", wait_until="domcontentloaded")
    yield from faults(page, colours=language == "en")
    if page.get_attribute("html", "dir") != DIRECTIONS[language]:
        yield "is in another direction"
    for size in (NARROW, ZOOMED):
        page.set_viewport_size(size)
        if is_wider_than_its_window(page):
            yield f"scrolls sideways at {size['width']}"


@pytest.fixture(scope="module")
def pages(grounds: Grounds) -> list[PageOfRoute]:  # noqa: F811
    """Every page, once."""
    return list(list_pages(grounds))


def test_nearly_every_page_is_looked_at(pages: list[PageOfRoute]) -> None:
    assert len(pages) > 150


@needs_chromium
@pytest.mark.parametrize("who", [each for each in CAST if each])
def test_axe_finds_nothing_and_a_zoom_of_400_percent_cuts_off_nothing(
    grounds: Grounds,  # noqa: F811
    pages: list[PageOfRoute],
    who: str,
) -> None:
    wrong = []
    with chromium() as browser:
        page = open_page(browser, grounds, who)
        for each, language in product(pages, DIRECTIONS):
            if each.reader == who:
                wrong += [f"{each.route} {language}: {fault}" for fault in find_faults(page, each.address, language)]
    assert wrong == [], "\n".join(wrong)
