"""Signing together, clearing, following up, holding and writing on behalf, as people do it on the pages."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.domain.contributions import actions as contributions
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
COVER = {"title": "What was typed", "original": "en", "purpose": "discussion"}


def test_three_states_sign_a_contribution_together(world: World, english: Open) -> None:
    draft = world.draft(world.meeting(), title="A joint title")
    here = f"/contributions/{draft.id}"
    amina, rafael, haruka = (english(who) for who in ("amina", "rafael", "haruka"))

    for state in ("BRA", "JPN"):
        assert amina.post(f"{here}/sponsors", {"entity": state}).status_code == 303
    assert "Japan asks" not in rafael.get("/").text
    assert "Kenya asks your State to sign a draft" in rafael.get("/").text
    version = rafael.get(f"{here}/sponsors").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{here}/sign", {"version": version}).status_code == 303
    assert "Signs" in amina.get(f"{here}/sponsors").text
    assert (
        "These States have not signed yet, and would not stand on the document: Japan."
        in amina.get(f"{here}/check").text
    )

    assert haruka.post(f"{here}/decline", {}).status_code == 303
    assert haruka.get(here).status_code == 404
    assert "These States have not signed yet" not in amina.get(f"{here}/check").text


def test_a_state_cannot_be_asked_twice_or_by_another(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    here = f"/contributions/{draft.id}/sponsors"

    answer = english("amina").post(here, {"entity": "nowhere"})
    assert (answer.status_code, "Choose one of the options." in answer.text) == (400, True)
    assert english("rafael").post(here, {"entity": "JPN"}).status_code == 403
    assert english("haruka").post(here, {"entity": "JPN"}).status_code == 404


def test_the_head_is_asked_to_clear_where_the_state_wants_it(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    draft = world.draft(world.meeting(), by="wambui")
    here = f"/contributions/{draft.id}"
    amina, wambui = english("amina"), english("wambui")
    assert "It waits for your clearance" not in amina.get(here).text

    assert english("joseph").post("/bodies/cwg-internet/clearance", {"required": "yes"}).status_code == 303
    assert "The head of your delegation has to clear it first." in wambui.get(f"{here}/check").text
    assert "It waits for your clearance" in amina.get(here).text
    assert amina.post(f"{here}/clear", {"version": draft.version}).status_code == 303
    assert "has to clear it first" not in wambui.get(f"{here}/check").text


def test_what_came_late_is_held_and_taken_up_at_the_next_meeting(world: World, english: Open) -> None:
    late, later = world.meeting(opens_in=3), world.meeting(opens_in=90, number=23)
    made = world.submitted(late)
    here = f"/contributions/{made.id}"
    chair, secretary = english("laurent"), english("ines")

    missing = chair.post(f"{here}/hold", {"version": made.version, "reason": ""})
    assert (missing.status_code, "Fill this in." in missing.text) == (400, True)
    assert chair.post(f"{here}/hold", {"version": made.version, "reason": "Too late to read."}).status_code == 303
    assert "Too late to read." in english("amina").get(here).text
    page = secretary.get(f"{here}/take-up").text
    assert "CWG-Internet, meeting 23" in page
    version = page.split('name="version" value="')[1].split('"')[0]
    assert secretary.post(f"{here}/take-up", {"version": version, "meeting": str(later.id)}).status_code == 303
    assert "In time" in secretary.get(here).text


@pytest.mark.parametrize(("step", "heading"), [("rev", "Revise a document"), ("corr", "Correct a document")])
def test_a_document_is_followed_up_by_its_own_state(world: World, english: Open, step: str, heading: str) -> None:
    _, document = world.registered(world.meeting(), title="As registered")
    there = f"/documents/{document.id}/follow/{step}"
    amina = english("amina")

    page = amina.get(there).text
    assert heading in page
    assert 'value="As registered"' in page
    silent = amina.post(there, COVER | {"key": str(uuid4())})
    assert (silent.status_code, "Say in a sentence what is new in it." in silent.text) == (400, True)
    begun = amina.post(there, COVER | {"key": str(uuid4()), "note": "Paragraph 2."})
    assert begun.status_code == 303
    assert "Paragraph 2." in amina.get(begun.headers["location"]).text
    assert english("rafael").get(there).status_code == 403
    assert amina.get(f"/documents/{document.id}/follow/text").status_code == 404


def test_another_state_supports_a_document(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())

    assert english("rafael").post(f"/documents/{document.id}/support", {}).status_code == 303
    assert english("amina").post(f"/documents/{document.id}/support", {}).status_code == 403
    assert english("laurent").post(f"/documents/{document.id}/support", {}).status_code == 403


def test_the_secretariat_chooses_for_whom_it_writes(world: World, english: Open) -> None:
    meeting = world.meeting()
    ines = english("ines")
    assert "Whose document is it?" in ines.get(f"/meetings/{meeting.id}/contributions/new").text
    assert "Whose document is it?" not in english("amina").get(f"/meetings/{meeting.id}/contributions/new").text

    def begin(**more: str) -> tuple[int, str]:
        answer = ines.post(f"/meetings/{meeting.id}/contributions", COVER | {"key": str(uuid4())} | more)
        return answer.status_code, answer.text + answer.headers.get("location", "")

    status, page = begin(entity="ITU", series="C")
    assert (status, "Contributions come from States." in page) == (400, True)
    status, address = begin(entity="KEN", series="C")
    assert status == 303
    assert "the secretariat, on behalf of the State" in english("amina").get(address.split("/edit")[0]).text


def test_a_draft_is_saved_while_it_is_written(world: World, english: Open) -> None:
    meeting, key = world.meeting(), str(uuid4())
    amina = english("amina")

    def save(title: str, version: int) -> object:
        form = COVER | {"title": title, "key": key, "version": str(version)}
        return amina.post(f"/meetings/{meeting.id}/contributions", form, headers={"accept": "application/json"})

    assert save("W", 0).json() == {"version": 1}
    assert save("Written", 1).json() == {"version": 2}
    assert save("Another window", 1).status_code == 409
    final = amina.post(f"/meetings/{meeting.id}/contributions", COVER | {"key": key, "version": "2"})
    assert final.status_code == 303


def test_everybody_is_told_when_a_deadline_moves(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=40)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    days = {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    assert "was moved from" not in english("rafael").get("/").text

    form |= days | {"contributions_due_on": str(meeting.opens_on)}
    assert english("ines").post(f"/meetings/{meeting.id}/edit", form).status_code == 303

    assert (
        "The deadline for contributions to CWG-Internet, meeting 22 was moved from" in english("rafael").get("/").text
    )


def test_what_waited_for_the_chair_is_in_time_after_the_deadline_moved(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=5)
    made = world.submitted(meeting)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    assert "Late" in english("ines").get(f"/contributions/{made.id}").text

    english("ines").post(f"/meetings/{meeting.id}/edit", form | {"contributions_due_on": str(meeting.opens_on)})

    assert "In time" in english("ines").get(f"/contributions/{made.id}").text


def test_a_document_shows_who_signed_and_who_supported(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    assert isinstance(document, Document)
    english("rafael").post(f"/documents/{document.id}/support", {})

    assert "Brazil" in english("haruka").get(f"/documents/{document.id}").text


def test_what_was_typed_on_the_cover_reaches_every_reader_of_the_document(world: World, english: Open) -> None:
    amina, ines = english("amina"), english("ines")
    meeting = world.meeting()
    more = {"action": "The meeting may wish to note it.", "contact": "A. Otieno, office 7", "regional_group": "ATU"}
    begun = amina.post(f"/meetings/{meeting.id}/contributions", COVER | more | {"key": str(uuid4())})
    draft = begun.headers["location"].split("/")[2]
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, UUID(draft))
        contributions.put_file(session, actor, found, world.file(), began_at=found.drafted_at)
        version = found.version
    amina.post(f"/contributions/{draft}/submit", {"version": version})
    document = ines.post(f"/contributions/{draft}/register", {"version": version + 1}).headers["location"]

    page = english("rafael").get(document.split("?")[0]).text

    assert "For discussion" in page
    assert all(words in page for words in more.values())
