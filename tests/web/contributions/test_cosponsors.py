"""Cosponsoring, clearing, following up, deferring and writing on behalf of a State, as people do it on the pages."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.world import World

Open = Callable[..., Browser]
COVER = {"title": "What was typed", "original": "en", "purpose": "discussion"}
CLEARANCE = {"submissions": "head", "positions": "head", "withdrawals": "delegate", "wider_access": "head"}


def test_three_states_cosponsor_a_contribution(world: World, english: Open) -> None:
    draft = world.draft(world.meeting(), title="A joint title")
    url = f"/contributions/{draft.id}"
    amina, rafael, haruka = (english(who) for who in ("amina", "rafael", "haruka"))

    assert "No State has been invited to co-sponsor." in amina.get(f"{url}/edit").text
    for state in ("BRA", "JPN"):
        assert amina.post(f"{url}/sponsors", {"entity": state}).status_code == 303
    assert "Japan invites" not in rafael.get("/").text
    assert "Kenya invites your State to co-sponsor a contribution" in rafael.get("/").text
    version = rafael.get(f"{url}/sign").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{url}/sign", {"version": version}).status_code == 303
    assert ">Co-sponsor<" in amina.get(f"{url}/sponsors").text
    assert "States that Kenya invited to co-sponsor" in amina.get(f"{url}/sponsors").text
    assert "you can withdraw it until it is registered" in amina.get(f"{url}/check").text
    assert (
        "These States have not responded to the invitation to co-sponsor. They can respond until the "
        "contribution is registered: Japan."
    ) in amina.get(f"{url}/check").text

    assert f'href="{url}/decline"' in haruka.get(f"{url}/sponsors").text
    page = haruka.get(f"{url}/decline").text
    assert ("Decline on behalf of Japan</button>" in page, "no longer sees the draft" in page) == (True, True)
    assert "The authors then complete and submit the draft." in haruka.get(url).text
    assert haruka.post(f"{url}/decline", {}).status_code == 303
    assert haruka.get(url).headers["Location"] == "/contributions?done=no-longer-invited"
    edit = amina.get(f"{url}/edit").text
    assert '<span class="tag good">Co-sponsor</span>' in name_answer(edit, "Brazil")
    assert ("withdraw-BRA" in edit, "withdraw-JPN" in edit) == (True, False)
    assert "Declined to co-sponsor" in name_answer(edit, "Japan")
    assert "These States have not responded to the invitation" not in amina.get(f"{url}/check").text


def test_the_address_of_a_draft_leads_to_the_document_once_that_may_be_read(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "JPN")
    url, amina, haruka = f"/contributions/{draft.id}", english("amina"), english("haruka")
    assert haruka.post(f"{url}/decline", {}).status_code == 303
    edit = amina.get(f"{url}/edit").text
    assert ("Declined to co-sponsor" in name_answer(edit, "Japan"), "No State has been invited" in edit) == (
        True,
        False,
    )
    version = amina.get(f"{url}/check").text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(f"{url}/submit", {"version": version}).status_code == 303
    hidden = haruka.get(url)
    assert (hidden.status_code, haruka.get(f"/contributions/{uuid4()}").status_code) == (303, 404)

    registered = english("ines").post(f"{url}/register", {"version": get_version(world, url)})

    document = registered.headers["location"].removesuffix("/titles?done=registered")
    assert haruka.get(url).headers["location"] == document
    assert english("chen").get(url).status_code == 404  # has no accreditation in the group
    assert haruka.get(document).status_code == 200
    assert amina.get(url).status_code == 200


def name_answer(page: str, state: str) -> str:
    """Return what the form of a draft says of an invited State."""
    return page.partition(f"<li><b>{state}</b>")[2].partition("</li>")[0]


def test_states_are_invited_together_after_their_names_were_checked(world: World, english: Open) -> None:
    draft = world.draft(world.meeting())
    url, amina, rafael = f"/contributions/{draft.id}", english("amina"), english("rafael")

    assert "checked" not in amina.get(f"{url}/sponsors").text.partition("<main")[2]
    none = amina.get(f"{url}/sponsors/invite")
    assert (none.status_code, "Select at least one State." in none.text) == (200, True)
    unknown = amina.get(f"{url}/sponsors/invite?entity=BRA&entity=KEN")
    assert (unknown.status_code, "Select one of the options." in unknown.text) == (200, True)
    page = amina.get(f"{url}/sponsors/invite?entity=BRA&entity=JPN").text
    assert "Invite Brazil and Japan</button>" in page
    assert rafael.get(url).status_code == 404

    assert amina.post(f"{url}/sponsors", {"entity": ["BRA", "JPN"]}).status_code == 303
    assert rafael.get(url).status_code == 200
    assert english("haruka").get(url).status_code == 200


def test_states_are_typed_into_the_form_of_the_draft_and_named_on_the_check_page(world: World, english: Open) -> None:
    draft = world.draft(world.meeting())
    url, amina, rafael = f"/contributions/{draft.id}", english("amina"), english("rafael")
    assert '<datalist id="states"><option>Afghanistan</option>' in amina.get(f"{url}/edit").text

    def send(invite: str, **button: str) -> tuple[int, str, str]:
        typed = COVER | {"title": f"With {invite}", "invite": invite, "version": get_version(world, url)} | button
        answer = amina.post(url, typed)
        return answer.status_code, answer.headers.get("location", ""), answer.text

    for words, error in (
        ("Brazil, Atlantis", "No Member State has this name or code: Atlantis."),
        ("Korea", "“Korea” can be several States"),
        ("Kenya", "Already invited, or not possible to invite: Kenya."),
    ):
        status, _, page = send(words, then="invite")
        assert (status, error in page, f'value="{words}"' in page) == (400, True, True)
    assert "Enter the name of at least one State." in send("", then="invite")[2]
    assert rafael.get(url).status_code == 404

    for button in ({"then": "invite"}, {"then": "check"}, {}):  # what was only typed is not taken for invited
        _, check, _ = send("brésil; JPN", **button)
        assert check == f"{url}/sponsors/invite?entity=BRA&entity=JPN&page=edit"
    page = amina.get(check).text
    assert "Invite Brazil and Japan</button>" in page
    assert f'href="{url}/edit"' in page
    assert "With brésil; JPN" in page
    assert rafael.get(url).status_code == 404
    done = amina.post(f"{url}/sponsors", {"entity": ["BRA", "JPN"], "page": "edit"})
    assert done.headers["location"] == f"{url}/edit?done=asked"
    assert rafael.get(url).status_code == 200

    _, check, _ = send("", then="withdraw-BRA")
    assert check == f"{url}/sponsors/BRA/withdraw?page=edit"
    assert "Brazil is no longer invited" in amina.get(check).text
    left = amina.post(check.partition("?")[0], {"page": "edit"})
    assert left.headers["location"] == f"{url}/edit?done=not-asked"
    assert rafael.get(url).headers["location"] == "/contributions?done=no-longer-invited"


def test_states_that_were_typed_are_still_in_the_form_after_a_file_was_removed(world: World, english: Open) -> None:
    draft, amina = world.draft(world.meeting()), english("amina")

    answer = amina.post(f"/contributions/{draft.id}/files/en/remove", {"invite": "Brazil"})

    assert 'id="f-invite" name="invite"' in (page := amina.get(answer.headers["location"]).text)
    assert 'value="Brazil"' in page


def test_a_revision_says_by_name_which_cosponsor_has_not_answered(world: World, english: Open) -> None:
    _, document = world.registered_with_cosponsor(world.meeting())
    amina, rafael = english("amina"), english("rafael")
    form = amina.get(f"/documents/{document.id}/follow/rev").text
    assert re.search(r'name="cosponsors" value="BRA" checked', form)
    created = amina.post(
        f"/documents/{document.id}/follow/rev", COVER | {"key": str(uuid4()), "note": "New.", "cosponsors": "BRA"}
    )
    url = created.headers["location"].removesuffix("/edit?done=saved")
    assert "Kenya revised a document: your State is invited to co-sponsor" not in rafael.get("/").text  # no text yet
    page = rafael.get(url).text
    assert (f'href="/documents/{document.id}">{document.symbol}' in page, "not yet numbered" in page) == (True, False)
    assert "has not added the text yet" in rafael.get(f"{url}/sponsors").text
    assert rafael.get(f"{url}/sign").status_code == 409
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, UUID(url.rpartition("/")[2]))
        contributions.put_contribution_file(session, actor, row, world.file(), began_at=row.drafted_at)

    assert rafael.post(f"{url}/sign", {"version": get_version(world, url)}).status_code == 303
    edit = amina.get(f"{url}/edit").text
    assert "Co-sponsors of this draft: Brazil. If you change the cover or a file" in edit
    assert "Continue without Brazil" not in amina.get(f"{url}/check").text
    amina.post(url, COVER | {"note": "Newer.", "version": get_version(world, url)})
    page = amina.get(f"{url}/check").text
    assert "A State that is asked again to co-sponsor has not answered yet." in page
    assert "Continue without Brazil" in page
    assert amina.post(f"{url}/submit", {"version": get_version(world, url)}).status_code == 400

    assert "without your State as a co-sponsor" not in rafael.get("/").text
    sure = amina.get(f"{url}/sponsors/BRA/withdraw?page=check").text
    assert ("Brazil is no longer invited" in sure, 'name="page" value="check"' in sure) == (True, True)
    left = amina.post(f"{url}/sponsors/BRA/withdraw", {"page": "check"})
    assert left.headers["location"] == f"{url}/check?done=not-asked"
    assert "Not invited again: Brazil." in amina.get(f"{url}/check").text
    notice = f"Kenya continues its work on {document.symbol} without your State as a co-sponsor"
    assert notice in rafael.get("/").text
    assert amina.post(f"{url}/submit", {"version": get_version(world, url)}).status_code == 303
    ines = english("ines")
    assert "receives the symbol of the document to which it belongs" in ines.get(f"{url}/register").text
    assert ines.post(f"{url}/register", {"version": get_version(world, url)}).status_code == 303
    assert f"{document.symbol.removeprefix('CWG-Internet ')} (Rev.1)" in amina.get("/contributions").text


def test_a_state_cannot_be_invited_twice_or_by_another_state(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    url = f"/contributions/{draft.id}/sponsors"

    answer = english("amina").post(url, {"entity": "nowhere"})
    assert (answer.status_code, "Select one of the options." in answer.text) == (400, True)
    assert english("rafael").post(url, {"entity": "JPN"}).status_code == 403
    assert english("haruka").post(url, {"entity": "JPN"}).status_code == 404


def test_a_state_that_the_group_does_not_admit_is_neither_offered_nor_accepted(world: World, english: Open) -> None:
    draft = world.draft(world.meeting())
    url, amina, ines = f"/contributions/{draft.id}/sponsors", english("amina"), english("ines")
    offered = 'name="entity" value="PSE"'
    refusal = "This group does not admit that State. Select another State."

    def write(entity: str) -> tuple[int, str]:
        form = COVER | {"key": str(uuid4()), "entity": entity, "series": "C"}
        answer = ines.post(f"/meetings/{draft.meeting_id}/contributions", form)
        return answer.status_code, answer.text

    assert offered not in amina.get(url).text
    answer = amina.post(url, {"entity": "PSE"})
    assert (answer.status_code, refusal in answer.text) == (400, True)
    status, page = write("PSE")
    assert (status, 'value="What was typed"' in page) == (400, True)
    assert page.partition('class="error-summary')[2].partition("</div>")[0].count(refusal) == 1

    world.change_body(admits=["member_state", "res99"])
    assert offered in amina.get(url).text
    assert amina.post(url, {"entity": "PSE"}).status_code == 303
    assert write("PSE")[0] == 303


def test_other_states_see_who_cosponsors_and_not_who_declined_or_is_silent(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA", "JPN", "FRA")
    url = f"/contributions/{draft.id}"
    amina, rafael, haruka, ines = (english(who) for who in ("amina", "rafael", "haruka", "ines"))
    assert haruka.post(f"{url}/decline").status_code == 303

    def invited_states(browser: Browser) -> list[str]:
        page = browser.get(f"{url}/sponsors").text
        return [row.split("</th>")[0] for row in page.split('<th scope="row">')[1:]]

    assert (invited_states(amina), invited_states(rafael)) == (["Brazil", "France", "Japan"], ["Brazil"])
    version = amina.get(f"{url}/check").text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(f"{url}/submit", {"version": version}).status_code == 303
    assert invited_states(ines) == []
    assert f'href="{url}/sponsors"' not in ines.get(url).text
    assert f'href="{url}/sponsors"' in amina.get(url).text


def test_a_state_that_signed_has_nothing_more_to_do(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    url, rafael, amina = f"/contributions/{draft.id}", english("rafael"), english("amina")
    asks, waits = (
        "Kenya invites your State to co-sponsor a contribution",
        "The submitting State continues the work on the draft.",
    )
    assert asks in rafael.get("/").text

    version = rafael.get(f"{url}/sign").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{url}/sign", {"version": version}).status_code == 303

    assert asks not in rafael.get("/").text
    line = rafael.get("/contributions").text
    assert (draft.title in line, waits in line, "Complete and submit the draft." in line) == (True, True, False)
    listing = amina.get("/contributions").text
    assert (waits in listing, "Complete and submit the draft." in listing) == (False, True)
    amina.post(f"{url}", COVER | {"version": version})
    asked_again = "Kenya changed a draft: your State is asked again to co-sponsor it"
    assert asked_again in rafael.get("/").text
    assert "before it was changed, and is asked again" in rafael.get(f"{url}/sponsors").text
    assert "They are asked again: Brazil." in amina.get(f"{url}/edit").text
    page = amina.get(f"{url}/check").text
    assert "A State that is asked again to co-sponsor has not answered yet." in page
    assert (f"{url}/sponsors/BRA/withdraw?page=check" in page, "can respond until the" in page) == (True, False)
    page = amina.get(f"{url}/sponsors/BRA/withdraw?page=check").text
    assert "If it had co-sponsored the draft, it then has to do so again." in page
    amina.post(f"{url}/sponsors/BRA/withdraw", {"page": "check"})
    notice = "Kenya continues a draft without your State as a co-sponsor"
    assert (notice in rafael.get("/").text, draft.title in rafael.get("/").text) == (True, False)
    assert notice not in english("haruka").get("/").text
    assert amina.post(f"{url}/submit", {"version": get_version(world, url)}).status_code == 303


def test_a_checked_draft_needs_another_check_after_a_signature_is_withdrawn(world: World, english: Open) -> None:
    draft = world.asked(world.meeting(), "BRA")
    url, rafael, amina = f"/contributions/{draft.id}", english("rafael"), english("amina")
    version = amina.get(f"{url}/check").text.split('name="version" value="')[1].split('"')[0]
    assert rafael.post(f"{url}/sign", {"version": version}).status_code == 303
    assert rafael.post(f"{url}/decline").status_code == 303

    answer = amina.post(f"{url}/submit", {"version": version})

    assert (answer.status_code, "The draft was changed after you checked it." in answer.text) == (409, True)
    now = answer.text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(f"{url}/submit", {"version": now}).status_code == 303


def test_a_chair_whose_state_is_invited_to_sign_does_not_see_it_on_the_dashboard(world: World, english: Open) -> None:
    late = world.submitted(world.meeting(opens_in=3), asking="CHE")
    url, laurent, layla = f"/contributions/{late.id}", english("laurent"), english("layla")
    came = "A contribution from Kenya is late"

    assert (came in laurent.get("/").text, came in layla.get("/").text) == (False, True)
    for act in ("accept-late", "hold"):
        assert f'href="{url}/{act}"' not in laurent.get(url).text
        assert f'href="{url}/{act}"' in layla.get(url).text
        refused = laurent.post(f"{url}/{act}", {"version": late.version, "reason": "We want it."})
        assert (refused.status_code, "This originates from your own delegation." in refused.text) == (403, True)
    assert layla.post(f"{url}/accept-late", {"version": late.version, "reason": "Fog."}).status_code == 303


def test_a_draft_by_the_secretariat_is_cleared_before_its_state_submits_it(world: World, english: Open) -> None:
    amina, ines = english("amina"), english("ines")
    meeting = world.meeting()
    form = COVER | {"key": str(uuid4()), "entity": "KEN", "series": "C"}
    url = ines.post(f"/meetings/{meeting.id}/contributions", form).headers["location"].removesuffix("/edit?done=saved")
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, UUID(url.rpartition("/")[2]))
        contributions.put_contribution_file(
            session, actor, contribution, world.file(), began_at=contribution.drafted_at
        )
    english("joseph").post("/bodies/cwg-internet/clearance", CLEARANCE)
    needs_clearance, waits = "The head of your delegation must clear the draft first.", "Awaiting your clearance"

    assert [needs_clearance in each.get(f"{url}/check").text for each in (amina, ines)] == [True, False]
    assert [waits in each.get(url).text for each in (amina, ines)] == [True, False]


def test_a_draft_that_follows_an_ended_document_says_so_before_submission(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    amina = english("amina")
    created = amina.post(f"/documents/{document.id}/follow/rev", COVER | {"key": str(uuid4()), "note": "Paragraph 2."})
    url = created.headers["location"].removesuffix("/edit?done=saved")
    assert "was withdrawn" not in amina.get(f"{url}/check").text
    withdraw_document(world, document)

    page = amina.get(f"{url}/check").text
    assert "The document to which this draft relates was withdrawn, or its number is void." in page
    version = get_version(world, url)
    assert amina.post(f"{url}/submit", {"version": version}).status_code == 400


def get_version(world: World, url: str) -> int:
    with world.acting("amina") as (session, _):
        return session.get_one(Contribution, UUID(url.rpartition("/")[2])).version


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


def test_the_head_of_delegation_clears_where_the_state_requires_it(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    draft = world.draft(world.meeting(), by="wambui")
    url = f"/contributions/{draft.id}"
    amina, wambui = english("amina"), english("wambui")
    assert "Awaiting your clearance" not in amina.get(url).text
    link = 'href="/bodies/cwg-internet/clearance"'
    assert [link in english(who).get("/").text for who in ("amina", "wambui", "ines")] == [True, True, False]
    assert [link in english(who).get("/people/cwg-internet").text for who in ("joseph", "ines")] == [True, True]
    assert "How your delegation decides" in amina.get("/bodies/cwg-internet/clearance").text

    assert english("joseph").post("/bodies/cwg-internet/clearance", CLEARANCE).status_code == 303
    assert "The head of your delegation must clear the draft first." in wambui.get(f"{url}/check").text
    assert "Awaiting your clearance" in amina.get(url).text
    assert amina.post(f"{url}/clear", {"version": draft.version}).status_code == 303
    assert "must clear the draft first" not in wambui.get(f"{url}/check").text


def test_a_late_contribution_is_deferred_and_taken_up_at_the_next_meeting(world: World, english: Open) -> None:
    late, later = world.meeting(opens_in=3), world.meeting(opens_in=90, number=23)
    contribution = world.submitted(late)
    url = f"/contributions/{contribution.id}"
    chair, secretary = english("laurent"), english("ines")

    missing = chair.post(f"{url}/hold", {"version": contribution.version, "reason": ""})
    assert (missing.status_code, "Enter the reason." in missing.text) == (400, True)
    assert (
        chair.post(f"{url}/hold", {"version": contribution.version, "reason": "Too late to read."}).status_code == 303
    )
    assert "Too late to read." in english("amina").get(url).text
    page = secretary.get(f"{url}/take-up").text
    assert "CWG-Internet, meeting 23" in page
    version = page.split('name="version" value="')[1].split('"')[0]
    assert secretary.post(f"{url}/take-up", {"version": version, "meeting": str(later.id)}).status_code == 303
    assert "On time" in secretary.get(url).text


@pytest.mark.parametrize(("step", "heading"), [("rev", "Submit a revision"), ("corr", "Submit a corrigendum")])
def test_a_state_follows_up_its_own_document(world: World, english: Open, step: str, heading: str) -> None:
    _, document = world.registered(world.meeting(), title="As registered")
    follow_path = f"/documents/{document.id}/follow/{step}"
    amina = english("amina")

    page = amina.get(follow_path).text
    assert heading in page
    assert 'value="As registered"' in page
    silent = amina.post(follow_path, COVER | {"key": str(uuid4())})
    assert (silent.status_code, "Enter one sentence on what is new in this document." in silent.text) == (400, True)
    created = amina.post(follow_path, COVER | {"key": str(uuid4()), "note": "Paragraph 2."})
    assert created.status_code == 303
    assert "Paragraph 2." in amina.get(created.headers["location"]).text
    assert english("rafael").get(follow_path).status_code == 403
    assert amina.get(f"/documents/{document.id}/follow/text").status_code == 404


def test_another_state_supports_a_document(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())

    assert english("rafael").post(f"/documents/{document.id}/support", {}).status_code == 303
    assert english("amina").post(f"/documents/{document.id}/support", {}).status_code == 403
    assert english("laurent").post(f"/documents/{document.id}/support", {}).status_code == 403


def test_the_secretariat_chooses_the_state_it_writes_for(world: World, english: Open) -> None:
    meeting = world.meeting()
    ines = english("ines")
    assert "On whose behalf is the document submitted?" in ines.get(f"/meetings/{meeting.id}/contributions/new").text
    assert (
        "On whose behalf is the document submitted?"
        not in english("amina").get(f"/meetings/{meeting.id}/contributions/new").text
    )

    def begin(**more: str) -> tuple[int, str]:
        answer = ines.post(f"/meetings/{meeting.id}/contributions", COVER | {"key": str(uuid4())} | more)
        return answer.status_code, answer.text + answer.headers.get("location", "")

    status, page = begin(entity="ITU", series="C")
    assert (status, "Contributions must be from a State." in page) == (400, True)
    status, address = begin(entity="KEN", series="C")
    assert status == 303
    assert "the secretariat, on behalf of the State" in english("amina").get(address.split("/edit")[0]).text


def test_a_draft_is_saved_automatically(world: World, english: Open) -> None:
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


def test_a_moved_deadline_is_shown_to_everybody(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=40)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    days = {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    assert "was changed from" not in english("rafael").get("/").text

    form |= days | {"contributions_due_on": str(meeting.opens_on)}
    assert english("ines").post(f"/meetings/{meeting.id}/edit", form).status_code == 303

    assert (
        "The deadline for contributions to CWG-Internet, meeting 22 was changed from" in english("rafael").get("/").text
    )


def test_a_late_contribution_is_in_time_after_the_deadline_moved(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=5)
    contribution = world.submitted(meeting)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    assert "Late" in english("ines").get(f"/contributions/{contribution.id}").text

    english("ines").post(f"/meetings/{meeting.id}/edit", form | {"contributions_due_on": str(meeting.opens_on)})

    assert "On time" in english("ines").get(f"/contributions/{contribution.id}").text


def test_a_document_shows_its_cosponsors_and_supporters(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    assert isinstance(document, Document)
    english("rafael").post(f"/documents/{document.id}/support", {})

    assert "Brazil" in english("haruka").get(f"/documents/{document.id}").text


def test_the_cover_text_reaches_every_reader_of_the_document(world: World, english: Open) -> None:
    amina, ines = english("amina"), english("ines")
    meeting = world.meeting()
    more = {"action": "The meeting may wish to note it.", "contact": "A. Otieno, office 7", "regional_group": "ATU"}
    created = amina.post(f"/meetings/{meeting.id}/contributions", COVER | more | {"key": str(uuid4())})
    draft = created.headers["location"].split("/")[2]
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, UUID(draft))
        contributions.put_contribution_file(
            session, actor, contribution, world.file(), began_at=contribution.drafted_at
        )
        version = contribution.version
    amina.post(f"/contributions/{draft}/submit", {"version": version})
    document = ines.post(f"/contributions/{draft}/register", {"version": version + 1}).headers["location"]

    page = english("rafael").get(document.partition("/titles")[0]).text

    assert "For discussion" in page
    assert all(words in page for words in more.values())
