"""A real browser: Debian's Chromium, driven by Playwright. Without it these tests are skipped, and say so.

Its headless shell is preferred: the same engine, which opens a page for a third of the processor time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next(filter(Path.exists, PROGRAMS), PROGRAMS[0])
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed: apt-get install chromium-headless-shell"
)


_open: list[Browser] = []
_repeats: list[bool] = []


@contextmanager
def kept_open(*, repeats: bool = False) -> Iterator[None]:
    """One browser for everything in the block: its start takes as long as a page of a journey.

    With `repeats`, axe looks at a page in each language and at each width (`faults_again`).
    """
    with sync_playwright() as playwright:
        _open.append(playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET))
        _repeats.append(repeats)
        yield
        _repeats.pop()
        _open.pop().close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without sessions: the one that is open, or one of its own. What it opens is closed at the end."""
    if not _open:
        with kept_open(), chromium() as browser:
            yield browser
        return
    try:
        yield _open[0]
    finally:
        for context in _open[0].contexts:
            context.close()


_AXE = Axe()
_LOOK = """options => axe.run({resultTypes: ["violations"], ...options}).then(found =>
    found.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`))"""


def faults(page: Page, *, colours: bool = True) -> list[str]:
    """What axe says of the page (WCAG 2.2 AA and its own good practice), one line for each."""
    page.evaluate(_AXE.axe_script)
    return page.evaluate(_LOOK, {"rules": {"color-contrast": {"enabled": colours}}})


def faults_again(page: Page, *, colours: bool = True) -> list[str]:
    """What axe says of a page at which it looked in another language or at another width, where repeats are wanted."""
    return faults(page, colours=colours) if any(_repeats) else []


def is_wider_than_its_window(page: Page) -> bool:
    """Whether something scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
