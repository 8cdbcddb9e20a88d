"""The statistics of a meeting: charts with the same as text, the States that have not submitted, and the desk."""

import csv
import gzip
import re
from collections.abc import Callable

import pytest

from app.core.i18n import LANGUAGES
from tests.browser import Browser
from tests.web.meetings.test_meetings import count_statements
from tests.world import World

Open = Callable[..., Browser]
MAX_COMPRESSED_BYTES = 16_000  # of a desk and the style sheets that it waits for, in each language
CAST = {"ines": 200, "laurent": 200, "layla": 200, "amina": 403, "joseph": 403, "chen": 404, "olga": 404}


def read_row(page: str, label: str) -> list[int]:
    """The figures in the row of a table, by its heading."""
    row = re.search(rf'<th scope="row"[^>]*>(?:<a[^>]*>)?{label}.*?</tr>', page, re.DOTALL)
    assert row, label
    return [int(figure) for figure in re.findall(r"<td[^>]*>(\d+)</td>", row[0])]


def test_the_page_counts_this_meeting_and_the_one_before(world: World, english: Open) -> None:
    before, meeting = world.meeting(opens_in=14, number=21), world.meeting(opens_in=40)
    world.registered(before, by="rafael", topics=("spam",))
    world.registered(before)
    world.submitted(meeting, topics=("spam",))

    page = english("ines").get(f"/meetings/{meeting.id}/statistics").text

    assert read_row(page, "A, Americas") == [0, 1]
    assert read_row(page, "D, Africa") == [1, 1]
    assert read_row(page, "English") == [1, 2]
    assert read_row(page, "On time") == [1, 2]
    assert '<title id="ar-title">Arrival of contributions before the deadline</title>' in page
    assert page.count('class="curve before"') == 2
    assert "Meeting 22: <b>1</b>" in page
    assert f'href="/meetings/{meeting.id}/statistics"' in english("laurent").get(f"/meetings/{meeting.id}").text
    assert "/statistics" not in english("amina").get(f"/meetings/{meeting.id}").text


def test_the_file_has_the_same_figures_and_every_member_state(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.submitted(meeting)

    answer = english("ines").get(f"/meetings/{meeting.id}/statistics.csv")
    rows = list(csv.reader(answer.text.removeprefix("\ufeff").splitlines()))

    assert ["Region", "D", "D, Africa", "1", ""] in rows
    assert ["Member State", "KEN", "Kenya", "1", ""] in rows
    assert ["Member State", "JPN", "Japan", "0", ""] in rows
    assert sum(row[0] == "Member State" for row in rows) == 194


@pytest.mark.parametrize("who", ["ines", "laurent"])
def test_states_are_listed_by_region_and_by_what_they_have_done(world: World, english: Open, who: str) -> None:
    meeting, browser = world.meeting(), english(who)
    world.registered(meeting)
    address = f"/meetings/{meeting.id}/statistics/states"

    def list_names(query: str) -> list[str]:
        return re.findall(r'<th scope="row">([^<]+)</th>', browser.get(f"{address}?{query}").text)

    assert list_names("shown=submitted") == ["Kenya"]
    assert len(list_names("shown=not-submitted")) == 193
    africa = list_names("shown=not-submitted&region=D")
    assert "Uganda" in africa
    assert not {"Kenya", "Japan"} & set(africa)
    assert "No Member State matches these filters." in browser.get(f"{address}?shown=submitted&region=A").text
    assert browser.get(f"{address}?region=Z").status_code == 422


def test_a_delegation_sees_what_is_registered_by_day(world: World, english: Open) -> None:
    meeting, before = world.meeting(opens_in=40), world.meeting(opens_in=14, number=21)
    world.submitted(meeting, by="haruka")
    path = f"/meetings/{meeting.id}"
    assert "Registered contributions by day" not in english("amina").get(path).text
    world.registered(meeting)
    world.registered(before)

    page = english("amina").get(path).text

    assert '<title id="ar-title">Registered contributions by day</title>' in page
    assert "Meeting 22: <b>1</b>" in page
    assert page.count('class="curve before"') == 2
    assert "<summary>The same figures in a table</summary>" in page
    assert "ar-title" not in english("laurent").get(path).text  # has the statistics


@pytest.mark.parametrize("path", ["", ".csv", "/states"])
def test_statistics_are_for_chair_and_secretariat(world: World, english: Open, path: str) -> None:
    meeting = world.meeting()

    answers = {who: english(who).get(f"/meetings/{meeting.id}/statistics{path}").status_code for who in CAST}

    assert answers == CAST


def test_the_desk_of_those_who_prepare_a_meeting_shows_how_contributions_arrive(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.registered(meeting, topics=("spam",))

    for who in ("ines", "laurent"):
        page = english(who).get("/").text
        assert 'class="curve"' in page
        assert re.search(r'region=D">D, Africa</a> <b>1</b>', page)
        assert f'href="/meetings/{meeting.id}/statistics/states?shown=not-submitted"><b>193</b>' in page
    assert "charts.css" not in english("amina").get("/").text


def test_the_next_meeting_on_the_desk_is_the_first_whose_deadline_is_to_come(world: World, english: Open) -> None:
    world.meeting(opens_in=3, number=21)
    assert "Contributions to CWG-Internet, meeting 21" in english("ines").get("/").text
    world.meeting(opens_in=90, number=23)
    world.meeting(opens_in=40)
    assert "Contributions to CWG-Internet, meeting 22" in english("ines").get("/").text


def test_a_desk_with_charts_stays_small(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    world.submitted(meeting)
    statements = count_statements(ines, "/")
    for who in ("amina", "rafael", "haruka") * 4:
        world.submitted(meeting, by=who, topics=("spam", "privacy"))

    page = ines.get("/").text
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"(?! media="print")', page)
    style = sum(len(gzip.compress(ines.get(path).content)) for path in sheets)

    assert count_statements(ines, "/") == statements
    assert "charts.css" in " ".join(sheets)
    for language in LANGUAGES:
        size = len(gzip.compress(ines.get(f"/?lang={language}").content)) + style
        assert size < MAX_COMPRESSED_BYTES, language
