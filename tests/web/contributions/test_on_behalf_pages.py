"""What the pages say of a text that the secretariat writes in the name of a State: its kind, whom it waits for, who
declined it."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.core.validation import ReasonInput
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
COVER = {"title": "A text of the State", "original": "en", "purpose": "decision", "access": "group"}


def get_version(world: World, contribution: UUID, *, by: str = "ines") -> str:
    with world.acting(by) as (session, _):
        return str(session.get_one(Contribution, contribution).version)


def submit_draft(world: World, browser: Browser, made: Contribution, *, by: str = "ines") -> str:
    """Submit what was recalled once more through its check page; return the text of the page that follows."""
    form = {"version": get_version(world, made.id, by=by), "late": "yes"}
    answer = browser.post(f"/contributions/{made.id}/submit", form)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).text


def recall(world: World, made: Contribution) -> None:
    with world.acting("ines") as (session, actor):
        stored = session.get_one(Contribution, made.id)
        drafting.recall_contribution(session, actor, stored, version=stored.version)


def test_the_secretariat_chooses_the_kind_of_document(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    form = ines.get(f"/meetings/{meeting.id}/contributions/new").text
    assert '<option value="" selected>Choose one</option>' in form
    assert '<option value="INF" selected>' not in form

    def begin(**more: str) -> tuple[int, str]:
        answer = ines.post(f"/meetings/{meeting.id}/contributions", COVER | {"key": str(uuid4())} | more)
        return answer.status_code, answer.text

    status, page = begin(entity="KEN", series="")
    assert (status, "Kind of document: choose one of the kinds." in page) == (400, True)
    assert begin(entity="KEN")[0] == 400
    assert begin(entity="KEN", series="C")[0] == 303


def test_kind_of_document_is_shown_to_those_who_check_it_confirm_it_and_read_its_receipt(
    world: World, english: Open
) -> None:
    waiting = world.submitted_for(world.meeting())
    address, kind = f"/contributions/{waiting.id}", "<dt>Kind of document</dt><dd>Contribution</dd>"
    amina = english("amina")
    assert kind in amina.get(address).text
    assert kind in english("ines").get(f"{address}/receipt").text
    amina.post(f"{address}/confirm", {"version": get_version(world, waiting.id)})
    assert kind in amina.get(f"{address}/receipt").text
    recall(world, waiting)
    assert kind in english("ines").get(f"{address}/check").text


def test_the_form_says_who_is_asked_where_the_secretariat_writes(world: World, english: Open) -> None:
    address = f"/meetings/{world.meeting().id}/contributions/new"
    for_delegates = ("Asked of your delegation", "binding for your State", "only delegates of your own State know")
    assert [words for words in for_delegates if words not in english("amina").get(address).text] == []

    page = english("ines").get(address).text

    assert [words for words in for_delegates if words in page] == []
    assert "Asked of the secretariat" in page
    assert "until the State has confirmed it" in page


@pytest.mark.parametrize("opens_in", [30, 0])
def test_pages_say_to_the_secretariat_that_the_state_has_to_confirm_what_it_submits(
    world: World, english: Open, opens_in: int
) -> None:
    made, ines, amina = world.submitted_for(world.meeting(opens_in=opens_in)), english("ines"), english("amina")
    recall(world, made)
    untrue = ("The secretariat gives it its number", "from there to every delegation", "the secretariat registers it")

    page = ines.get(f"/contributions/{made.id}/check").text
    assert [words for words in untrue if words in page] == []
    assert "It waits until somebody of the State has confirmed it." in page
    assert "Asked of the secretariat" in page
    page = amina.get(f"/contributions/{made.id}/check").text
    assert "The secretariat gives it its number" in page
    assert "It waits until somebody of the State has confirmed it." not in page

    page = submit_draft(world, ines, made)
    assert "Your contribution was received" not in page
    assert "It was received. It waits until somebody of the State has confirmed it" in page
    assert ("and the chair has accepted it late" in page) is (opens_in == 0)


@pytest.mark.parametrize("opens_in", [30, 0])
def test_pages_say_to_the_secretariat_that_no_one_of_the_state_can_confirm_it(
    world: World, english: Open, opens_in: int
) -> None:
    made, ines = world.submitted_for(world.meeting(opens_in=opens_in), "FRA"), english("ines")
    recall(world, made)

    page = ines.get(f"/contributions/{made.id}/check").text
    assert "It is registered under the heading “Submitted by the secretariat at the request of France”" in page
    page = submit_draft(world, ines, made)
    assert "It was received. Nobody of the State can confirm it: it is registered" in page
    assert ("once the chair has accepted it late" in page) is (opens_in == 0)


def test_a_delegate_who_submits_late_reads_that_the_chair_decides(world: World, english: Open) -> None:
    late = world.submitted(world.meeting(opens_in=0))
    with world.acting("amina") as (session, actor):
        stored = session.get_one(Contribution, late.id)
        drafting.recall_contribution(session, actor, stored, version=stored.version)

    page = submit_draft(world, english("amina"), late, by="amina")

    assert "Your contribution was received. The chair decides whether it is accepted late." in page
    assert "The secretariat gives it its number." not in page


def test_what_the_state_declined_is_not_said_to_be_returned_and_asks_no_one_of_the_state_to_change_it(
    world: World, english: Open
) -> None:
    waiting = world.submitted_for(world.meeting())
    address, amina, ines = f"/contributions/{waiting.id}", english("amina"), english("ines")
    form = {"version": get_version(world, waiting.id), "reason": "Our ministry has not seen it."}
    assert amina.post(f"{address}/decline-confirmation", form).status_code == 303

    for browser in (amina, ines):
        for page in (browser.get(address).text, browser.get(f"{address}/edit").text):
            assert "The State declined it, with this reason" in page
            assert "Our ministry has not seen it." in page
            assert "The secretariat returned it" not in page
            assert "Asked of Kenya" not in page
            assert "Returned, to be changed" not in page
    listed, desk = amina.get("/contributions").text, amina.get("/").text
    for page in (listed, desk):
        assert "Declined by the State" in page
        assert "Returned to the delegation" not in page
        assert "hange it and submit it again." not in page
    assert "declined what was submitted in its name" not in desk
    assert "declined what was submitted in its name" in ines.get("/").text

    form = {"version": get_version(world, waiting.id)}
    assert ines.post(f"{address}/submit", form).status_code == 303
    with world.acting("ines") as (session, actor):
        stored = session.get_one(Contribution, waiting.id)
        because = ReasonInput(reason="It is too long.")
        drafting.return_contribution(session, actor, stored, because, version=stored.version)
    page = amina.get(address).text
    assert ("The secretariat returned it with this reason" in page, "Returned, to be changed" in page) == (True, True)
