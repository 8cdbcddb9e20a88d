"""Check-in through HTTP: by code, by name, once, undone; and one answer to all that is not of this meeting."""

import re
from collections.abc import Callable
from itertools import count

import pytest

from app.core.short_codes import derive_short_code
from app.domain.meetings.models import Meeting
from app.domain.participants.models import Participant
from tests.browser import Browser
from tests.web.meetings.test_meetings import count_statements
from tests.web.meetings.test_participants import list_participants
from tests.world import World

Open = Callable[..., Browser]


@pytest.fixture
def begun(world: World) -> tuple[Meeting, Participant]:
    meeting = world.meeting()
    participant = world.participant(meeting, "Wanjiku Kamau", capacity="head_of_delegation")
    world.moved(meeting, "begin")
    return meeting, participant


def read_code(browser: Browser, participant: Participant) -> str:
    """The code that is printed on a badge."""
    page = browser.get(f"/participants/{participant.id}/badge").text
    return re.search(r'<bdi dir="ltr">([0-9A-Z-]{11})</bdi>', page)[1]


def test_a_scanned_code_checks_in_once_and_the_page_says_since_when(
    world: World, english: Open, begun: tuple[Meeting, Participant]
) -> None:
    meeting, participant = begun
    world.participant(meeting, "Amina", by="ines")
    ines, path = english("ines"), f"/meetings/{meeting.id}/check-in"
    code = read_code(ines, participant)
    assert re.search(r'name="entry"[^>]* autofocus', ines.get(path).text)

    scanned = ines.post(path, {"entry": code.replace("-", "")})
    page = ines.get(scanned.headers["Location"]).text
    for words in ("Checked in at", "Wanjiku Kamau", "Kenya", "Head of delegation", "<b>1</b> of 2", "On site: 1 of 2"):
        assert words in page
    again = english("daniel").post(path, {"entry": code.lower()})
    page = english("daniel").get(again.headers["Location"]).text
    assert "Already checked in at" in page
    assert "Recorded by Inés" in page

    undone = ines.post(f"/participants/{participant.id}/check-in/undo")
    page = ines.get(undone.headers["Location"]).text
    assert "The check-in was undone." in page
    assert "<b>0</b> of 2" in page
    assert [each.attended for each in list_participants(world)] == [None, None]


def test_a_name_leads_to_those_who_have_it(world: World, english: Open, begun: tuple[Meeting, Participant]) -> None:
    meeting, participant = begun
    world.participant(meeting, "Wanjiru Kamau", by="ines", entity="BRA")
    ines, path = english("ines"), f"/meetings/{meeting.id}/check-in"

    page = ines.post(path, {"entry": "kamau"}).text
    assert "2 participants with this name" in page
    assert all(words in page for words in ("Wanjiku Kamau", "Wanjiru Kamau", "Kenya", "Brazil"))
    assert [each.attended for each in list_participants(world)] == [None, None]

    chosen = ines.post(f"/participants/{participant.id}/check-in")
    assert "Checked in at" in ines.get(chosen.headers["Location"]).text


def test_what_is_not_of_this_meeting_gets_one_answer_and_leaves_no_trace(
    world: World, english: Open, begun: tuple[Meeting, Participant]
) -> None:
    meeting, participant = begun
    elsewhere = world.participant(world.meeting(number=23, opens_in=60), "Elsewhere")
    ines, path = english("ines"), f"/meetings/{meeting.id}/check-in"
    code = read_code(ines, participant)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")

    without_digit = next(code for code in map(derive_short_code, map(str, count())) if code.isalpha())

    for entry in (read_code(ines, elsewhere), wrong, "7K3-M9Q-XTC", without_digit, "Elsewhere"):
        answer = ines.post(path, {"entry": entry})
        assert answer.status_code == 400
        assert f"“{entry}” is no code of a badge of this meeting, and no participant has this name." in answer.text
        typed = re.search(r'name="entry" type="text" value="([^"]*)"', answer.text)[1]
        assert typed == ("" if entry != "Elsewhere" else entry)  # the next scan is not added to a code
    assert "Enter the code of a badge, or a name." in ines.post(path, {"entry": " "}).text
    assert [each.attended for each in list_participants(world)] == [None, None]


def test_no_one_else_sees_codes_or_checks_in(world: World, english: Open, begun: tuple[Meeting, Participant]) -> None:
    meeting, participant = begun
    own = world.participant(meeting, None, person=world.person("amina").id, by="ines")
    code = read_code(english("ines"), own)
    assert read_code(english("amina"), own) == code

    for who in ("amina", "joseph", "laurent"):
        browser = english(who)
        assert browser.get(f"/participants/{participant.id}/badge").status_code == 403
        assert code not in browser.get(f"/meetings/{meeting.id}/participants").text
        for page in ("badges", "check-in"):
            assert browser.get(f"/meetings/{meeting.id}/{page}").status_code == 403
        assert browser.post(f"/meetings/{meeting.id}/check-in", {"entry": code}).status_code == 403
    listed = english("amina").get(f"/meetings/{meeting.id}/participants").text
    assert re.findall(r'href="/participants/([^/]+)/badge"', listed) == [str(own.id)]
    assert english("laurent").get(f"/participants/{own.id}/badge").status_code == 403


def test_badges_are_put_on_a_sheet_by_selection_or_all_that_are_not_made(
    world: World, english: Open, begun: tuple[Meeting, Participant]
) -> None:
    meeting, participant = begun
    for number in range(11):
        world.participant(meeting, f"Delegate {number}", by="ines", function="Counsellor <b>")
    ines, path = english("ines"), f"/meetings/{meeting.id}/badges"
    refused = ines.post(path, {"which": "selected"})
    assert refused.status_code == 400
    assert "Select at least one participant in the list below." in refused.text

    one = ines.get(ines.post(path, {"which": "selected", "selected": [str(participant.id)]}).headers["Location"]).text
    assert one.count('<li class="badge">') == 1
    assert "Make 11 badges that have not been made yet" in ines.get(path).text
    sheet = ines.post(path, {"which": "without"}).headers["Location"]
    page = ines.get(sheet).text
    assert (page.count('<li class="badge">'), page.count('<ul class="badges">')) == (11, 2)
    assert "Wanjiku Kamau" not in page
    assert "Counsellor &lt;b&gt;" in page
    assert len(set(re.findall(r'<bdi dir="ltr">(.*?)</bdi>', page))) == 11
    assert sheet in ines.get(path).text
    assert ines.get(f"{path}/20270101T000000.000000Z").status_code == ines.get(f"{path}/x").status_code == 404


def test_remote_participants_have_no_badge(world: World, english: Open, begun: tuple[Meeting, Participant]) -> None:
    meeting, participant = begun
    remote = world.participant(meeting, "Far Away", by="ines", mode="remote")
    ines, path = english("ines"), f"/meetings/{meeting.id}/badges"

    page = ines.get(path).text
    assert "1 remote participant needs no badge and is not listed." in page
    assert (participant.name in page, "Far Away" in page) == (True, False)
    listed = ines.get(f"/meetings/{meeting.id}/participants").text
    assert re.findall(r'href="/participants/([^/]+)/badge"', listed) == [str(participant.id)]
    assert ines.get(f"/participants/{remote.id}/badge").status_code == 404


def test_check_in_that_is_opened_too_early_says_when_it_opens(world: World, english: Open) -> None:
    meeting = world.meeting()
    answer = english("ines").get(f"/meetings/{meeting.id}/check-in")

    assert answer.status_code == 409
    assert f'href="/meetings/{meeting.id}">Back</a>' in answer.text
    assert "This page is not open at present" in answer.text
    assert "Attendance can be recorded only after the meeting has begun." in answer.text
    assert "Your action was not carried out" not in answer.text


def test_a_sheet_is_found_by_the_secretariat_under_its_own_meeting_alone(
    world: World, english: Open, begun: tuple[Meeting, Participant]
) -> None:
    meeting, participant = begun
    other = world.meeting(number=23, opens_in=60)
    world.participant(other, "Elsewhere")
    ines = english("ines")
    sheet = ines.post(f"/meetings/{meeting.id}/badges", {"which": "all"}).headers["Location"]
    assert participant.name in ines.get(sheet).text

    assert ines.get(sheet.replace(str(meeting.id), str(other.id))).status_code == 404
    assert [english(who).get(sheet).status_code for who in ("amina", "joseph", "laurent")] == [403] * 3


def test_statements_do_not_grow_with_participants(
    world: World, english: Open, begun: tuple[Meeting, Participant]
) -> None:
    meeting, participant = begun
    ines, path = english("ines"), f"/meetings/{meeting.id}"
    ines.post(f"/participants/{participant.id}/check-in")
    pages = (f"{path}/check-in", f"{path}/badges")

    def count() -> list[int]:
        return [count_statements(ines, page) for page in pages]

    before = count()
    for number in range(12):
        more = world.participant(meeting, f"Delegate {number}", by="ines", entity="BRA")
        english("daniel").post(f"/participants/{more.id}/check-in")
    assert count() == before
