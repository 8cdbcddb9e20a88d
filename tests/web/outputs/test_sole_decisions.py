"""Sole decisions through HTTP: the page names who is notified, keeps the input, and every seat reads the reason."""

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
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, meeting: Meeting) -> Output:
    return world.adopted(meeting, title="An adopted text")


def decision_form(output: Output, **more: str) -> dict[str, str]:
    return {"reason": REASON, "lang": "en", "text": str(output.text_digest)} | more


def test_a_secretary_releases_alone_and_every_seat_reads_why(world: World, output: Output, english: Open) -> None:
    ines, laurent, amina = (english(who) for who in ("ines", "laurent", "amina"))
    url = f"/outputs/{output.id}"
    assert f"{url}/let-out-alone" in ines.get(url).text
    assert f"{url}/let-out-alone" not in laurent.get(url).text

    page = ines.get(f"{url}/let-out-alone").text
    for words in ("for 30 days", "All ITU members can read your reason", str(output.text_digest)):
        assert words in page
    answer = ines.post(f"{url}/let-out-alone", decision_form(output))

    assert answer.headers["Location"].endswith("?done=let-out-alone")
    for path in (url, f"{url}/record"):
        page = amina.get(path).text
        for words in ("This text was released by one person alone", REASON, world.person("ines").name, "secretary"):
            assert words in page
    page = amina.get(url).text
    assert "Released by one person alone" in page
    assert "Approval 1 of 2" not in page


def test_the_chair_and_the_other_secretary_see_a_sole_decision_on_their_dashboards(
    world: World, meeting: Meeting, output: Output, release_store: Store, english: Open
) -> None:
    world.release_alone(output, "ines", reason=REASON)
    world.withdraw_alone(world.released(meeting, release_store, title="A released text"), "ines")

    for who, is_notified in (("laurent", True), ("layla", True), ("daniel", True), ("ines", False), ("amina", False)):
        dashboard = english(who).get("/").text
        assert ("A text was released by one person alone" in dashboard) is is_notified
        assert ("A text was withdrawn by one person alone" in dashboard) is is_notified


def test_a_secretary_withdraws_alone_and_every_seat_reads_why(
    world: World, meeting: Meeting, release_store: Store, english: Open
) -> None:
    output, ines = world.released(meeting, release_store), english("ines")
    url = f"/outputs/{output.id}"
    assert f"{url}/withdraw-alone" in ines.get(url).text
    assert f"{url}/withdraw-alone" not in english("laurent").get(url).text
    assert "cannot be undone" in ines.get(f"{url}/withdraw-alone").text

    answer = ines.post(f"{url}/withdraw-alone", decision_form(output))

    assert answer.headers["Location"].endswith("?done=withdrawn-alone")
    assert world.take_out(output)
    page = english("amina").get(url).text
    for words in ("This text was withdrawn", "Withdrawn by one person alone", REASON, world.person("ines").name):
        assert words in page
    assert "Proposed by" not in page


@pytest.mark.parametrize("act", ["let-out-alone", "withdraw-alone"])
@pytest.mark.parametrize(
    ("wrong", "error"), [({"reason": " "}, "reason"), ({"reason": "x" * 1001}, "reason"), ({"lang": "xx"}, "lang")]
)
def test_a_refused_form_keeps_the_input_and_names_the_error(
    world: World,
    meeting: Meeting,
    output: Output,
    release_store: Store,
    english: Open,
    act: str,
    wrong: dict[str, str],
    error: str,
) -> None:
    decided_output = output if act == "let-out-alone" else world.released(meeting, release_store)
    typed = decision_form(decided_output, lang="fr") | wrong

    answer = english("ines").post(f"/outputs/{decided_output.id}/{act}", typed)

    assert answer.status_code == 400
    assert f'id="f-{error}-error"' in answer.text
    assert typed["reason"].strip() in answer.text
    assert ('<option value="fr" lang="fr" selected>' in answer.text) is (typed["lang"] == "fr")
    assert "alone</b>" not in english("amina").get(f"/outputs/{decided_output.id}").text


@pytest.mark.parametrize("act", ["let-out-alone", "withdraw-alone"])
@pytest.mark.parametrize("stale", ["", "x", "0" * 64])
def test_a_decision_on_another_text_than_the_one_seen_is_refused_and_the_input_kept(
    world: World, meeting: Meeting, output: Output, release_store: Store, english: Open, act: str, stale: str
) -> None:
    decided_output = output if act == "let-out-alone" else world.released(meeting, release_store)

    answer = english("ines").post(
        f"/outputs/{decided_output.id}/{act}", decision_form(decided_output, text=stale, lang="fr")
    )

    assert answer.status_code == 409
    for words in ("This is not the text that was adopted", REASON, '<option value="fr" lang="fr" selected>'):
        assert words in answer.text
    assert REASON not in english("amina").get(f"/outputs/{decided_output.id}").text


def test_the_input_is_kept_if_a_withdrawal_was_proposed_meanwhile(
    world: World, meeting: Meeting, release_store: Store, english: Open
) -> None:
    output = world.released(meeting, release_store)
    ines = english("ines")
    typed = decision_form(output, lang="fr")
    world.to_be_withdrawn(output, "daniel", reason="Another reason.")

    answer = ines.post(f"/outputs/{output.id}/withdraw-alone", typed)

    assert answer.status_code == 409
    for words in ("Its withdrawal has already been proposed.", REASON, '<option value="fr" lang="fr" selected>'):
        assert words in answer.text
