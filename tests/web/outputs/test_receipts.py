"""Receipts of adoptions, positions and releases: to whom they are given, what they say, and whether they hold."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.journal import JournalLine
from app.core.storage import open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.rules import position_receipt_subject
from app.record_verification import find_receipt_faults
from tests.browser import Browser
from tests.world import SIGNER, World

Open = Callable[..., Browser]
PROGRAM = Path(__file__).parents[3] / "app" / "static" / "verify_receipt.py"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def given(world: World, subject: UUID) -> list[Receipt]:
    with transaction(world.read) as session:
        return list(receipts.list_receipts(session, subject))


def said(receipt: Receipt) -> dict:
    return json.loads(receipt.statement)


def is_named(world: World, receipt: Receipt, event: str) -> bool:
    with transaction(world.read) as session:
        lines = select(JournalLine.facts["receipt"].astext).where(JournalLine.event == event)
        return receipt.digest in set(session.scalars(lines))


def checked(folder: Path, content: bytes) -> tuple[int, str]:
    """What a stranger's program finds, with the portal's key."""
    (folder / "receipt.json").write_bytes(content)
    command = [sys.executable, "-I", "-S", PROGRAM, folder / "receipt.json", "--key", SIGNER.public_key.text]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_who_sees_an_adopted_text_takes_the_receipt_of_its_adoption(
    world: World, meeting: Meeting, browser: Open, tmp_path: Path
) -> None:
    output = world.adopted(meeting, title="A text of the meeting")
    (receipt,) = given(world, output.id)
    address = f"/outputs/{output.id}/receipts/{receipt.id}.json"

    amina = browser("amina")
    assert address in amina.get(f"/outputs/{output.id}").text
    answer = amina.get(address)

    assert "attachment" in answer.headers["Content-Disposition"]
    statement = answer.json()["statement"]
    assert (statement["kind"], statement["how"], statement["text"]) == ("adoption", "meeting", output.text_digest)
    assert (statement["symbol"], statement["person"]["capacities"]) == (output.symbol, ["chair"])
    assert is_named(world, receipt, "output:adopted")
    code, words = checked(tmp_path, answer.content)
    assert code == 0, words
    assert "Receipt of an adoption" in words
    assert "A text of the meeting" in words
    another = world.adopted(meeting, title="Another")
    assert amina.get(f"/outputs/{another.id}/receipts/{receipt.id}.json").status_code == 404


def test_nobody_is_named_where_silence_adopted(world: World, meeting: Meeting, tmp_path: Path, browser: Open) -> None:
    output = world.kept(meeting, title="Silence was kept")
    (receipt,) = given(world, output.id)

    assert receipt.person_id is None
    assert (said(receipt)["person"], said(receipt)["how"]) == (None, "silence")
    answer = browser("amina").get(f"/outputs/{output.id}/receipts/{receipt.id}.json")
    code, words = checked(tmp_path, answer.content)
    assert code == 0, words
    assert "nobody: the portal itself" in words


def test_a_release_names_its_manifest(world: World, meeting: Meeting, tmp_path: Path, browser: Open) -> None:
    output = world.released(meeting, open_store(f"file://{tmp_path}/released"), title="Let out")
    adoption, release = given(world, output.id)

    assert (adoption.kind, release.kind, release.person_id) == ("adoption", "release", None)
    with transaction(world.read) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:released")).one()
    assert facts["receipt"] == release.digest
    assert said(release)["manifest"] == {"number": facts["number"], "sha256": facts["manifest"]}
    answer = browser("amina").get(f"/outputs/{output.id}/receipts/{release.id}.json")
    code, words = checked(tmp_path, answer.content)
    assert code == 0, words
    assert "Receipt of a release" in words


def positions(world: World, procedure: SilenceProcedure, state: str) -> list[Receipt]:
    return given(world, position_receipt_subject(procedure.id, state))


def test_a_position_is_given_to_the_state_that_took_it_and_to_no_other(
    world: World, meeting: Meeting, browser: Open, tmp_path: Path
) -> None:
    procedure = world.silence(world.output(meeting, title="Before the States"))
    world.position(procedure, "amina", "reservation", text="Not so fast.")
    world.position(procedure, "amina", "explanation", text="We meant this.")
    first, second = positions(world, procedure, "KEN")
    page, address = f"/silence/{procedure.id}", f"/silence/{procedure.id}/receipts/{second.id}.json"

    assert [said(each)["stance"] for each in (first, second)] == ["reservation", "explanation"]
    assert is_named(world, first, "silence:position-taken")
    assert is_named(world, second, "silence:position-taken")
    amina, rafael = browser("amina"), browser("rafael")
    assert address in amina.get(page).text
    assert rafael.get(page).status_code == 200
    assert "/receipts/" not in rafael.get(page).text
    assert rafael.get(address).status_code == 404
    answer = amina.get(address)
    code, words = checked(tmp_path, answer.content)
    assert code == 0, words
    assert "We meant this." in words


def test_without_anything_to_sign_with_nothing_is_adopted(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    world.write.configure(info={})
    with pytest.raises(RuntimeError, match="nothing to sign with"), world.acting("laurent") as (session, actor):
        there = session.get_one(Output, output.id)
        text = outputs.queries.compute_text_digest(session, there)
        outputs.adopt_output(session, actor, there, outputs.Adoption(adopted_on=meeting.opens_on, text=text))

    assert given(world, output.id) == []
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).status == "draft"


def test_verify_knows_them_all(world: World, meeting: Meeting, tmp_path: Path) -> None:
    world.released(meeting, open_store(f"file://{tmp_path}/released"))
    procedure = world.silence(world.output(meeting, title="Before the States"))
    world.position(procedure, "amina", "supports")
    (receipt,) = positions(world, procedure, "KEN")

    with transaction(world.read) as session:
        assert list(find_receipt_faults(session)) == []
    with world.read() as session:
        bent = session.get_one(Receipt, receipt.id)
        bent.subject = position_receipt_subject(procedure.id, "FRA")
        with session.no_autoflush:
            assert list(find_receipt_faults(session)) == [f"receipt {receipt.id} was altered"]
        session.expunge_all()
