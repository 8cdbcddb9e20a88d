"""The activity log as a history: each line names and links its object and says what changed; its proof, and as CSV."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

from app.core import clock
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.http.localization import Localizer
from app.worker.ledger_heads import add_lines_and_sign_head
from tests.browser import Browser
from tests.web.meetings.test_meetings import count_statements
from tests.web.record.test_audit_trail import list_record_lines
from tests.worker.test_worker import make_worker_context
from tests.world import World

Open = Callable[..., Browser]
PROGRAM = Path(__file__).parents[3] / "app" / "static" / "verify_receipt.py"


def postpone(world: World, meeting: Meeting, *, days: int) -> NewMeeting:
    """Move a meeting to later days and another place."""
    new = NewMeeting(
        number=meeting.number,
        place="Nairobi",
        zone=meeting.zone,
        opens_on=meeting.opens_on + timedelta(days=days),
        closes_on=meeting.closes_on + timedelta(days=days),
    )
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        life_cycle.change_meeting(session, actor, there, new, "en", version=there.version)
    return new


def test_a_line_names_and_links_its_object_and_says_the_old_and_the_new_value(world: World, english: Open) -> None:
    meeting = world.meeting()
    new = postpone(world, meeting, days=2)
    _contribution, document = world.registered(meeting, title="A title")

    page = unescape(english("rafael").get("/record").text)
    changed = next(each for each in list_record_lines(english, "rafael") if "dates, place or deadline" in each)

    was, now = (Localizer("en").format_day(each, weekday=False) for each in (meeting.opens_on, new.opens_on))
    assert f"The first day was {was} and is now {now}." in changed
    assert "The place was changed." in changed
    assert "Nairobi" not in changed
    assert "CWG-Internet, meeting 22" in changed
    assert f'<a href="/meetings/{meeting.id}"><bdi>CWG-Internet, meeting 22</bdi></a>' in page
    assert re.search(rf'<a href="/documents/{document.id}">.*CWG-Internet 22/1.*A title', page, re.DOTALL)
    french = unescape(english("rafael").get("/record?lang=fr").text)
    assert "c’est désormais le" in french
    assert "Le premier jour" in french


def test_a_run_is_one_line_with_its_number_and_opens(world: World, english: Open) -> None:
    meeting = world.meeting()
    for place in range(3):
        world.item(meeting, f"Item {place}")
    ines = english("ines")

    page = unescape(ines.get("/record?kind=agenda:changed").text)
    link = re.search(r'href="/record\?run=(\d+)"', page)

    assert page.count("3 changes to the draft agenda") == 1
    assert "The draft of an agenda was changed\n" not in page
    assert link
    assert "Laurent" in page
    assert "Show 3 entries" in page
    opened = list_record_lines(english, "ines", f"?run={link[1]}")
    assert [line.split(" Agenda item")[0] for line in opened] == ["The draft of an agenda was changed"] * 3
    assert list_record_lines(english, "rafael", f"?run={link[1]}") == []


def test_the_number_of_statements_does_not_grow_with_the_lines(world: World, english: Open) -> None:
    for number in (22, 23):
        world.registered(world.meeting(number=number))
    ines = english("ines")
    count_statements(ines, "/record")
    few = count_statements(ines, "/record")
    for number in range(24, 30):
        world.registered(world.meeting(number=number))

    assert count_statements(ines, "/record") == few


def test_filters_by_object_person_state_and_event(world: World, english: Open) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    world.registered(meeting)
    world.registered(other, by="rafael")

    about = list_record_lines(english, "ines", f"?about=meeting:{other.id}")
    assert about
    assert all("meeting 23" in each for each in about)
    of_brazil = list_record_lines(english, "ines", "?state=BRA")
    assert any("submitted" in each for each in of_brazil)
    assert not any("meeting 22" in each for each in of_brazil)
    amina = world.person("amina").id
    assert any("submitted" in each for each in list_record_lines(english, "ines", f"?person={amina}"))
    assert list_record_lines(english, "rafael", f"?person={amina}") == []
    convened = list_record_lines(english, "rafael", "?kind=meeting:convened")
    assert {each.split("A meeting was convened")[0] for each in convened} == {""}
    for query in ("about=what:1", "person=amina", "run=x"):
        assert english("ines").get(f"/record?{query}").status_code == 400


def test_the_choice_of_people_holds_those_only_whom_the_reader_may_know(world: World, english: Open) -> None:
    world.registered(world.meeting())

    def read_people(who: str) -> str:
        return english(who).get("/record").text.split('name="person"')[1].split("</select>")[0]

    assert "Amina" in read_people("ines")
    assert "Amina" in read_people("amina")
    assert "Amina" not in read_people("rafael")
    assert "Inés" in read_people("rafael")


def test_the_page_of_a_line_explains_its_proof_which_the_offline_program_checks(
    world: World, english: Open, engine, settings, tmp_path: Path
) -> None:
    world.registered(world.meeting())
    rafael = english("rafael")
    number = max(map(int, re.findall(r'href="/record/(\d+)"', rafael.get("/record").text)))
    assert "not yet covered by a signed head" in rafael.get(f"/record/{number}").text
    add_lines_and_sign_head(make_worker_context(engine, settings))

    page = unescape(rafael.get(f"/record/{number}").text)
    tile = re.search(r'href="(/ledger/tile/0/[^"]+)"', page)
    assert tile
    assert rafael.get(tile[1]).status_code == 200
    for path in (f"/record/{number}.json", "/verify/receipt.py", "/keys.json"):
        assert f'href="{path}"' in page
        assert rafael.get(path).status_code == 200
    line, keys = tmp_path / "line.json", tmp_path / "keys.json"
    line.write_bytes(rafael.get(f"/record/{number}.json").content)
    keys.write_bytes(rafael.get("/keys.json").content)
    assert run_program(line, "--ledger-key", str(keys)) == (0, "VALID")
    assert run_program(line) == (5, "VALID")
    forged = json.loads(line.read_text())
    line.write_text(json.dumps(forged | {"entry": forged["entry"].replace('"seq":', '"seq": ')}))
    assert run_program(line, "--ledger-key", str(keys)) == (1, "NOT VALID")
    hidden = next(each for each in range(1, number) if rafael.get(f"/record/{each}.json").status_code == 404)
    assert rafael.get(f"/record/{hidden}").status_code == 404


def run_program(*arguments: Path | str) -> tuple[int, str]:
    """Run the offline program; its exit code, and its verdict on the line."""
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    verdict = next(
        each for each in done.stdout.splitlines() if "ledger contains it" in each or "not in the ledger" in each
    )
    return done.returncode, verdict.split("  ")[0]


def test_the_filtered_log_is_a_csv_of_what_the_reader_may_see(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.draft(meeting, title="=HYPERLINK(1)")
    world.registered(meeting, title="Registered")

    def read_rows(who: str, query: str = "") -> list[list[str]]:
        answer = english(who).get(f"/record.csv{query}")
        assert answer.headers["content-type"].startswith("text/csv")
        return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    kenya, brazil = read_rows("amina"), read_rows("rafael")
    drafted = next(row for row in kenya[1:] if row[2] == "A State began a draft" and "HYPERLINK" in row[3])
    assert drafted[3] == "'=HYPERLINK(1)"
    assert drafted[5:8] == ["Kenya", "head of delegation", world.person("amina").name]
    assert drafted[8].endswith(f"/record/{drafted[0]}")
    assert {len(row) for row in kenya} == {9}
    assert not any("HYPERLINK" in cell or "Amina" in cell for row in brazil for cell in row)
    assert [row[2] for row in read_rows("amina", "?kind=meetings")[1:]] == ["A meeting was convened"]
    assert clock.now().isoformat()[:10] == drafted[1][:10]
    assert english("chen").get("/record.csv").status_code == 404


def test_a_filter_that_no_name_can_be_is_refused(english: Open) -> None:
    amina = english("amina")
    assert amina.get("/record?state=KEN").status_code == 200
    for query in ("state=%00", "symbol=%00", "about=person:%00", "kind=meeting:%00", "kind=what", "since=2026-W01-1"):
        assert amina.get(f"/record.csv?{query}").status_code == 400, query


def test_days_that_cannot_be_are_said_in_the_form_which_keeps_the_other_filters(world: World, english: Open) -> None:
    world.meeting()
    amina = english("amina")
    assert 'class="list log"' in amina.get("/record?kind=meetings&since=2026-01-01").text

    for days, field in (
        ("since=soon", "since"),
        ("until=9999-12-31", "until"),
        ("since=2026-02-01&until=2026-01-31", "until"),
    ):
        answer = amina.get(f"/record?kind=meetings&state=KEN&{days}")
        assert answer.status_code == 400
        assert f'<a href="#f-{field}">' in answer.text
        assert f'id="f-{field}" name="{field}" aria-invalid="true" aria-describedby="f-{field}-error"' in answer.text
        assert '<option value="KEN" selected>' in answer.text
        assert '<option value="meetings" selected>' in answer.text
        assert 'class="list log"' not in answer.text
        assert amina.get(f"/record.csv?{days}").status_code == 400
    assert english("chen").get("/record?since=soon").status_code == 404
