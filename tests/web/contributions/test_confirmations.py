"""What the secretariat submits in the name of a State, as people see it: what waits for whom, and the other heading."""

from collections.abc import Callable
from uuid import UUID

import pytest

from app.core.i18n import LANGUAGES
from app.core.validation import ReasonInput
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import cosponsors, drafting, late_submissions, registration
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.web.views.documents.sources import name_source
from tests.browser import Browser
from tests.conftest import Database
from tests.domain.test_confirmations import end_seats
from tests.world import World

Open = Callable[..., Browser]


def get_version(world: World, contribution: UUID) -> str:
    with world.acting("ines") as (session, _):
        return str(session.get_one(Contribution, contribution).version)


def test_the_pages_say_whom_it_waits_for_and_it_is_not_registered_before(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting())
    address, ines = f"/contributions/{waiting.id}", english("ines")

    page, queue = ines.get(address).text, ines.get("/contributions").text
    assert "Awaiting confirmation by the State" in page
    assert "Whether it is on time was determined when the secretariat submitted it." in page
    assert f'href="{address}/register"' not in page
    assert ("Awaiting confirmation by the State" in queue, 'name="chosen"' in queue) == (True, False)
    form = {"version": get_version(world, waiting.id)}
    refused = ines.post(f"{address}/register", form)
    assert (refused.status_code, "That State must confirm it first." in refused.text) == (409, True)

    for who in ("amina", "joseph"):
        assert "The secretariat submitted a contribution on behalf of your State" in english(who).get("/").text
    assert "your confirmation does not make it late" in english("joseph").get(address).text
    assert (
        english("joseph").post(f"{address}/confirm", form).headers["location"] == f"{address}?done=confirmed-by-state"
    )

    assert "on behalf of your State" not in english("amina").get("/").text
    page = ines.get(address).text
    assert f'href="{address}/register"' in page
    assert 'name="chosen"' in ines.get("/contributions").text
    assert ines.post(f"{address}/register", {"version": get_version(world, waiting.id)}).status_code == 303


def test_the_page_says_that_no_one_is_left_who_could_confirm_it_again(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting(opens_in=0))
    world.meeting(number=23)
    address, ines = f"/contributions/{waiting.id}", english("ines")
    english("amina").post(f"{address}/confirm", {"version": get_version(world, waiting.id)})
    with world.acting("laurent") as (session, actor):
        stored, because = session.get_one(Contribution, waiting.id), ReasonInput(reason="It is too late.")
        late_submissions.hold_late_contribution(session, actor, stored, because, version=stored.version)
    assert "at the request of the State" not in ines.get(f"{address}/take-up").text
    end_seats(world, "KEN")

    page = ines.get(f"{address}/take-up").text

    assert "the contribution is registered as submitted by the secretariat at the request of the State" in page
    assert "has to confirm it again" not in page


def test_the_pages_say_that_it_is_confirmed_again_where_it_is_taken_up(world: World, english: Open) -> None:
    waiting, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    address, ines, amina = f"/contributions/{waiting.id}", english("ines"), english("amina")
    amina.post(f"{address}/confirm", {"version": get_version(world, waiting.id)})
    with world.acting("laurent") as (session, actor):
        stored, because = session.get_one(Contribution, waiting.id), ReasonInput(reason="It is too late.")
        late_submissions.hold_late_contribution(session, actor, stored, because, version=stored.version)
    assert "has to confirm it again for the later meeting" in ines.get(f"{address}/take-up").text
    assert "on behalf of your State" not in amina.get("/").text

    form = {"version": get_version(world, waiting.id), "meeting": str(later.id)}
    answer = ines.post(f"{address}/take-up", form)

    assert answer.headers["location"] == f"{address}?done=taken-up-waits"
    assert "once the State has confirmed it for that meeting" in ines.get(answer.headers["location"]).text
    assert "The secretariat submitted a contribution on behalf of your State" in amina.get("/").text
    page = amina.get(address).text
    assert "confirm exactly this text for the meeting named below" in page
    assert "CWG-Internet, meeting 23" in page
    assert "Confirmed by the State</dt>" not in page


def test_a_state_declines_with_a_reason_that_the_secretariat_reads(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting())
    address, amina = f"/contributions/{waiting.id}", english("amina")
    form = {"version": get_version(world, waiting.id)}

    assert "Decline the contribution with a reason" in amina.get(f"{address}/decline-confirmation").text
    assert amina.post(f"{address}/decline-confirmation", form | {"reason": ""}).status_code == 400
    declined = amina.post(f"{address}/decline-confirmation", form | {"reason": "Our ministry has not seen it."})
    assert (declined.status_code, declined.headers["location"]) == (303, "/?done=not-confirmed")

    page = english("ines").get(address).text
    assert "The State declined it for the following reason" in page
    assert "Our ministry has not seen it." in page
    assert "Kenya declined a contribution submitted on its behalf" in english("ines").get("/").text


def test_where_the_head_clears_what_the_state_submits_the_head_alone_is_asked_to_confirm(
    world: World, english: Open
) -> None:
    world.seat("wambui", "delegate")
    waiting = world.submitted_for(world.meeting())
    address, everybody = f"/contributions/{waiting.id}", ("amina", "wambui", "joseph")

    def list_asked() -> tuple[list[str], list[str]]:
        on_desk = [who for who in everybody if "on behalf of your State" in english(who).get("/").text]
        with_button = [who for who in everybody if f'href="{address}/confirm"' in english(who).get(address).text]
        return on_desk, with_button

    assert list_asked() == ([*everybody], [*everybody])
    with world.acting("joseph") as (session, actor):
        place = EntityInBody(waiting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)

    assert list_asked() == (["amina"], ["amina"])
    page = english("wambui").get(address).text
    assert "Awaiting confirmation by the State" in page
    assert f'href="{address}/decline-confirmation"' in page


def test_a_second_click_on_confirm_is_answered_as_the_first(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting())
    address, form = f"/contributions/{waiting.id}", {"version": get_version(world, waiting.id)}

    for _ in range(2):
        answer = english("amina").post(f"{address}/confirm", form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=confirmed-by-state")
    assert english("joseph").post(f"{address}/confirm", form).status_code == 409


@pytest.mark.parametrize("going_back", ["recall", "return"])
def test_a_text_that_went_back_does_not_show_the_confirmation_of_the_text_before(
    world: World, english: Open, going_back: str
) -> None:
    waiting = world.submitted_for(world.meeting())
    address, amina = f"/contributions/{waiting.id}", english("amina")
    amina.post(f"{address}/confirm", {"version": get_version(world, waiting.id)})
    assert "Confirmed by the State" in amina.get(address).text

    with world.acting("daniel") as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        if going_back == "recall":
            drafting.recall_contribution(session, actor, contribution, version=contribution.version)
        else:
            because = ReasonInput(reason="Please shorten it.")
            registration.return_contribution(session, actor, contribution, because, version=contribution.version)

    for page in (address, f"{address}/check"):
        assert "Confirmed by the State" not in amina.get(page).text


def test_the_receipt_of_a_confirmation_is_shown_to_those_of_the_state(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting())
    address = f"/contributions/{waiting.id}"
    english("joseph").post(f"{address}/confirm", {"version": get_version(world, waiting.id)})

    for who in ("joseph", "amina", "ines"):
        page = english(who).get(f"{address}/receipt").text
        assert "Confirmed by Kenya as submitted by the secretariat" in page
    assert english("rafael").get(f"{address}/receipt").status_code == 404


def test_page_lists_and_exports_say_in_each_language_that_the_secretariat_submitted_it(
    world: World, english: Open
) -> None:
    meeting, ines = world.meeting(), english("ines")
    waiting = world.submitted_for(meeting, "FRA", title="A text of another hand")
    shown = ines.get(f"/contributions/{waiting.id}").text
    assert "under the heading “Submitted by the secretariat at the request of France”" in shown
    registered = ines.post(f"/contributions/{waiting.id}/register", {"version": get_version(world, waiting.id)})
    document = registered.headers["location"].partition("/titles")[0]
    lists = ("/documents", f"/meetings/{meeting.id}/documents", "/search?q=CWG-Internet+22/1")
    pages = (document, "/documents.csv", *lists)

    headings = {language: name_source("FRA", at_request=True).translate(language) for language in LANGUAGES}
    assert len(set(headings.values())) == len(LANGUAGES)
    for language, heading in headings.items():
        ines.client.cookies.set("cwg_lang", language)
        assert [path for path in pages if heading not in ines.get(path).text] == [], language


@pytest.mark.parametrize("was_there", [True, False])
def test_what_was_registered_before_there_was_the_heading_does_not_get_it(
    world: World, database: Database, english: Open, was_there: bool
) -> None:
    waiting = world.submitted_for(world.meeting(), "FRA")
    address, ines = f"/contributions/{waiting.id}", english("ines")
    ines.post(f"{address}/register", {"version": get_version(world, waiting.id)})
    if not was_there:
        database.run_as_superuser("UPDATE portal.edition SET at_request = NULL")

    assert ("at the request of" in ines.get(address).text) is was_there
