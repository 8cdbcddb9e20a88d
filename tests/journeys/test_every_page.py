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
FILES = {
    "/bodies/{body}/invitation-template/{language}/file",
    "/bodies/{body}/report-template/file",
    "/contributions/{contribution}/files/{language}",
    "/contributions/{contribution}/files/{language}/original",
    "/contributions/{contribution}/pages/{language}",
    "/contributions/{contribution}/picture/{language}",
    "/deliveries/{delivery}/files/{language}",
    "/documents/{slug}/files/{language}",
    "/documents/{document}/files/{language}",
    "/documents/{document}/pages/{language}",
    "/documents/{document}/picture/{language}",
    "/documents/{document}/{edition}/files/{language}",
    "/liaisons/{liaison}/files/{language}",
    "/mandates/progress/docx",
    "/meetings/{meeting}/briefing/docx",
    "/meetings/{meeting}/report/docx",
    "/meetings/{meeting}/report/pdf",
    "/outputs/{output}/files/{language}",
    "/outputs/{output}/files/{language}/pdf",
    "/outputs/{output}/translations/{language}",
    "/outputs/{output}/translations/{language}/pdf",
    "/outputs/{output}/versions/{number}/files/{language}",
    "/silence/{procedure}/files/{language}",
    "/silence/{procedure}/files/{language}/pdf",
    "/uploads",
    "/uploads/{upload}",
}
REDIRECTS = {
    "/documents/by-symbol/{symbol}",
    "/meetings/{meeting}/plan/edit",
    "/outputs/{output}/versions",
    "/outputs/{output}/approve/sign-in",
    "/outputs/{output}/translations/{language}/approve/sign-in",
    "/registration",
}
# The things of the matrix are in another state: `AS_THINGS_STAND` says in which.
REFUSED_AS_THINGS_STAND = {
    "/bodies/{body}/messages/new",
    "/bodies/{body}/messages/write",
    "/bodies/{body}/questions/{number}",
    "/delegation-view/meetings/{meeting}",
    "/meetings/{meeting}/badges/{made}",
    "/meetings/{meeting}/report/adopt",
    "/meetings/{meeting}/report/revisions/{number}/restore",
    "/record/{seq}",
    "/translations/assign",
}


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


def test_each_route_has_a_page_that_is_looked_at_but_those_that_have_none(pages: list[PageOfRoute]) -> None:
    readable = {path for method, path, _permission in (route.values for route in ROUTES) if method in SAFE_METHODS}

    without = {path for path in readable - {each.route for each in pages} if not path.endswith(NO_PAGES)}

    assert without == FILES | REDIRECTS | REFUSED_AS_THINGS_STAND


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
