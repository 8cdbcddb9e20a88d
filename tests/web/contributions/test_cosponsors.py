"""Signing together, clearing, following up, holding and writing on behalf, as people do it on the pages."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from tests.browser import Browser
from tests.document_history import withdrawn
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
    assert "Kenya asks your State to sign a contribution" in rafael.get("/").text
    version = rafael.get(f"{here}/sponsors").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{here}/sign", {"version": version}).status_code == 303
    assert "Signs" in amina.get(f"{here}/sponsors").text
    assert (
        "These States have not signed yet; they can, until it is registered: Japan." in amina.get(f"{here}/check").text
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


def test_a_state_that_the_group_does_not_admit_is_not_offered_and_not_taken(world: World, english: Open) -> None:
    draft = world.draft(world.meeting())
    here, amina, ines = f"/contributions/{draft.id}/sponsors", english("amina"), english("ines")
    offered, admission = '<option value="PSE"', {"categories": ["member_state", "res99"]}
    refusal = "This group does not admit that State. Choose another one."

    def write(entity: str) -> tuple[int, str]:
        form = COVER | {"key": str(uuid4()), "entity": entity, "series": "C"}
        answer = ines.post(f"/meetings/{draft.meeting_id}/contributions", form)
        return answer.status_code, answer.text

    assert offered not in amina.get(here).text
    answer = amina.post(here, {"entity": "PSE"})
    assert (answer.status_code, refusal in answer.text) == (400, True)
    status, page = write("PSE")
    assert (status, 'value="What was typed"' in page) == (400, True)
    assert page.partition('class="error-summary')[2].partition("</div>")[0].count(refusal) == 1

    assert ines.post("/bodies/cwg-internet/admission", admission).status_code == 303
    assert offered in amina.get(here).text
    assert amina.post(here, {"entity": "PSE"}).status_code == 303
    assert write("PSE")[0] == 303


def test_others_are_told_who_signs_and_not_who_declined_or_is_silent(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA", "JPN", "FRA")
    here = f"/contributions/{draft.id}"
    amina, rafael, haruka, ines = (english(who) for who in ("amina", "rafael", "haruka", "ines"))
    assert haruka.post(f"{here}/decline").status_code == 303

    def asked(browser: Browser) -> list[str]:
        page = browser.get(f"{here}/sponsors").text
        return [row.split("</th>")[0] for row in page.split('<th scope="row">')[1:]]

    assert (asked(amina), asked(rafael)) == (["Brazil", "France", "Japan"], ["Brazil"])
    version = amina.get(f"{here}/check").text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(f"{here}/submit", {"version": version}).status_code == 303
    assert asked(ines) == []
    assert f'href="{here}/sponsors"' not in ines.get(here).text
    assert f'href="{here}/sponsors"' in amina.get(here).text


def test_a_state_that_signed_is_not_asked_for_more(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    here, rafael, amina = f"/contributions/{draft.id}", english("rafael"), english("amina")
    asks, waits = "Kenya asks your State to sign a contribution", "Its submitter goes on with it."
    assert asks in rafael.get("/").text

    version = rafael.get(f"{here}/sponsors").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{here}/sign", {"version": version}).status_code == 303

    assert asks not in rafael.get("/").text
    line = rafael.get("/contributions").text
    assert (draft.title in line, waits in line, "Complete it and submit it." in line) == (True, True, False)
    theirs = amina.get("/contributions").text
    assert (waits in theirs, "Complete it and submit it." in theirs) == (False, True)
    amina.post(f"{here}", COVER | {"version": version})
    assert asks in rafael.get("/").text


def test_a_checked_draft_is_looked_at_again_once_a_state_took_its_signature_back(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    here, rafael, amina = f"/contributions/{draft.id}", english("rafael"), english("amina")
    version = amina.get(f"{here}/check").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{here}/sign", {"version": version}).status_code == 303
    assert rafael.post(f"{here}/decline").status_code == 303

    answer = amina.post(f"{here}/submit", {"version": version})

    assert (answer.status_code, "The draft was changed after you checked it." in answer.text) == (409, True)
    now = answer.text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(f"{here}/submit", {"version": now}).status_code == 303


def test_a_chair_whose_state_is_asked_to_sign_does_not_find_it_on_their_desk(world: World, english: Open) -> None:
    late = world.submitted(world.meeting(opens_in=3), asking="CHE")
    here, laurent, layla = f"/contributions/{late.id}", english("laurent"), english("layla")
    came = "A contribution of Kenya came late"

    assert (came in laurent.get("/").text, came in layla.get("/").text) == (False, True)
    for act in ("accept-late", "hold"):
        assert f'href="{here}/{act}"' not in laurent.get(here).text
        assert f'href="{here}/{act}"' in layla.get(here).text
        refused = laurent.post(f"{here}/{act}", {"version": late.version, "reason": "We want it."})
        assert (refused.status_code, "Your own State is behind this." in refused.text) == (403, True)
    assert layla.post(f"{here}/accept-late", {"version": late.version, "reason": "Fog."}).status_code == 303


def test_what_the_secretariat_wrote_is_cleared_before_its_state_sends_it(world: World, english: Open) -> None:
    amina, ines = english("amina"), english("ines")
    meeting = world.meeting()
    form = COVER | {"key": str(uuid4()), "entity": "KEN", "series": "C"}
    here = ines.post(f"/meetings/{meeting.id}/contributions", form).headers["location"].removesuffix("/edit?done=saved")
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, UUID(here.rpartition("/")[2]))
        contributions.put_contribution_file(session, actor, there, world.file(), began_at=there.drafted_at)
    english("joseph").post("/bodies/cwg-internet/clearance", {"required": "yes"})
    asked, waits = "The head of your delegation has to clear it first.", "It waits for your clearance"

    assert [asked in each.get(f"{here}/check").text for each in (amina, ines)] == [True, False]
    assert [waits in each.get(here).text for each in (amina, ines)] == [True, False]


def test_what_follows_a_document_that_ended_says_so_before_it_is_sent(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    amina = english("amina")
    begun = amina.post(f"/documents/{document.id}/follow/rev", COVER | {"key": str(uuid4()), "note": "Paragraph 2."})
    here = begun.headers["location"].removesuffix("/edit?done=saved")
    assert "was withdrawn" not in amina.get(f"{here}/check").text
    withdrawn(world, document)

    page = amina.get(f"{here}/check").text
    assert "The document that it follows was withdrawn, or its number is void." in page
    version = version_of(world, here)
    assert amina.post(f"{here}/submit", {"version": version}).status_code == 400


def version_of(world: World, here: str) -> int:
    with world.acting("amina") as (session, _):
        return session.get_one(Contribution, UUID(here.rpartition("/")[2])).version


def test_a_corrigendum_has_no_deadline_on_any_page(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    amina = english("amina")
    form = COVER | {"key": str(uuid4()), "note": "A slip."}
    revision, corrigendum = (
        amina.post(f"/documents/{document.id}/follow/{step}", form | {"key": str(uuid4())})
        .headers["location"]
        .removesuffix("/edit?done=saved")
        for step in ("rev", "corr")
    )
    due = meeting.contributions_due_at.strftime("%H:%M")

    def says_due(address: str) -> list[bool]:
        return [due in amina.get(f"{address}{page}").text.partition("<main")[2] for page in ("", "/edit", "/check")]

    assert says_due(revision) == [True, True, True]
    assert says_due(corrigendum) == [False, False, False]


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
        contributions.put_contribution_file(session, actor, found, world.file(), began_at=found.drafted_at)
        version = found.version
    amina.post(f"/contributions/{draft}/submit", {"version": version})
    document = ines.post(f"/contributions/{draft}/register", {"version": version + 1}).headers["location"]

    page = english("rafael").get(document.split("?")[0]).text

    assert "For discussion" in page
    assert all(words in page for words in more.values())
