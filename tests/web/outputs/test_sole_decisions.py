"""Acting alone, through HTTP: the page says who is told, keeps what was typed, and every seat reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
REASON = "The chair and both vice-chairs are ill, and Council meets tomorrow."


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def waits(world: World, meeting: Meeting) -> Output:
    return world.adopted(meeting, title="An adopted text")


def form(output: Output, **more: str) -> dict[str, str]:
    return {"reason": REASON, "lang": "en", "text": str(output.text_digest)} | more


def test_a_secretary_lets_it_out_alone_and_every_seat_reads_why(world: World, waits: Output, english: Open) -> None:
    ines, laurent, amina = (english(who) for who in ("ines", "laurent", "amina"))
    here = f"/outputs/{waits.id}"
    assert f"{here}/let-out-alone" in ines.get(here).text
    assert f"{here}/let-out-alone" not in laurent.get(here).text

    page = ines.get(f"{here}/let-out-alone").text
    for words in ("for 30 days", "All members of ITU read your reason", str(waits.text_digest)):
        assert words in page
    answer = ines.post(f"{here}/let-out-alone", form(waits))

    assert answer.headers["Location"].endswith("?done=let-out-alone")
    for path in (here, f"{here}/record"):
        page = amina.get(path).text
        for words in ("One person let this text out alone", REASON, world.person("ines").name, "secretary"):
            assert words in page
    page = amina.get(here).text
    assert "Let out by one person alone" in page
    assert "Approval 1 of 2" not in page


def test_the_chair_and_the_other_secretary_find_it_on_their_desks(
    world: World, meeting: Meeting, waits: Output, shelf: Store, english: Open
) -> None:
    world.let_out_alone(waits, "ines", reason=REASON)
    world.withdraw_alone(world.released(meeting, shelf, title="A released text"), "ines")

    for who, is_told in (("laurent", True), ("layla", True), ("daniel", True), ("ines", False), ("amina", False)):
        desk = english(who).get("/").text
        assert ("A text was let out by one person alone" in desk) is is_told
        assert ("A text was withdrawn by one person alone" in desk) is is_told


def test_a_secretary_withdraws_it_alone_and_every_seat_reads_why(
    world: World, meeting: Meeting, shelf: Store, english: Open
) -> None:
    made, ines = world.released(meeting, shelf), english("ines")
    here = f"/outputs/{made.id}"
    assert f"{here}/withdraw-alone" in ines.get(here).text
    assert f"{here}/withdraw-alone" not in english("laurent").get(here).text
    assert "cannot be undone" in ines.get(f"{here}/withdraw-alone").text

    answer = ines.post(f"{here}/withdraw-alone", form(made))

    assert answer.headers["Location"].endswith("?done=withdrawn-alone")
    page = english("amina").get(here).text
    for words in ("This text was withdrawn", "Withdrawn by one person alone", REASON, world.person("ines").name):
        assert words in page
    assert "Proposed by" not in page


@pytest.mark.parametrize("act", ["let-out-alone", "withdraw-alone"])
@pytest.mark.parametrize(
    ("wrong", "error"), [({"reason": " "}, "reason"), ({"reason": "x" * 1001}, "reason"), ({"lang": "xx"}, "lang")]
)
def test_what_was_typed_is_kept_and_told_what_is_wrong(
    world: World,
    meeting: Meeting,
    waits: Output,
    shelf: Store,
    english: Open,
    act: str,
    wrong: dict[str, str],
    error: str,
) -> None:
    made = waits if act == "let-out-alone" else world.released(meeting, shelf)
    typed = form(made, lang="fr") | wrong

    answer = english("ines").post(f"/outputs/{made.id}/{act}", typed)

    assert answer.status_code == 400
    assert f'id="f-{error}-error"' in answer.text
    assert typed["reason"].strip() in answer.text
    assert ('<option value="fr" lang="fr" selected>' in answer.text) is (typed["lang"] == "fr")
    assert "alone</b>" not in english("amina").get(f"/outputs/{made.id}").text


@pytest.mark.parametrize("act", ["let-out-alone", "withdraw-alone"])
@pytest.mark.parametrize("stale", ["", "x", "0" * 64])
def test_what_is_not_exactly_the_text_that_was_seen_is_refused_and_the_words_are_kept(
    world: World, meeting: Meeting, waits: Output, shelf: Store, english: Open, act: str, stale: str
) -> None:
    made = waits if act == "let-out-alone" else world.released(meeting, shelf)

    answer = english("ines").post(f"/outputs/{made.id}/{act}", form(made, text=stale, lang="fr"))

    assert answer.status_code == 409
    for words in ("This is not the text that was adopted", REASON, '<option value="fr" lang="fr" selected>'):
        assert words in answer.text
    assert REASON not in english("amina").get(f"/outputs/{made.id}").text


def test_what_was_typed_is_kept_if_its_withdrawal_was_proposed_meanwhile(
    world: World, meeting: Meeting, shelf: Store, english: Open
) -> None:
    made = world.released(meeting, shelf)
    ines = english("ines")
    typed = form(made, lang="fr")
    world.to_be_withdrawn(made, "daniel", reason="Another reason.")

    answer = ines.post(f"/outputs/{made.id}/withdraw-alone", typed)

    assert answer.status_code == 409
    for words in ("Its withdrawal is proposed", REASON, '<option value="fr" lang="fr" selected>'):
        assert words in answer.text
