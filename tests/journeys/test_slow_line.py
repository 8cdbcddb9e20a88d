"""A slow line, in a real browser: 64 kbit/s with 600 ms of latency, and nothing in the browser's cache."""

from typing import TypedDict

import pytest
from playwright.sync_api import Page

from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_silence import visits

BYTES_PER_SECOND, LATENCY = 8_000, 600
MILLISECONDS_UNTIL_USABLE, BYTES_UNTIL_USABLE = 4_000, 20_000
"""The bytes are those of the line: pages of the portal are not compressed (docs/decisions/compression.md)."""
TIMES = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const waited = performance.getEntriesByType('resource').filter((each) => each.renderBlockingStatus === 'blocking');
  return {
    until: Math.max(page.responseEnd, performance.getEntriesByName('first-contentful-paint')[0].startTime),
    bytes: [page, ...waited].reduce((sum, each) => sum + each.transferSize, 0),
    sheets: waited.length,
  };
}"""


class FirstVisit(TypedDict):
    """When a page was whole and drawn, in milliseconds, and what it waited for."""

    until: float
    bytes: int
    sheets: int


def open_on_a_slow_line(page: Page, address: str) -> FirstVisit:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.clearBrowserCache")
    limits = {"latency": LATENCY, "downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    line.send("Network.emulateNetworkConditions", {"offline": False} | limits)
    page.goto(address)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    seen: FirstVisit = page.evaluate(TIMES)
    line.detach()  # ends the limits
    return seen


@needs_chromium
@pytest.mark.thorough
def test_the_desk_can_be_used_after_four_seconds(place: Place) -> None:
    place.world.draft(place.world.meeting())
    with chromium() as browser:
        (amina,) = visits(browser, place, "amina")
        first, again = (open_on_a_slow_line(amina.page, place.portal) for _ in range(2))

    assert min(first["until"], again["until"]) < MILLISECONDS_UNTIL_USABLE
    assert first["bytes"] < BYTES_UNTIL_USABLE
    assert first["sheets"] == 2
