"""Receipts of adoptions, positions and releases: who is given one, what it says, and whether it verifies."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import SIGNERS_KEY, transaction
from app.core.journal import JournalLine
from app.core.signing import Signer, SigningPurpose
from app.core.storage import open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as output_queries
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.silence.actions import procedure as silence
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.rules import compute_position_receipt_subject_id
from app.record_verification.signatures import find_receipt_faults
from tests.browser import Browser
from tests.world import PUBLIC_KEYS, RECEIPT_SIGNER, RELEASE_SIGNER, World

Open = Callable[..., Browser]
PROGRAM = Path(__file__).parents[3] / "app" / "static" / "verify_receipt.py"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def list_receipts(world: World, subject: UUID) -> list[Receipt]:
    with transaction(world.read) as session:
        return list(receipts.list_receipts(session, subject))


def read_statement(receipt: Receipt) -> dict:
    return json.loads(receipt.statement)


def assert_journal_names(world: World, receipt: Receipt, event: str) -> bool:
    with transaction(world.read) as session:
        lines = select(JournalLine.facts["receipt"].astext).where(JournalLine.event == event)
        return receipt.digest in set(session.scalars(lines))


def run_verifier(folder: Path, content: bytes, signer: Signer = RECEIPT_SIGNER) -> tuple[int, str]:
    """Run the downloadable verifier with a public key of the portal and return what it prints."""
    (folder / "receipt.json").write_bytes(content)
    command = [sys.executable, "-I", "-S", PROGRAM, folder / "receipt.json", "--key", signer.public_key.text]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_everybody_who_sees_an_adopted_text_can_download_the_receipt_of_its_adoption(
    world: World, meeting: Meeting, browser: Open, tmp_path: Path
) -> None:
    output = world.adopted(meeting, title="A text of the meeting")
    (receipt,) = list_receipts(world, output.id)
    address = f"/outputs/{output.id}/receipts/{receipt.id}.json"

    amina = browser("amina")
    assert address in amina.get(f"/outputs/{output.id}").text
    answer = amina.get(address)

    assert "attachment" in answer.headers["Content-Disposition"]
    statement = answer.json()["statement"]
    assert (statement["kind"], statement["how"], statement["text"]) == ("adoption", "meeting", output.text_digest)
    assert (statement["symbol"], statement["person"]["capacities"]) == (output.symbol, ["chair"])
    assert assert_journal_names(world, receipt, "output:adopted")
    code, words = run_verifier(tmp_path, answer.content)
    assert code == 5, words
    assert "Receipt of an adoption" in words
    assert "A text of the meeting" in words
    another = world.adopted(meeting, title="Another")
    assert amina.get(f"/outputs/{another.id}/receipts/{receipt.id}.json").status_code == 404


def test_the_receipt_of_an_adoption_by_silence_names_no_decider(
    world: World, meeting: Meeting, tmp_path: Path, browser: Open
) -> None:
    output = world.kept(meeting, title="Silence was kept")
    (receipt,) = list_receipts(world, output.id)

    assert receipt.person_id is None
    assert (read_statement(receipt)["person"], read_statement(receipt)["how"]) == (None, "silence")
    answer = browser("amina").get(f"/outputs/{output.id}/receipts/{receipt.id}.json")
    code, words = run_verifier(tmp_path, answer.content, RELEASE_SIGNER)
    assert code == 5, words
    assert "none: an act of the system" in words


def test_a_release_names_its_manifest(world: World, meeting: Meeting, tmp_path: Path, browser: Open) -> None:
    output = world.released(meeting, open_store(f"file://{tmp_path}/released"), title="Let out")
    adoption, release = list_receipts(world, output.id)

    assert (adoption.kind, release.kind, release.person_id) == ("adoption", "release", None)
    with transaction(world.read) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:released")).one()
    assert facts["receipt"] == release.digest
    assert read_statement(release)["manifest"] == {"number": facts["number"], "sha256": facts["manifest"]}
    answer = browser("amina").get(f"/outputs/{output.id}/receipts/{release.id}.json")
    code, words = run_verifier(tmp_path, answer.content, RELEASE_SIGNER)
    assert code == 5, words
    assert "Receipt of a release" in words
    assert run_verifier(tmp_path, answer.content, RECEIPT_SIGNER)[0] == 1


def list_position_receipts(world: World, procedure: SilenceProcedure, state: str) -> list[Receipt]:
    return list_receipts(world, compute_position_receipt_subject_id(procedure.id, state))


def test_the_receipt_of_a_position_is_given_only_to_the_state_that_took_it(
    world: World, meeting: Meeting, browser: Open, tmp_path: Path
) -> None:
    procedure = world.silence(world.output(meeting, title="Before the States"))
    world.position(procedure, "amina", "reservation", text="Not so fast.")
    world.position(procedure, "amina", "explanation", text="We meant this.")
    first, second = list_position_receipts(world, procedure, "KEN")
    page, address = f"/silence/{procedure.id}", f"/silence/{procedure.id}/receipts/{second.id}.json"

    assert [read_statement(each)["stance"] for each in (first, second)] == ["reservation", "explanation"]
    assert assert_journal_names(world, first, "silence:position-taken")
    assert assert_journal_names(world, second, "silence:position-taken")
    amina, rafael = browser("amina"), browser("rafael")
    assert address in amina.get(page).text
    assert rafael.get(page).status_code == 200
    assert "/receipts/" not in rafael.get(page).text
    assert rafael.get(address).status_code == 404
    answer = amina.get(address)
    code, words = run_verifier(tmp_path, answer.content)
    assert code == 5, words
    assert "We meant this." in words


@pytest.mark.parametrize("signers", [{}, {SigningPurpose.RELEASES: RELEASE_SIGNER}], ids=["none", "releases"])
def test_without_the_key_of_receipts_nothing_is_adopted_by_a_person(
    world: World, meeting: Meeting, signers: dict[SigningPurpose, Signer]
) -> None:
    output = world.output(meeting)
    world.write.configure(info={SIGNERS_KEY: signers})
    with (
        pytest.raises(RuntimeError, match="nothing to sign receipts with"),
        world.acting("laurent") as (session, actor),
    ):
        output_row = session.get_one(Output, output.id)
        text = output_queries.compute_text_digest(session, output_row)
        outputs.adopt_output(
            session, actor, output_row, outputs.Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
        )

    assert list_receipts(world, output.id) == []
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).status == "draft"


@pytest.mark.parametrize(
    ("signers", "by"),
    [
        ({SigningPurpose.RECEIPTS: RECEIPT_SIGNER}, RECEIPT_SIGNER),  # as on a page, where a person came first
        ({SigningPurpose.RELEASES: RELEASE_SIGNER}, RELEASE_SIGNER),  # as in the worker
    ],
    ids=["page", "worker"],
)
def test_an_adoption_by_silence_is_signed_by_the_process_that_records_it(
    world: World, meeting: Meeting, signers: dict[SigningPurpose, Signer], by: Signer
) -> None:
    procedure = world.silence(world.output(meeting))
    world.write.configure(info={SIGNERS_KEY: signers})

    with clock.shifted_clock(procedure.until - clock.now()), transaction(world.write) as session:
        assert silence.settle_procedure(session, procedure.output_id)

    (receipt,) = list_receipts(world, procedure.output_id)
    assert receipt.public_key == by.public_key.text
    with transaction(world.read) as session:
        assert list(find_receipt_faults(session, PUBLIC_KEYS)) == []


def test_the_check_page_recognises_every_kind_of_receipt(world: World, meeting: Meeting, tmp_path: Path) -> None:
    world.released(meeting, open_store(f"file://{tmp_path}/released"))
    procedure = world.silence(world.output(meeting, title="Before the States"))
    world.position(procedure, "amina", "supports")
    (receipt,) = list_position_receipts(world, procedure, "KEN")

    with transaction(world.read) as session:
        assert list(find_receipt_faults(session)) == []
    with world.read() as session:
        bent = session.get_one(Receipt, receipt.id)
        bent.subject = compute_position_receipt_subject_id(procedure.id, "FRA")
        with session.no_autoflush:
            assert list(find_receipt_faults(session)) == [f"receipt {receipt.id} was altered"]
        session.expunge_all()
