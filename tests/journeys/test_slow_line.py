"""A slow line, in a real browser: 64 kbit/s with 600 ms of latency, and nothing in the browser's cache."""

from typing import TypedDict

from playwright.sync_api import Page

from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_silence import visits

BYTES_PER_SECOND, LATENCY = 8_000, 600
BYTES_UNTIL_USABLE = 20_000
"""They take 2.5 s on this line, after its latency; what a machine takes is not tested. They are those of the
line: pages of the portal are not compressed (docs/decisions/compression.md)."""
TIMES = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const waited = performance.getEntriesByType('resource').filter((each) => each.renderBlockingStatus === 'blocking');
  return {
    bytes: [page, ...waited].reduce((sum, each) => sum + each.transferSize, 0),
    sheets: waited.length,
  };
}"""


class FirstVisit(TypedDict):
    """What a page waited for until it was drawn."""

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
def test_the_desk_waits_for_few_bytes(place: Place) -> None:
    place.world.draft(place.world.meeting())
    with chromium() as browser:
        (amina,) = visits(browser, place, "amina")
        first = open_on_a_slow_line(amina.page, place.portal)

    assert first["bytes"] < BYTES_UNTIL_USABLE
    assert first["sheets"] == 2
