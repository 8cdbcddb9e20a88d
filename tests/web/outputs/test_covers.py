"""The cover of an output: its addressees and the decisions it is made from, on every page that shows them."""

import html
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.core.db import count_rows, transaction
from app.core.storage import open_store
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.queries import list_addressee_rows
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.floor import queries as floors
from app.domain.floor.actions import session as sitting
from app.domain.liaisons import actions as liaisons
from app.domain.liaisons.inputs import NewLiaison
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.releases.queries import releases as released
from tests.browser import Browser
from tests.conftest import Database
from tests.files import make_docx
from tests.pango import HAS_PANGO
from tests.world import World

Open = Callable[..., Browser]
LIAISON = {
    "kind": "liaison",
    "original": "en",
    "title_en": "Liaison on the cost of connectivity",
    "addressee": ["IETF", "CWG-WSIS&SDG", "", "TSAG"],
    "addressee_wants": ["reply", "comment", "action", "information"],
    "addressee_reply_by": ["2027-03-01", "", "", ""],
    "addressee_in_reply_to": ["", "", "", ""],
}
WITHOUT_ADDRESSEES = {key: value for key, value in LIAISON.items() if not key.startswith("addressee")}


def address(*rows: tuple[str, str]) -> dict[str, object]:
    """The fields of these rows: who is addressed, and what is asked."""
    return {"addressee": [row[0] for row in rows], "addressee_wants": [row[1] for row in rows]}


def visible_text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


def draft_output(ines: Browser, meeting: Meeting, form: dict[str, object]) -> str:
    answer = ines.post(f"/meetings/{meeting.id}/outputs", form)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("/edit")[0]


def read_output(world: World, url: str) -> tuple[Output, str]:
    with transaction(world.read) as session:
        output = session.get_one(Output, url.rpartition("/")[2])
        return output, outputs.compute_text_digest(session, output)


def record_decisions(world: World, meeting: Meeting, *texts: str) -> list[Decision]:
    """Record decisions under the first item of the agenda."""
    item = world.item(meeting, "Cost of connectivity")
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    decisions = []
    for text in texts:
        with world.acting("laurent") as (session, actor):
            meeting_row = session.get_one(Meeting, meeting.id)
            now = floors.find_open_sitting(session, meeting_row)
            assert now
            new = NewDecision(text=text, lang="en")
            decisions.append(sitting.record_decision(session, actor, meeting_row, new, version=now.version))
    return decisions


def test_a_liaison_statement_shows_its_addressees_from_the_draft_to_the_record(
    world: World, meeting: Meeting, english: Open
) -> None:
    ines, laurent = english("ines"), english("laurent")
    url = draft_output(ines, meeting, LIAISON)
    ines.post(f"{url}/files", {"language": "en"}, files={"file": ("text.docx", make_docx("A text."))})

    form = ines.get(f"{url}/edit").text
    for number, typed in enumerate(("IETF", "CWG-WSIS&amp;SDG", "TSAG", "", ""), 1):
        assert re.search(rf'<input[^>]* id="f-addressee-{number}" name="addressee"[^>]* value="{typed}"', form)
    assert 'value="2027-03-01"' in form
    words = "For reply Internet Engineering Task Force Reply requested by Monday 1 March 2027 For comment CWG-WSIS&SDG"
    assert words in visible_text(ines.get(url).text)
    day = {"adopted_on": meeting.opens_on.isoformat(), "without_pdf": "yes", "text": read_output(world, url)[1]}
    assert laurent.post(f"{url}/adopt", day).status_code == 303

    for page in (url, f"{url}/record"):
        shown = visible_text(english("amina").get(page).text)
        assert words in shown
    if HAS_PANGO:
        assert english("amina").get(f"{url}/record.pdf").content.startswith(b"%PDF")


def test_a_liaison_statement_needs_an_addressee(world: World, meeting: Meeting, english: Open) -> None:
    answer = english("ines").post(f"/meetings/{meeting.id}/outputs", WITHOUT_ADDRESSEES | {"addressee": [" ", ""]})
    parent = english("ines").post(f"/meetings/{meeting.id}/outputs", WITHOUT_ADDRESSEES | {"kind": "parent_report"})

    assert answer.status_code == 400
    assert 'id="f-addressees-error"' in answer.text
    assert re.search(r"<details[^>]* open>", answer.text)
    assert parent.status_code == 303


def test_a_wrong_row_is_named_and_all_rows_are_kept(world: World, meeting: Meeting, english: Open) -> None:
    rows = {
        "addressee": ["IETF", "The registry"],
        "addressee_wants": ["reply", "anything"],
        "addressee_reply_by": ["", "x"],
    }

    answer = english("ines").post(f"/meetings/{meeting.id}/outputs", WITHOUT_ADDRESSEES | rows)

    assert answer.status_code == 400
    assert {'"#f-addressee_wants-2"', '"#f-addressee_reply_by-2"'} <= set(re.findall(r'"#f-[^"]*"', answer.text))
    assert 'value="The registry"' in answer.text
    assert count_rows_of_outputs(world) == 0


def count_rows_of_outputs(world: World) -> int:
    with transaction(world.read) as session:
        return count_rows(session, select(Output))


@pytest.mark.parametrize("typed", ["IETF", " ietf ", "internet  engineering TASK force"])
def test_what_names_a_party_is_that_party(world: World, meeting: Meeting, english: Open, typed: str) -> None:
    url = draft_output(english("ines"), meeting, WITHOUT_ADDRESSEES | address((typed, "reply")))

    (row,) = read_addressees(world, url)

    assert (row.organization, row.words) == ("IETF", "Internet Engineering Task Force")
    form = english("ines").get(f"{url}/edit").text
    assert "Internet Engineering Task Force" in visible_text(form)


def test_a_reply_names_the_liaison_that_it_answers(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    with world.acting("ines") as (session, actor):
        new = NewLiaison(party="IETF", subject="On routing", original="en", wants="reply")
        liaison = liaisons.take_in_liaison(session, actor, world.body(), new, world.file())
        liaisons.register_liaison(session, actor, liaison, meeting.id, version=1)
    reply = WITHOUT_ADDRESSEES | address(("IETF", "information")) | {"addressee_in_reply_to": [str(uuid4())]}

    refused = ines.post(f"/meetings/{meeting.id}/outputs", reply)
    url = draft_output(ines, meeting, reply | {"addressee_in_reply_to": [str(liaison.id)]})

    assert refused.status_code == 400
    assert "Select a liaison statement to this group that awaits a reply." in visible_text(refused.text)
    assert f'<option value="{liaison.id}" selected>' in ines.get(f"{url}/edit").text
    assert f'In reply to <a href="/liaisons/{liaison.id}">' in ines.get(url).text


def test_what_names_no_party_is_kept_as_words(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    url = draft_output(ines, meeting, WITHOUT_ADDRESSEES | address(("Engineering Task", "reply")))

    (row,) = read_addressees(world, url)

    assert (row.organization, row.body_id, row.words) == (None, None, "Engineering Task")
    assert "Not in the register: delivered by hand. In the register: IETF" in visible_text(ines.get(f"{url}/edit").text)


def read_addressees(world: World, url: str) -> Sequence[OutputAddressee]:
    with transaction(world.read) as session:
        return list_addressee_rows(session, UUID(url.rpartition("/")[2]))


def test_the_addressees_of_an_earlier_draft_become_rows(
    world: World, meeting: Meeting, english: Open, database: Database
) -> None:
    """A version before wrote them as lists of words."""
    ines, output = english("ines"), world.output(meeting)
    database.run_as_superuser(
        "UPDATE portal.output SET kind = 'liaison', for_action = '{A forum}', for_information = '{TSAG}',"
        " reply_by = '2027-03-01'"
    )
    url = f"/outputs/{output.id}"
    _, before = read_output(world, url)
    assert "For action A forum" in visible_text(ines.get(url).text)
    form = ines.get(f"{url}/edit").text
    assert re.search(r'id="f-addressee-2" name="addressee"[^>]* value="TSAG"', form)

    rows = address(("A forum", "action"), ("TSAG", "information"))
    assert ines.post(url, WITHOUT_ADDRESSEES | rows | {"version": "2"}).status_code == 303

    there, after = read_output(world, url)
    assert (there.for_action, there.for_information, there.reply_by) == ([], [], None)
    assert [row.words for row in read_addressees(world, url)] == ["A forum", "TSAG"]
    assert before != after


def test_an_output_of_another_kind_keeps_no_addressees(world: World, meeting: Meeting, english: Open) -> None:
    url = draft_output(english("ines"), meeting, LIAISON | {"kind": "decision"})

    assert read_addressees(world, url) == []


def test_addressees_are_part_of_what_is_adopted(world: World, meeting: Meeting, english: Open) -> None:
    """Each property of each of them."""
    ines = english("ines")
    url = draft_output(ines, meeting, LIAISON)
    seen = {read_output(world, url)[1]}
    changes = (
        {"addressee": ["IETF", "TSAG", "", "CWG-WSIS&SDG"]},
        {"addressee": ["ISO", "CWG-WSIS&SDG", "", "TSAG"]},
        {"addressee_wants": ["reply", "action", "", "information"]},
        {"addressee_reply_by": ["2027-03-02", "", "", ""]},
    )

    for version, change in enumerate(changes, 1):
        assert ines.post(url, LIAISON | change | {"version": str(version)}).status_code == 303
        seen.add(read_output(world, url)[1])

    assert len(seen) == 1 + len(changes)


def test_an_output_without_addressees_and_decisions_keeps_its_digest(world: World, meeting: Meeting) -> None:
    output = world.output(meeting, title="Old")

    with transaction(world.read) as session:
        output_row = session.get_one(Output, output.id)
        digest = outputs.compute_text_digest(session, output_row)
        file = outputs.list_output_files(session, output_row)[0].sha256

    plain = f'{{"files":{{"en":"{file}"}},"kind":"report","original":"en","sources":[],"titles":{{"en":"Old"}}}}'
    assert digest == sha256(plain.encode()).hexdigest()


def test_a_stale_save_shows_the_addressees_of_both(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    url = draft_output(ines, meeting, LIAISON)
    theirs = address(("TSAG", "action"), ("RAG", "action"))
    assert ines.post(url, WITHOUT_ADDRESSEES | theirs | {"version": "1"}).status_code == 303

    mine = address(("Typed by the chair", "action"))
    answer = english("laurent").post(url, WITHOUT_ADDRESSEES | mine | {"version": "1"})

    assert answer.status_code == 409
    assert "Recipients TSAG RAG" in visible_text(answer.text)
    assert 'value="Typed by the chair"' in answer.text


def test_a_released_output_shows_its_addressees(world: World, meeting: Meeting, tmp_path: Path) -> None:
    whom = [{"words": "ITU-T Study Group 3", "wants": "action"}, {"words": "TSAG", "wants": "information"}]
    world.released(meeting, open_store(f"file://{tmp_path}/released"), kind="liaison", addressees=whom)

    with transaction(world.read) as session:
        (released_output,) = released.list_entries(session)

    assert (released_output.for_action, released_output.for_information, released_output.reply_by) == (
        ("ITU-T Study Group 3",),
        ("TSAG",),
        None,
    )


def test_an_output_shows_its_source_decisions_with_item_and_text(world: World, meeting: Meeting, english: Open) -> None:
    first, second = record_decisions(world, meeting, "It was agreed to ask Study Group 3.", "It was noted.")
    ines = english("ines")
    form = ines.get(f"/meetings/{meeting.id}/outputs/new").text
    assert f'name="decisions" value="{first.id}"' in form

    url = draft_output(ines, meeting, LIAISON | {"decisions": [str(first.id)]})

    page = visible_text(ines.get(url).text)
    assert "Decision 1 Item 1 It was agreed to ask Study Group 3." in page
    assert "It was noted." not in page
    assert f'value="{first.id}" checked' in ines.get(f"{url}/edit").text
    ines.post(url, LIAISON | {"decisions": [str(second.id)], "version": "1"})
    assert "Decision 2 Item 1 It was noted." in visible_text(ines.get(url).text)


def test_a_decision_of_another_group_cannot_be_a_source(world: World, meeting: Meeting, english: Open) -> None:
    other_body = "wg-wsis"
    for who, seat in (("ines", "secretary"), ("laurent", "chair")):
        world.seat(who, seat, body=other_body)
    (foreign_decision,) = record_decisions(world, world.meeting(number=44, body=other_body), "Decided elsewhere.")

    for source_id in (foreign_decision.id, meeting.id):
        answer = english("ines").post(f"/meetings/{meeting.id}/outputs", LIAISON | {"decisions": [str(source_id)]})
        assert answer.status_code == 400

    with transaction(world.read) as session:
        assert count_rows(session, outputs.list_visible_outputs(world.actor("ines"))) == 0


def test_a_decision_has_no_sponsor(world: World, meeting: Meeting) -> None:
    (agreed,) = record_decisions(world, meeting, "It was agreed.")
    output = world.output(meeting, decisions=frozenset({agreed.id}))

    with transaction(world.read) as session:
        case = outputs.get_output_rule_subject(session, session.get_one(Output, output.id))

    assert case.sponsors == frozenset()
