"""Withdrawing an output through HTTP: who is asked, the input is kept, and what everybody sees afterwards."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
REASON = "The annex is not the one that was adopted."


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, meeting: Meeting, release_store: Store) -> Output:
    return world.released(meeting, release_store, title="A released text")


def seen_withdrawal(world: World, output: Output) -> dict[str, str]:
    return {"seen": str(world.withdrawal(output))}


def test_two_people_withdraw_an_output_and_every_seat_reads_why(world: World, output: Output, english: Open) -> None:
    ines, laurent, amina = (english(who) for who in ("ines", "laurent", "amina"))
    assert f"/outputs/{output.id}/withdraw" in ines.get(f"/outputs/{output.id}").text
    assert f"/outputs/{output.id}/withdraw" not in amina.get(f"/outputs/{output.id}").text

    answer = ines.post(f"/outputs/{output.id}/withdraw", {"reason": REASON, "lang": "en"})
    assert answer.headers["Location"].endswith("?done=withdrawal-proposed")
    assert "Withdrawal of a released text has been proposed" in laurent.get("/").text
    assert "Withdrawal of a released text has been proposed" not in ines.get("/").text
    assert REASON in laurent.get(f"/outputs/{output.id}/withdrawal").text
    assert REASON not in amina.get(f"/outputs/{output.id}").text

    answer = laurent.post(f"/outputs/{output.id}/withdrawal/confirm", seen_withdrawal(world, output))
    assert answer.headers["Location"].endswith("?done=withdrawn")
    page = amina.get(f"/outputs/{output.id}").text
    for words in (
        "Withdrawal under way",
        "It was decided to withdraw this text",
        "Until then, all ITU members can read it.",
    ):
        assert words in page
    assert "This text was withdrawn" not in page

    assert world.take_out(output)
    page = amina.get(f"/outputs/{output.id}").text
    for words in ("This text was withdrawn", REASON, world.person("ines").name, world.person("laurent").name):
        assert words in page


def test_a_failed_withdrawal_is_shown_and_started_again(world: World, output: Output, english: Open) -> None:
    world.withdrawal_failed(output)
    laurent, amina = english("laurent"), english("amina")

    assert "The withdrawal of a text failed" in laurent.get("/").text
    for who, may in ((laurent, True), (amina, False)):
        page = who.get(f"/outputs/{output.id}").text
        assert "so nothing can be withdrawn from it" in page
        assert (f'action="/outputs/{output.id}/withdrawal/retry"' in page) is may
    answer = laurent.post(f"/outputs/{output.id}/withdrawal/retry", {})

    assert answer.headers["Location"].endswith("?done=withdrawal-retried")
    assert "The withdrawal of a text failed" not in laurent.get("/").text
    assert "The withdrawal of a text failed" not in laurent.get(f"/outputs/{output.id}").text
    assert laurent.post(f"/outputs/{output.id}/withdrawal/retry", {}).status_code == 409


def test_a_refused_form_keeps_the_input_and_names_the_error(world: World, output: Output, english: Open) -> None:
    ines = english("ines")
    other = str(uuid4())
    assert '<option value="" selected>None</option>' in ines.get(f"/outputs/{output.id}/withdraw").text

    answer = ines.post(f"/outputs/{output.id}/withdraw", {"reason": "", "lang": "fr", "replaced_by": ""})
    assert answer.status_code == 400
    assert 'id="f-reason-error"' in answer.text
    assert '<option value="fr" lang="fr" selected>' in answer.text

    answer = ines.post(f"/outputs/{output.id}/withdraw", {"reason": REASON, "lang": "en", "replaced_by": other})
    assert answer.status_code == 400
    assert 'id="f-replaced_by-error"' in answer.text
    assert REASON in answer.text


def test_the_input_is_kept_if_a_withdrawal_was_proposed_meanwhile(world: World, output: Output, english: Open) -> None:
    ines = english("ines")
    assert ines.get(f"/outputs/{output.id}/withdraw").status_code == 200
    world.to_be_withdrawn(output, "daniel", reason="Another reason.")

    answer = ines.post(f"/outputs/{output.id}/withdraw", {"reason": REASON, "lang": "fr", "replaced_by": ""})

    assert answer.status_code == 409
    for words in ("Its withdrawal has already been proposed.", REASON, '<option value="fr" lang="fr" selected>'):
        assert words in answer.text
    assert REASON not in english("daniel").get(f"/outputs/{output.id}/withdrawal").text


def test_a_withdrawal_is_declined_with_a_reason_visible_only_to_deciders(
    world: World, output: Output, english: Open
) -> None:
    world.to_be_withdrawn(output, "ines", reason=REASON)
    laurent, address = english("laurent"), f"/outputs/{output.id}/withdrawal/decline"

    without = laurent.post(address, {"reason": "", **seen_withdrawal(world, output)})
    assert without.status_code == 400
    assert 'id="f-reason-error"' in without.text
    answer = laurent.post(address, {"reason": "The annex is right.", **seen_withdrawal(world, output)})

    assert answer.headers["Location"].endswith("?done=withdrawal-declined")
    for who, sees in (("ines", True), ("daniel", True), ("amina", False)):
        assert ("The annex is right." in english(who).get(f"/outputs/{output.id}").text) is sees
    assert "Proposal declined" in english("ines").get(f"/outputs/{output.id}").text


def test_the_proposer_recalls_a_withdrawal(world: World, output: Output, english: Open) -> None:
    world.to_be_withdrawn(output, "ines", reason=REASON)
    ines = english("ines")
    assert "Read and decide" in english("laurent").get(f"/outputs/{output.id}").text
    output_page = ines.get(f"/outputs/{output.id}").text
    assert "Read and decide" not in output_page
    assert "Withdraw the proposal" in output_page
    assert "A second person must decide." in output_page
    assert "Action for you" not in output_page
    assert "Read the reason, then confirm or decline." in english("laurent").get(f"/outputs/{output.id}").text
    assert "No action needed" in english("amina").get(f"/outputs/{output.id}").text  # who may not see the proposal
    page = ines.get(f"/outputs/{output.id}/withdrawal").text
    assert "/withdrawal/take-back" in page
    assert "/withdrawal/confirm" not in page

    answer = ines.post(f"/outputs/{output.id}/withdrawal/take-back", seen_withdrawal(world, output))

    assert answer.headers["Location"].endswith("?done=withdrawal-taken-back")
    assert ines.get(f"/outputs/{output.id}/withdrawal").status_code == 409


@pytest.mark.parametrize("stale", [str(UUID(int=1)), "x", ""])
def test_only_the_proposal_that_was_read_is_confirmed(world: World, output: Output, english: Open, stale: str) -> None:
    world.to_be_withdrawn(output, "ines", reason=REASON)

    answer = english("laurent").post(f"/outputs/{output.id}/withdrawal/confirm", {"seen": stale})

    assert answer.status_code == 409
    assert REASON in answer.text
    assert "Released" in english("amina").get(f"/outputs/{output.id}").text
