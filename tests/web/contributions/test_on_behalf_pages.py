"""What the pages say of a text that the secretariat writes in the name of a State: its kind, whom it waits for, who
declined it."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.core.validation import ReasonInput
from app.domain.contributions.actions import drafting, late_submissions, registration
from app.domain.contributions.models import Contribution
from tests.browser import Browser
from tests.files import make_docx
from tests.world import World

Open = Callable[..., Browser]
COVER = {"title": "A text of the State", "original": "en", "purpose": "decision", "access": "group"}


def get_version(world: World, contribution: UUID, *, by: str = "ines") -> str:
    with world.acting(by) as (session, _):
        return str(session.get_one(Contribution, contribution).version)


def remove_filters(page: str) -> str:
    """Return a page without the choices of its filters, which name every status."""
    return re.sub(r"<option.*?</option>", "", page)


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
    assert '<option value="" selected>Select one</option>' in form
    assert '<option value="INF" selected>' not in form

    def begin(**more: str) -> tuple[int, str]:
        answer = ines.post(f"/meetings/{meeting.id}/contributions", COVER | {"key": str(uuid4())} | more)
        return answer.status_code, answer.text

    status, page = begin(entity="KEN", series="")
    assert (status, "Select the kind of document." in page) == (400, True)
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
    for_delegates = (
        "binding for your delegation",
        "only your delegation and those invited to co-sponsor",
    )
    assert [words for words in for_delegates if words not in english("amina").get(address).text] == []

    page = english("ines").get(address).text

    assert [words for words in for_delegates if words in page] == []
    assert "until the State has confirmed it" in page


@pytest.mark.parametrize("opens_in", [30, 0])
def test_pages_say_to_the_secretariat_that_the_state_has_to_confirm_what_it_submits(
    world: World, english: Open, opens_in: int
) -> None:
    made, ines, amina = world.submitted_for(world.meeting(opens_in=opens_in)), english("ines"), english("amina")
    recall(world, made)
    untrue = (
        "The secretariat will register it",
        "available to all delegations",
        "The secretariat can register it",
    )

    page = ines.get(f"/contributions/{made.id}/check").text
    assert [words for words in untrue if words in page] == []
    assert "The contribution remains pending until a delegate or focal point of the State has confirmed it." in page
    assert "Action for you" in page
    page = amina.get(f"/contributions/{made.id}/check").text
    assert "The secretariat will register it" in page
    assert "The contribution remains pending until a delegate or focal point of the State has confirmed it." not in page

    page = submit_draft(world, ines, made)
    assert "Your contribution has been received" not in page
    assert (
        "The contribution has been received. It remains pending until a representative of the State confirms it" in page
    )
    assert ("and the chair accepts it late" in page) is (opens_in == 0)


@pytest.mark.parametrize("opens_in", [30, 0])
def test_pages_say_to_the_secretariat_that_no_one_of_the_state_can_confirm_it(
    world: World, english: Open, opens_in: int
) -> None:
    made, ines = world.submitted_for(world.meeting(opens_in=opens_in), "FRA"), english("ines")
    recall(world, made)

    page = ines.get(f"/contributions/{made.id}/check").text
    assert (
        "The contribution will be registered under the heading “Submitted by the secretariat at the request of France”"
        in page
    )
    page = submit_draft(world, ines, made)
    assert (
        "The contribution has been received. As no representative of the State can confirm it, it will be registered"
        in page
    )
    assert ("once the chair has accepted it late" in page) is (opens_in == 0)


def test_a_delegate_who_submits_late_reads_that_the_chair_decides(world: World, english: Open) -> None:
    late = world.submitted(world.meeting(opens_in=0))
    with world.acting("amina") as (session, actor):
        stored = session.get_one(Contribution, late.id)
        drafting.recall_contribution(session, actor, stored, version=stored.version)

    page = submit_draft(world, english("amina"), late, by="amina")

    assert "Your contribution has been received. The chair will decide whether to accept it late." in page
    assert "The secretariat will register it." not in page


def test_what_the_state_declined_is_not_said_to_be_returned_and_asks_no_one_of_the_state_to_change_it(
    world: World, english: Open
) -> None:
    waiting = world.submitted_for(world.meeting())
    address, amina, ines = f"/contributions/{waiting.id}", english("amina"), english("ines")
    form = {"version": get_version(world, waiting.id), "reason": "Our ministry has not seen it."}
    assert amina.post(f"{address}/decline-confirmation", form).status_code == 303

    for browser in (amina, ines):
        for page in (browser.get(address).text, browser.get(f"{address}/edit").text):
            assert "The State declined it for the following reason" in page
            assert "Our ministry has not seen it." in page
            assert "The secretariat returned it" not in page
            assert "Action for Kenya" not in page
            assert "Returned for changes" not in page
    listed, desk = remove_filters(amina.get("/contributions").text), amina.get("/").text
    for page in (listed, desk):
        assert "Declined by the State" in page
        assert "Returned" not in page
        assert "hange the contribution and submit it again." not in page
    assert "declined a contribution submitted on its behalf" not in desk
    assert "declined a contribution submitted on its behalf" in ines.get("/").text

    form = {"version": get_version(world, waiting.id)}
    assert ines.post(f"{address}/submit", form).status_code == 303
    with world.acting("ines") as (session, actor):
        stored = session.get_one(Contribution, waiting.id)
        because = ReasonInput(reason="It is too long.")
        registration.return_contribution(session, actor, stored, because, version=stored.version)
    page = amina.get(address).text
    assert ("The secretariat returned it for the following reason" in page, "Returned for changes" in page) == (
        True,
        True,
    )


def decide_as_chair(world: World, made: Contribution, decide: Callable[..., None]) -> None:
    with world.acting("laurent") as (session, actor):
        stored, because = session.get_one(Contribution, made.id), ReasonInput(reason="It is too late.")
        decide(session, actor, stored, because, version=stored.version)


def test_all_read_that_state_and_chair_have_to_decide_on_what_came_late(world: World, english: Open) -> None:
    late = world.submitted_for(world.meeting(opens_in=0))
    address, joseph = f"/contributions/{late.id}", english("joseph")
    both = "This contribution is late. The chair also has to accept it before it is registered."
    untrue = "The secretariat can then register the contribution"

    for who, heading in (
        ("joseph", "Action for you, on behalf of Kenya"),
        ("amina", "Action for you, on behalf of Kenya"),
        ("laurent", "Action for you<"),
        ("ines", "Action for Kenya and the chair"),
    ):
        page = english(who).get(address).text
        assert both in page
        assert heading in page
    for who in ("amina", "ines"):
        next_step = "The State confirms the contribution or declines, and the chair decides whether to accept it late."
        assert next_step in english(who).get("/contributions").text
    page = english("laurent").get(f"{address}/accept-late").text
    assert untrue not in page
    assert "The contribution is registered once the State has also confirmed it." in page

    answer = joseph.post(f"{address}/confirm", {"version": get_version(world, late.id)})
    page = joseph.get(answer.headers["location"]).text
    assert "The secretariat can now register it" not in page
    assert (
        "Your State has confirmed the contribution. It will be registered once the chair has accepted it late."
    ) in page
    assert both not in page
    assert untrue in english("laurent").get(f"{address}/accept-late").text


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_the_chair_reads_after_an_acceptance_whether_the_state_still_has_to_confirm_it(
    world: World, english: Open, is_confirmed: bool
) -> None:
    late = world.submitted_for(world.meeting(opens_in=0))
    address, laurent = f"/contributions/{late.id}", english("laurent")
    if is_confirmed:
        english("joseph").post(f"{address}/confirm", {"version": get_version(world, late.id)})

    form = {"version": get_version(world, late.id), "reason": "The paper is short."}
    answer = laurent.post(f"{address}/accept-late", form)

    page = laurent.get(answer.headers["location"]).text
    assert ("The secretariat can now register it." in page) is is_confirmed
    assert (
        "The contribution has been accepted. It will be registered once the State has confirmed it." in page
    ) is not is_confirmed
    if not is_confirmed:
        answer = english("joseph").post(f"{address}/confirm", {"version": get_version(world, late.id)})
        assert "Your State has confirmed the contribution. The secretariat can now register it." in (
            english("joseph").get(answer.headers["location"]).text
        )


def test_what_the_chair_holds_says_that_it_is_confirmed_for_the_later_meeting(world: World, english: Open) -> None:
    held = world.submitted_for(world.meeting(opens_in=0))
    address, amina = f"/contributions/{held.id}", english("amina")
    decide_as_chair(world, held, late_submissions.hold_late_contribution)

    for who in ("amina", "ines", "laurent"):
        page = english(who).get(address).text
        assert (
            "registered once the secretariat has transferred it to that meeting and the State has confirmed it for that"
            in page
        )
    answer = amina.post(f"{address}/confirm", {"version": get_version(world, held.id)})
    page = amina.get(answer.headers["location"]).text
    assert "The secretariat can now register it." not in page
    assert "if the secretariat moves it to that meeting, your State will be asked to confirm again." in page


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_state_that_is_asked_again_reads_why(world: World, english: Open, is_confirmed: bool) -> None:
    held, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    address, amina = f"/contributions/{held.id}", english("amina")
    why = "The State confirmed this contribution for the previous meeting. Because the meeting has changed"
    if is_confirmed:
        amina.post(f"{address}/confirm", {"version": get_version(world, held.id)})
    decide_as_chair(world, held, late_submissions.hold_late_contribution)
    assert why not in amina.get(address).text
    english("ines").post(f"{address}/take-up", {"version": get_version(world, held.id), "meeting": str(later.id)})

    for who in ("amina", "ines"):
        assert (why in english(who).get(address).text) is is_confirmed


def register(world: World, browser: Browser, made: Contribution) -> str:
    answer = browser.post(f"/contributions/{made.id}/register", {"version": get_version(world, made.id)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("/titles")[0]


def test_other_delegations_read_who_wrote_a_document_and_that_its_state_confirmed_it(
    world: World, english: Open
) -> None:
    meeting, amina, ines, rafael = world.meeting(), english("amina"), english("ines"), english("rafael")
    waiting = world.submitted_for(meeting)
    amina.post(f"/contributions/{waiting.id}/confirm", {"version": get_version(world, waiting.id)})
    by_state = register(world, ines, world.submitted(meeting))

    document = register(world, ines, waiting)
    page = rafael.get(document).text
    assert "<dt>Written by</dt><dd>the secretariat, on behalf of the State</dd>" in page
    assert "<dt>Confirmed by the State</dt>" in page
    assert 'data-label="Supplied by">the secretariat, on behalf of the State' in page
    french = {"file": ("c.docx", make_docx("Un texte."))}
    assert amina.post(f"{document}/first/translate", {"language": "fr"}, files=french).status_code == 303
    assert 'data-label="Supplied by">Kenya' in rafael.get(document).text, "the State supplied it itself, afterwards"
    page = rafael.get(by_state).text
    assert "<dt>Source</dt><dd>Kenya</dd>" in page
    assert ("Written by" in page, "Confirmed by the State" in page) == (False, False)
    assert 'data-label="Supplied by">Kenya' in page


def test_what_is_registered_at_the_request_of_a_state_names_the_secretariat_as_its_supplier(
    world: World, english: Open
) -> None:
    made = world.submitted_for(world.meeting(), "TUV")
    page = english("rafael").get(register(world, english("ines"), made)).text
    assert "at the request of Tuvalu" in page
    assert "Confirmed by the State" not in page
    assert 'data-label="Supplied by">the secretariat, on behalf of the State' in page
    assert 'data-label="Supplied by">Tuvalu' not in page


def test_the_desk_of_a_secretary_counts_what_can_be_registered(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    world.submitted_for(meeting)
    page = ines.get("/").text
    assert "A title in its name" in page
    assert '<a href="/contributions#h-queue"><b>' not in page
    world.submitted(meeting)
    page = ines.get("/").text
    assert '<a href="/contributions#h-queue"><b>1</b>' in page


def test_lists_say_that_it_waits_for_the_state(world: World, english: Open) -> None:
    waiting = world.submitted_for(world.meeting())
    amina = english("amina")
    page = remove_filters(amina.get("/contributions").text)
    assert ("Awaiting confirmation by the State" in page, "Awaiting registration" in page) == (True, False)
    amina.post(f"/contributions/{waiting.id}/confirm", {"version": get_version(world, waiting.id)})
    page = remove_filters(amina.get("/contributions").text)
    assert ("Awaiting confirmation by the State" in page, "Awaiting registration" in page) == (False, True)


def test_what_the_secretariat_returns_to_itself_is_not_said_to_go_to_a_delegation(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    waiting, by_state = world.submitted_for(meeting), world.submitted(meeting)
    to_delegation = "The contribution goes back to the delegation"
    assert to_delegation in ines.get(f"/contributions/{by_state.id}/return").text

    page = ines.get(f"/contributions/{waiting.id}/return").text
    assert to_delegation not in page
    assert "The contribution becomes a draft of the secretariat again" in page
    assert "your delegation" not in ines.get(f"/contributions/{waiting.id}/take-back").text
    form = {"version": get_version(world, waiting.id), "reason": "It has another title."}
    answer = ines.post(f"/contributions/{waiting.id}/return", form)
    assert "your delegation" not in ines.get(answer.headers["location"]).text
    assert ">Returned<" in english("amina").get("/contributions").text
