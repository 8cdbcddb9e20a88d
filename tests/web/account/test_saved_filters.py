"""Filters of lists that a person keeps under a name: saved on the list, shown above it, and deleted there."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.identity.models.tables import SavedFilter
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def list_saved(world: World) -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        return [tuple(row) for row in session.execute(select(SavedFilter.name, SavedFilter.query))]


def save(browser: Browser, query: str, name: str, *, of: str = "documents") -> str:
    answer = browser.post("/filters", {"list": of, "query": query, "name": name})
    return answer.headers.get("Location", str(answer.status_code))


def test_a_filter_is_saved_shown_above_the_list_and_deleted_there(world: World, english: Open) -> None:
    amina = english("amina")
    assert "Saved filters" not in amina.get("/documents").text
    assert 'name="query" value="source=KEN&amp;sort=title"' in amina.get("/documents?sort=title&source=KEN").text

    assert save(amina, "source=KEN&sort=title&show=source&show=item", "Ours") == (
        "/documents?source=KEN&sort=title&show=source&show=item&done=filter-saved"
    )
    page = html.unescape(amina.get("/documents").text)
    assert '<a href="/documents?source=KEN&sort=title&show=source&show=item">Ours</a>' in page

    present = amina.get("/documents?source=KEN&sort=title&show=source&show=item").text
    key = re.search(r'action="/filters/([0-9a-f-]{36})/delete"', present)[1]
    assert amina.post(f"/filters/{key}/delete").headers["Location"] == "/documents?done=filter-deleted"
    assert list_saved(world) == []


@pytest.mark.parametrize(
    ("of", "query", "path", "place"),
    [
        ("registration", "findings=none", "/contributions", "#h-queue"),
        ("late", "source=KEN&sort=title", "/late", ""),
        ("outputs", "kind=report&sort=symbol", "/outputs", ""),
        ("silence", "status=open", "/silence", ""),
    ],
)
def test_each_list_has_filters_of_its_own(english: Open, of: str, query: str, path: str, place: str) -> None:
    ines = english("ines")

    assert save(ines, query, "Quick ones", of=of) == f"{path}?{query}&done=filter-saved{place}"

    assert "Quick ones" in ines.get(f"{path}?{query}").text
    assert "Quick ones" not in ines.get("/documents").text


def test_a_person_sees_and_deletes_their_own_filters_only(world: World, english: Open) -> None:
    save(english("amina"), "source=KEN", "Secret plan")
    with transaction(world.read) as session:
        key = session.scalars(select(SavedFilter.id)).one()

    assert "Secret plan" in english("amina").get("/documents").text
    assert "Secret plan" not in english("rafael").get("/documents").text
    assert english("rafael").post(f"/filters/{key}/delete").status_code == 404
    assert list_saved(world) == [("Secret plan", "source=KEN")]


def test_a_name_is_needed_and_what_is_no_filter_of_the_list_is_refused(world: World, english: Open) -> None:
    amina = english("amina")

    unnamed = amina.post("/filters", {"list": "documents", "query": "source=KEN", "name": " "})
    assert unnamed.status_code == 400
    assert "Enter the name." in unnamed.text
    assert 'name="query" value="source=KEN"' in unnamed.text
    for query in ("", "source=KEN&source=BRA", "region=Q", "next=//elsewhere", "show=everything"):
        assert save(amina, query, "Bad") == "400", query
    assert save(amina, "source=KEN", "Bad", of="people") in ("400", "422")
    assert list_saved(world) == []


def test_a_filter_of_the_same_name_is_replaced_and_their_number_is_limited(world: World, english: Open) -> None:
    amina = english("amina")
    for number in range(20):
        save(amina, "source=KEN", f"Filter {number}")

    assert save(amina, "source=BRA", "Filter 0").endswith("done=filter-saved")
    assert save(amina, "source=BRA", "One more") == "409"
    assert len(list_saved(world)) == 20
    assert ("Filter 0", "source=BRA") in list_saved(world)
