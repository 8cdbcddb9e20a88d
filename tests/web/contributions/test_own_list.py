"""The contributions of a delegation, narrowed and sorted by the address of the page."""

import re
from collections.abc import Callable

from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def list_titles(browser: Browser, query: str = "") -> list[str]:
    own = browser.get(f"/contributions{query}").text.partition('id="h-own"')[2].partition("</section>")[0]
    return re.findall(r'<a class="title"[^>]*>([^<]*)</a>', own)


def test_the_own_list_is_narrowed_and_sorted(world: World, english: Open) -> None:
    meeting, amina = world.meeting(), english("amina")
    world.submitted(meeting, title="Submarine cables")
    world.draft(meeting, title="A draft on cables")
    world.draft(meeting, title="Zones")

    assert list_titles(amina) == ["Zones", "A draft on cables", "Submarine cables"]
    assert list_titles(amina, "?title=CABLES") == ["A draft on cables", "Submarine cables"]
    assert list_titles(amina, "?status=submitted") == ["Submarine cables"]
    assert list_titles(amina, "?order=title") == ["A draft on cables", "Submarine cables", "Zones"]
    assert "No contributions match these filters." in amina.get("/contributions?title=satellites").text
    assert amina.get("/contributions?status=lost").status_code == 400
    assert list_titles(english("rafael"), "?title=cables") == []
