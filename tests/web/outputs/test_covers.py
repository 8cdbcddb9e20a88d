"""The cover of an output: to whom it goes, and the decisions that it was made from, on every page that shows them."""

import html
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from app.core.db import transaction
from app.core.storage import open_store
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.floor import queries as floors
from app.domain.floor.actions import session as sitting
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.releases.queries import releases as released
from app.http.pdf_export import is_pdf_available
from tests.browser import Browser
from tests.files import a_docx
from tests.world import World

Open = Callable[..., Browser]
LIAISON = {
    "kind": "liaison",
    "original": "en",
    "title_en": "Liaison on the cost of connectivity",
    "for_action": "ITU-T Study Group 3\r\nCWG-WSIS&SDG",
    "for_information": "TSAG",
    "reply_by": "2027-03-01",
}


def said(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


def drafted(ines: Browser, meeting: Meeting, form: dict[str, object]) -> str:
    answer = ines.post(f"/meetings/{meeting.id}/outputs", form)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("/edit")[0]


def read(world: World, here: str) -> tuple[Output, str]:
    with transaction(world.read) as session:
        found = session.get_one(Output, here.rpartition("/")[2])
        return found, outputs.compute_text_digest(session, found)


def fallen(world: World, meeting: Meeting, *texts: str) -> list[Decision]:
    """Decisions that fell under the first item of the agenda."""
    item = world.item(meeting, "Cost of connectivity")
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    made = []
    for text in texts:
        with world.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            now = floors.find_open_sitting(session, there)
            assert now
            new = NewDecision(text=text, lang="en")
            made.append(sitting.record_decision(session, actor, there, new, version=now.version))
    return made


def test_a_liaison_statement_says_to_whom_it_goes_from_the_draft_to_the_record(
    world: World, meeting: Meeting, english: Open
) -> None:
    ines, laurent = english("ines"), english("laurent")
    here = drafted(ines, meeting, LIAISON)
    ines.post(f"{here}/files", {"language": "en"}, files={"file": ("text.docx", a_docx("A text."))})

    form = ines.get(f"{here}/edit").text
    assert "ITU-T Study Group 3\nCWG-WSIS&amp;SDG</textarea>" in form
    assert 'value="2027-03-01"' in form
    words = "Addressed to, for action ITU-T Study Group 3 CWG-WSIS&SDG Addressed to, for information TSAG"
    assert words in said(ines.get(here).text)
    day = {"adopted_on": meeting.opens_on.isoformat(), "text": read(world, here)[1]}
    assert laurent.post(f"{here}/adopt", day).status_code == 303

    for page in (here, f"{here}/record"):
        shown = said(english("amina").get(page).text)
        assert words in shown
        assert "A reply is asked for by Monday 1 March 2027" in shown
    if is_pdf_available():
        assert english("amina").get(f"{here}/record.pdf").content.startswith(b"%PDF")


def test_a_liaison_statement_needs_somebody_to_whom_it_goes(world: World, meeting: Meeting, english: Open) -> None:
    nobody = LIAISON | {"for_action": " \r\n", "for_information": ""}

    answer = english("ines").post(f"/meetings/{meeting.id}/outputs", nobody)
    parent = english("ines").post(f"/meetings/{meeting.id}/outputs", nobody | {"kind": "parent_report"})

    assert answer.status_code == 400
    assert 'id="f-for_action-error"' in answer.text
    assert re.search(r"<details[^>]* open>", answer.text)
    assert parent.status_code == 303


def test_what_goes_to_nobody_outside_keeps_no_addressees(world: World, meeting: Meeting, english: Open) -> None:
    here = drafted(english("ines"), meeting, LIAISON | {"kind": "decision"})

    found, _ = read(world, here)

    assert (found.for_action, found.for_information, found.reply_by) == ([], [], None)


def test_addressees_are_part_of_what_is_adopted(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    here = drafted(ines, meeting, LIAISON)
    _, before = read(world, here)

    ines.post(here, LIAISON | {"for_action": "ITU-T Study Group 5", "version": "1"})

    found, after = read(world, here)
    assert found.for_action == ["ITU-T Study Group 5"]
    assert before != after


def test_an_output_without_addressees_and_decisions_keeps_the_digest_it_had(world: World, meeting: Meeting) -> None:
    output = world.output(meeting, title="Old")

    with transaction(world.read) as session:
        there = session.get_one(Output, output.id)
        digest = outputs.compute_text_digest(session, there)
        file = outputs.list_output_files(session, there)[0].sha256

    plain = f'{{"files":{{"en":"{file}"}},"kind":"report","original":"en","sources":[],"titles":{{"en":"Old"}}}}'
    assert digest == sha256(plain.encode()).hexdigest()


def test_a_stale_save_shows_the_addressees_of_both(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    here = drafted(ines, meeting, LIAISON)
    assert ines.post(here, LIAISON | {"for_information": "TSAG\nRAG", "version": "1"}).status_code == 303

    answer = english("laurent").post(here, LIAISON | {"for_action": "Typed by the chair", "version": "1"})

    assert answer.status_code == 409
    assert "For information to TSAG RAG" in said(answer.text)
    assert "Typed by the chair</textarea>" in answer.text


def test_what_is_released_says_to_whom_it_goes(world: World, meeting: Meeting, tmp_path: Path) -> None:
    whom = {"kind": "liaison", "for_action": ("ITU-T Study Group 3",), "for_information": ("TSAG",)}
    world.released(meeting, open_store(f"file://{tmp_path}/released"), **whom)

    with transaction(world.read) as session:
        (found,) = released.list_entries(session)

    assert (found.for_action, found.for_information, found.reply_by) == (("ITU-T Study Group 3",), ("TSAG",), None)


def test_an_output_is_made_from_decisions_shown_with_item_and_text(
    world: World, meeting: Meeting, english: Open
) -> None:
    first, second = fallen(world, meeting, "It was agreed to ask Study Group 3.", "It was noted.")
    ines = english("ines")
    form = ines.get(f"/meetings/{meeting.id}/outputs/new").text
    assert f'name="decisions" value="{first.id}"' in form

    here = drafted(ines, meeting, LIAISON | {"decisions": [str(first.id)]})

    page = said(ines.get(here).text)
    assert "Decision 1 Item 1 It was agreed to ask Study Group 3." in page
    assert "It was noted." not in page
    assert f'value="{first.id}" checked' in ines.get(f"{here}/edit").text
    ines.post(here, LIAISON | {"decisions": [str(second.id)], "version": "1"})
    assert "Decision 2 Item 1 It was noted." in said(ines.get(here).text)


def test_a_decision_of_another_group_is_no_source(world: World, meeting: Meeting, english: Open) -> None:
    elsewhere = "wg-wsis"
    for who, seat in (("ines", "secretary"), ("laurent", "chair")):
        world.seat(who, seat, body=elsewhere)
    (theirs,) = fallen(world, world.meeting(number=44, body=elsewhere), "Decided elsewhere.")

    for wanted in (theirs.id, meeting.id):
        answer = english("ines").post(f"/meetings/{meeting.id}/outputs", LIAISON | {"decisions": [str(wanted)]})
        assert answer.status_code == 400

    with transaction(world.read) as session:
        assert outputs.count_outputs(session, world.actor("ines")) == 0


def test_a_decision_has_no_sponsor(world: World, meeting: Meeting) -> None:
    (agreed,) = fallen(world, meeting, "It was agreed.")
    output = world.output(meeting, decisions=frozenset({agreed.id}))

    with transaction(world.read) as session:
        case = outputs.get_output_state(session, session.get_one(Output, output.id))

    assert case.sponsors == frozenset()
