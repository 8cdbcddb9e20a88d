"""The briefing file of a delegation: its page, its file, and that nothing of its notes is anywhere else."""

import io
import re
import zipfile
from collections.abc import Callable
from uuid import UUID

import pytest

from app.domain.agendas.actions.editing import remove_agenda_item
from app.domain.agendas.queries import agenda_drafts
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition
from app.domain.decisions.models import Decision
from app.domain.documents.models import Document
from app.domain.floor import queries as floors
from app.domain.floor.actions.session import put_own_position_on_decision, record_decision
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[[str], Browser]
NOTE = "Accept only with the amendment."
OTHERS = ("joseph", "wambui", "rafael", "laurent", "layla", "ines", "daniel", "olga", "chen", "sofia", "marc")


class BriefedDelegation:
    """A meeting with a document of Kenya under an item, and the page of the briefing file of Kenya."""

    def __init__(self, world: World, browser: Open) -> None:
        self.meeting: Meeting = world.meeting()
        item = world.item(self.meeting, "Protection of children")
        self.item, self.other_item = item.id, world.item(self.meeting, "Other business").id
        self.document: Document = world.registered(self.meeting, title="A first title")[1]
        world.allocated(self.meeting, self.document, item)
        world.agenda_released(self.meeting)
        self.url, self.amina = f"/meetings/{self.meeting.id}/briefing", browser("amina")

    def save(self, text: str = NOTE, *, about: UUID | None = None, version: int = 0, **options: object) -> int:
        form = {"subject": str(about or self.item), "text": text, "version": str(version)}
        return self.amina.post(f"{self.url}/notes", form, **options).status_code

    def show(self, query: str = "") -> str:
        return self.amina.get(self.url + query).text


@pytest.fixture
def kenya(world: World, browser: Open) -> BriefedDelegation:
    return BriefedDelegation(world, browser)


def test_the_file_shows_the_meeting_by_item_with_own_documents_and_notes(
    world: World, kenya: BriefedDelegation
) -> None:
    world.draft(kenya.meeting, title="Not submitted yet")
    assert kenya.save() == 303
    assert kenya.save("Our own paper.", about=kenya.document.id) == 303

    page = kenya.show()

    parts = ("Not submitted yet", "Protection of children", NOTE, "A first title", "Ours", "Our own paper.")
    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)
    assert f'id="n-{kenya.item}"' in page
    assert f'id="n-{kenya.document.id}"' not in page
    assert f'id="n-{kenya.document.id}"' in kenya.show(f"?at={kenya.document.id}")


def test_a_position_and_its_decision_have_their_languages(world: World, browser: Open) -> None:
    meeting = world.meeting(opens_in=0)
    item = world.item(meeting, "Protection of children")
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        now = floors.find_open_sitting(session, there)
        new = NewDecision(text="Il a été convenu.", lang="fr")
        decision = record_decision(session, actor, there, new, version=now.version)
    with world.acting("amina") as (session, actor):
        new = NewDecisionPosition(stance="reservation", text="نتحفظ.", lang="ar")
        there, row = session.get_one(Meeting, meeting.id), session.get_one(Decision, decision.id)
        put_own_position_on_decision(session, actor, there, row, new)
    amina = browser("amina")

    page = amina.get(f"/meetings/{meeting.id}/briefing").text
    pack = amina.post(f"/meetings/{meeting.id}/pack", {"notes": "yes"}).content
    packed = zipfile.ZipFile(io.BytesIO(pack)).read("briefing.html").decode()

    assert ' lang="fr" dir="ltr">Il a été convenu.<' in page
    for each in (page, packed):
        assert ' lang="ar" dir="rtl">نتحفظ.<' in each


def test_a_note_is_saved_while_it_is_typed(kenya: BriefedDelegation) -> None:
    form = {"subject": str(kenya.item), "text": NOTE, "version": "0"}
    answer = kenya.amina.post(f"{kenya.url}/notes", form, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()) == (200, {"version": 1})
    assert NOTE in kenya.show()


def test_what_a_colleague_saved_meanwhile_is_shown_with_what_was_typed(
    world: World, browser: Open, kenya: BriefedDelegation
) -> None:
    world.seat("wambui", "delegate")
    kenya.save()

    form = {"subject": str(kenya.item), "text": "Reject it.", "version": "0"}
    refused = browser("wambui").post(f"{kenya.url}/notes", form)

    assert refused.status_code == 409
    assert "Reject it.</textarea>" in refused.text
    assert NOTE in refused.text
    assert 'name="version" value="1"' in refused.text


def test_a_note_that_is_too_long_is_refused_and_kept_in_the_form(kenya: BriefedDelegation) -> None:
    form = {"subject": str(kenya.item), "text": "Word " * 10_000, "version": "0"}
    refused = kenya.amina.post(f"{kenya.url}/notes", form)

    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert "Word Word" in refused.text


@pytest.mark.parametrize("who", OTHERS)
def test_no_page_shows_the_note_of_another_delegation(browser: Open, kenya: BriefedDelegation, who: str) -> None:
    """The page, the file, the meeting's pages, the search, the record and the pack, as each of the cast."""
    kenya.save()
    assert NOTE in kenya.show()
    other, meeting = browser(who), f"/meetings/{kenya.meeting.id}"

    for path in (kenya.url, f"{kenya.url}/docx", meeting, f"{meeting}/agenda", "/search?q=amendment", "/record", "/"):
        assert NOTE not in other.get(path).text
    form = {"format": "submitted", "notes": "yes"}
    assert NOTE.encode() not in other.post(f"{meeting}/pack", form).content


def test_ones_own_pack_contains_the_file_if_it_is_asked_for(kenya: BriefedDelegation) -> None:
    kenya.save()
    path = f"/meetings/{kenya.meeting.id}/pack"

    asked, not_asked = (kenya.amina.post(path, form) for form in ({"notes": "yes"}, {}))

    archive = zipfile.ZipFile(io.BytesIO(asked.content))
    assert NOTE in archive.read("briefing.html").decode()
    assert "briefing.html" in archive.read("index.html").decode()
    assert NOTE.encode() not in not_asked.content


def test_the_file_is_had_as_a_word_document(kenya: BriefedDelegation) -> None:
    kenya.save()

    answer = kenya.amina.get(f"{kenya.url}/docx")

    assert answer.status_code == 200, answer.text
    text = re.sub("<[^>]+>", "", zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode())
    assert NOTE in text
    assert "Protection of children" in text
    assert "For the delegation of Kenya only" in text


def test_a_note_on_an_item_that_left_the_agenda_stays(world: World, kenya: BriefedDelegation) -> None:
    kenya.save(about=kenya.other_item)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, kenya.meeting.id)
        draft = agenda_drafts.get_draft_item(session, there, kenya.other_item)
        remove_agenda_item(session, actor, there, draft, version=there.agenda_version)
    world.agenda_released(kenya.meeting)

    page = kenya.show()

    assert "Notes on what is no longer on the agenda" in page
    assert NOTE in page
    assert kenya.save("Changed.", about=kenya.other_item, version=1) == 303
