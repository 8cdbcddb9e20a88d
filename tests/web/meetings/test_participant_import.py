"""Import of participants from a table: the preview, all rows or none, and who imports whom."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.meetings.models import Meeting
from app.domain.participants.actions.attendance import note_attendance
from app.domain.participants.models import Participant
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
TABLE = """State;Name;Function;Participates as;On site or remote;Organization
Kenya;Peter Mwangi;Engineer;Adviser;Remote;
BRA;Ana Souza;;;;
;Jan de Vries;;;;Internet Society
"""


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting()


def list_registered(world: World) -> set[tuple[str, str, str, str]]:
    with transaction(world.read) as session:
        rows = session.query(Participant).filter(Participant.cancelled_at.is_(None))
        return {(each.entity or each.entity_name, each.name, each.capacity, each.mode) for each in rows}


def path(meeting: Meeting, more: str = "") -> str:
    return f"/meetings/{meeting.id}/participants/import{more}"


def test_nothing_is_written_before_the_confirmation_and_then_every_row(
    world: World, english: Open, meeting: Meeting
) -> None:
    world.participant(meeting, by="ines", entity="BRA", name="Ana Souza", capacity="adviser", mode="on_site")
    before = list_registered(world)
    preview = english("ines").post(path(meeting), {"rows": TABLE}).text
    assert list_registered(world) == before
    assert (preview.count("tag good"), preview.count("tag info")) == (2, 1)

    assert english("ines").post(path(meeting, "/confirm"), {"rows": TABLE}).status_code == 303
    assert list_registered(world) == {
        ("KEN", "Peter Mwangi", "adviser", "remote"),
        ("BRA", "Ana Souza", "delegate", "on_site"),
        ("Internet Society", "Jan de Vries", "observer", "on_site"),
    }
    again = english("ines").post(path(meeting), {"rows": TABLE}).text
    assert again.count("tag none") == 3


def test_a_wrong_row_is_named_with_its_column_and_nothing_is_imported(
    world: World, english: Open, meeting: Meeting
) -> None:
    table = TABLE + "Atlantis;A;;;;\nKEN;B;;Chief;;\nKEN;Peter Mwangi;;;;\n"

    for more, status in (("", 200), ("/confirm", 400)):
        answer = english("ines").post(path(meeting, more), {"rows": table})
        assert answer.status_code == status
        assert "“Atlantis” is no single State" in answer.text
        assert "“Chief” is not one of" in answer.text
        assert "This is the same as row 2" in answer.text
    assert list_registered(world) == set()


def test_all_that_is_wrong_with_a_row_is_said_at_once(english: Open, meeting: Meeting) -> None:
    table = "State;Name;Participates as;On site or remote\n;;Chief;\nAtlantis;;;Somewhere\nAtlantis;;Delegate;\n"

    page = english("ines").post(path(meeting), {"rows": table}).text
    problems = [re.findall(r'<p class="meta">([^<]+)', row) for row in page.split("<tr>") if "tag bad" in row]
    assert [[problem.split(" – ")[0] for problem in each] for each in problems] == [
        ["Name", "Participates as"],
        ["State", "Name", "On site or remote"],
        ["State", "Name", "This is the same as row 3. Remove one of them."],
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("", "Choose a file, or paste"),
        ("Name\n", "a row of headings and at least one row"),
        ("Nam\nA", "The heading “Nam” is unknown"),
        ("State\nKEN", "The column “Name” is missing"),
        ("Name,Name\nA,B", "Two columns have the same heading"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(english: Open, meeting: Meeting, table: str, reason: str) -> None:
    answer = english("ines").post(path(meeting), {"rows": table})

    assert answer.status_code == 400
    assert reason in answer.text


def test_a_focal_point_imports_the_own_delegation_alone(world: World, english: Open, meeting: Meeting) -> None:
    page = english("joseph").post(path(meeting), {"rows": TABLE}).text
    assert page.count("tag bad") == 1, "the row of Brazil"

    own = "Nom,État\nPeter Mwangi,\n"
    assert english("joseph").post(path(meeting, "/confirm"), {"rows": own}).status_code == 303
    assert list_registered(world) == {("KEN", "Peter Mwangi", "delegate", "on_site")}
    assert english("laurent").get(path(meeting)).status_code == 403


def test_the_template_can_be_handed_in_as_a_file(world: World, english: Open, meeting: Meeting) -> None:
    template = english("joseph").get(path(meeting, "/template.csv"))
    preview = english("joseph").post(path(meeting), {}, files={"file": ("p.csv", template.content, "text/csv")})

    assert preview.status_code == 200
    assert "Amina Otieno" in preview.text


def test_the_list_that_is_downloaded_comes_back_in(world: World, english: Open, meeting: Meeting) -> None:
    ines = english("ines")
    ines.post(path(meeting, "/confirm"), {"rows": TABLE})
    world.moved(meeting, "begin")
    with world.acting("ines") as (session, actor):
        ids = set(session.scalars(select(Participant.id)))
        note_attendance(session, actor, session.get_one(Meeting, meeting.id), ids, listed=ids, previously_present=set())

    listed = ines.get(f"/meetings/{meeting.id}/participants.csv")
    preview = ines.post(path(meeting), {}, files={"file": ("p.csv", listed.content, "text/csv")})
    assert preview.status_code == 200
    assert (listed.text.count("Yes"), preview.text.count("tag none")) == (3, 3)


def test_states_and_participants_are_counted_by_region(world: World, english: Open, meeting: Meeting) -> None:
    english("ines").post(path(meeting, "/confirm"), {"rows": TABLE})
    page = english("amina").get(f"/meetings/{meeting.id}/participants").text
    counts = re.findall(r'<td class="wide">([^<]+)</td>\s*<td[^>]*>([^<]*)', page)

    assert ("D, Africa", "1 of 54") in [(region, states.strip()) for region, states in counts]
    assert ("Other members, observers and the secretariat", "") in counts
    table = english("amina").get(f"/meetings/{meeting.id}/participants.csv").text
    assert "BRA,Ana Souza,,Delegate,On site,,\r\n" in table
