"""The order in which a screen reader meets the two largest pages, as docs/accessibility.md describes it."""

import re
from pathlib import Path

import pytest

from tests.architecture.test_matrix import (
    ORIGIN,
    Grounds,
    grounds,  # noqa: F401  # a fixture
)
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.test_every_page import open_page

DESCRIPTION = Path(__file__).parent.parent.parent / "docs" / "accessibility.md"
HEADING = re.compile(r"heading \"(.*?)(?: \d+)?\" \[level=[12]\]")


def list_described_headings(title: str) -> list[str]:
    """The headings that the description names under this title, in its order."""
    part = DESCRIPTION.read_text(encoding="utf-8").partition(f"### {title}\n")[2].partition("\n##")[0]
    return re.findall(r"`([A-Z][^`]+)`", part)


@needs_chromium
@pytest.mark.parametrize(
    ("title", "kind", "path", "who"),
    [
        ("The editor of the agenda", "meeting", "agenda/edit", "laurent"),
        ("The floor, for the chair", "floor", "floor", "laurent"),
        ("The floor, for a delegate", "floor", "floor", "amina"),
    ],
)
def test_headings_are_met_in_the_order_that_is_described(
    grounds: Grounds,  # noqa: F811
    title: str,
    kind: str,
    path: str,
    who: str,
) -> None:
    with chromium() as browser:
        page = open_page(browser, grounds, who)
        page.goto(f"{ORIGIN}/meetings/{grounds.things[kind][0].key}/{path}?lang=en", wait_until="domcontentloaded")
        read = HEADING.findall(page.locator("main").aria_snapshot())
        page.unroute_all(behavior="ignoreErrors")
    described = list_described_headings(title)

    assert len(described) > 2
    assert [heading for heading in read if heading in described] == described
    assert len(read) - len(described) <= 1  # the item of the floor has its title
