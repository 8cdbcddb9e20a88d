"""A receipt's place in the ledger, on its page and on paper: before a head covers it, after, and with a witness."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from threading import Timer

import pypdfium2
import pytest
from sqlalchemy import Engine

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.signing import Signer
from app.domain.contributions.models import Contribution
from app.domain.ledger import actions
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignatureType, SignedNote
from app.domain.releases.actions.heartbeat import record_heartbeat
from app.settings import Settings
from app.web.views import receipt_files
from app.worker.ledger_heads import add_lines_and_sign_head
from tests.browser import Browser
from tests.conftest import Database
from tests.pango import needs_pango
from tests.portal_app import open_portal_copy
from tests.web.contributions.test_receipts import contribution_path, download_receipt, list_receipts, run
from tests.worker.test_worker import make_worker_context
from tests.world import LEDGER_SIGNER, RECEIPT_SIGNER, World, get_worker_engine

Open = Callable[..., Browser]
NAME = "witness.example.org/w1"
WITNESS = Signer.from_secret(NAME, "d2l0bmVzcyBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmw=")
WAITING = "This entry is not yet covered by a signed head of the ledger"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Configure a witness."""
    verifier = NoteVerifier(NAME, WITNESS.public_key, SignatureType.COSIGNATURE).vkey
    return settings.model_copy(update={"witnesses": (f"http://127.0.0.1:9 {verifier}",)})


@pytest.fixture
def contribution(world: World) -> Contribution:
    return world.submitted(world.meeting())


def cosign(engine: Engine, head: LedgerHead) -> None:
    """Store a witness's cosignature of the head as the worker does."""
    body = SignedNote.parse_note(head.note).body
    verifier = NoteVerifier(NAME, WITNESS.public_key, SignatureType.COSIGNATURE)
    with transaction(write_session_factory(get_worker_engine(engine))) as session:
        actions.add_cosignature(
            session, head.size, verifier, signed_notes.create_cosignature(body, NAME, WITNESS, 1_800_000_000)
        )


def describe_place(page: str) -> str:
    """The text of the page about the place."""
    section = page.partition('aria-labelledby="h-place"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section.partition(">")[2])).split())


def test_the_page_says_that_no_head_covers_the_receipt_yet_and_later_which_does(
    world: World, browser: Open, engine: Engine, settings: Settings, contribution: Contribution
) -> None:
    amina = browser("amina")
    before = describe_place(amina.get(contribution_path(contribution, "/receipt")).text)
    assert WAITING in before
    assert "Head" not in before.replace(WAITING, "")
    assert download_receipt(amina, contribution)["log"] is None

    head = add_lines_and_sign_head(make_worker_context(engine, settings))
    page = amina.get(contribution_path(contribution, "/receipt")).text
    after = describe_place(page)

    log = download_receipt(amina, contribution)["log"]
    index, hashes, checkpoint = signed_notes.parse_inclusion_proof(log["proof"])
    assert WAITING not in after
    assert f"Entry {index + 1} Head of the ledger covers entries up to {head.size}; signed on" in after
    assert signed_notes.encode_base64(head.root) in after
    assert "No witness has cosigned this head yet." in after
    proof, shown_head = re.findall(r'href="(/ledger/[^"]+)"', page)
    check_inclusion(hash_leaf(log["entry"].encode()), index, head.size, hashes, head.root)
    assert amina.get(proof).text == log["proof"]
    assert amina.get(shown_head).text == checkpoint
    assert Checkpoint.parse_body(SignedNote.parse_note(checkpoint).body).size == head.size


def test_the_offline_program_takes_each_key_of_the_portal_for_its_purpose(
    browser: Open, engine: Engine, settings: Settings, contribution: Contribution, tmp_path: Path
) -> None:
    add_lines_and_sign_head(make_worker_context(engine, settings))
    receipt, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    receipt.write_text(json.dumps(download_receipt(browser("amina"), contribution)), encoding="utf-8")
    keys.write_bytes(browser().get("/keys.json").content)
    of_receipts, of_ledger = RECEIPT_SIGNER.public_key.text, LEDGER_SIGNER.public_key.text

    assert run(receipt, "--key", keys)[0] == 0
    assert run(receipt, "--key", of_receipts, "--ledger-key", of_ledger)[0] == 0
    assert run(receipt, "--key", of_receipts)[0] == 5  # no key of the ledger was given
    both = ("--key", of_receipts, "--ledger-key", of_receipts)
    for wrong in (("--key", of_ledger), ("--key", of_ledger, "--ledger-key", of_receipts), both):
        assert run(receipt, *wrong)[0] == 1


def test_the_page_names_the_witness_of_the_proving_head(
    world: World, browser: Open, engine: Engine, settings: Settings, contribution: Contribution
) -> None:
    add_lines_and_sign_head(make_worker_context(engine, settings))
    world.meeting(number=23)
    seen = add_lines_and_sign_head(make_worker_context(engine, settings))
    cosign(engine, seen)
    world.meeting(number=24)
    assert (
        add_lines_and_sign_head(make_worker_context(engine, settings)).size > seen.size
    )  # a later head, which proves no more

    page = describe_place(browser("amina").get(contribution_path(contribution, "/receipt")).text)

    assert f"covers entries up to {seen.size};" in page
    assert f"Witnesses {NAME} · Friday 15 January 2027" in page
    assert "No witness" not in page


def test_a_receipt_not_named_in_the_journal_does_not_wait_for_a_head(
    database: Database, browser: Open, engine: Engine, settings: Settings, contribution: Contribution
) -> None:
    database.run_as_superuser(
        "SET session_replication_role = replica; UPDATE portal.journal_line SET facts = facts - 'receipt'"
    )

    page = describe_place(browser("amina").get(contribution_path(contribution, "/receipt")).text)

    assert "No entry of the activity log refers to this receipt." in page
    assert WAITING not in page


@needs_pango
def test_the_pdf_shows_the_same_place_as_the_page(
    world: World, browser: Open, engine: Engine, settings: Settings, contribution: Contribution
) -> None:
    address = contribution_path(contribution, f"/receipts/{list_receipts(world, contribution)[0].id}.pdf?lang=en")
    before = pdf_text(browser("amina").get(address).content)
    head = add_lines_and_sign_head(make_worker_context(engine, settings))
    cosign(engine, head)

    after = pdf_text(browser("amina").get(address).content)

    assert (WAITING in before, WAITING in after) == (True, False)
    assert f"covers entries up to {head.size}; signed on" in after
    assert NAME in after
    assert signed_notes.encode_base64(head.root) in after.replace(" ", "")


def pdf_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def test_a_portal_without_a_witness_says_that_its_heads_are_not_witnessed(
    world: World, engine: Engine, settings: Settings, contribution: Contribution
) -> None:
    alone = settings.model_copy(update={"witnesses": ()})
    add_lines_and_sign_head(make_worker_context(engine, settings))

    with open_portal_copy(alone) as portal, Browser(portal, alone, world, "amina") as amina:
        page = describe_place(amina.get(contribution_path(contribution, "/receipt")).text)

    assert "no one outside this portal keeps the heads of its ledger" in page


# What is asked for right after the act


@contextmanager
def sign_head_after(seconds: float, engine: Engine, settings: Settings) -> Iterator[None]:
    """Let the worker sign a head so many seconds after the beginning of the block, which waits for it at its end."""
    context = make_worker_context(engine, settings)
    timer = Timer(seconds, add_lines_and_sign_head, [context])
    timer.start()
    yield
    timer.join()


def give_sign_of_life(world: World) -> None:
    with transaction(world.work) as session:
        record_heartbeat(session)


def find_file_address(world: World, contribution: Contribution) -> str:
    return contribution_path(contribution, f"/receipts/{list_receipts(world, contribution)[0].id}.json")


def test_a_receipt_that_is_asked_for_right_after_the_act_comes_with_its_proof(
    world: World, browser: Open, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_files, "HEAD_WAIT_SECONDS", 60.0)  # on a machine that is busy
    amina, meeting = browser("amina"), world.meeting()
    give_sign_of_life(world)

    contribution = world.submitted(meeting)
    with sign_head_after(0.4, engine, settings):
        answer = amina.get(find_file_address(world, contribution))
    assert (answer.status_code, answer.headers.get("Retry-After")) == (200, None)
    assert signed_notes.parse_inclusion_proof(answer.json()["log"]["proof"])
    assert "proof_at" not in answer.json()

    contribution = world.submitted(meeting)
    give_sign_of_life(world)
    with sign_head_after(0.4, engine, settings):
        page = amina.get(contribution_path(contribution, "/receipt")).text
    assert WAITING not in page


def test_a_receipt_whose_proof_does_not_come_says_where_to_fetch_it_again(
    world: World, browser: Open, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_files, "HEAD_WAIT_SECONDS", 0.3)
    amina, contribution = browser("amina"), world.submitted(world.meeting())
    address = find_file_address(world, contribution)
    give_sign_of_life(world)

    answer = amina.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    assert answer.json()["log"] is None
    assert answer.json()["proof_at"] == f"{settings.portal_url}{address}"
    assert "-without-proof.json" in answer.headers["Content-Disposition"]

    add_lines_and_sign_head(make_worker_context(engine, settings))
    answer = amina.get(address)
    assert (answer.status_code, "proof_at" in answer.json(), answer.json()["log"] is None) == (200, False, False)
    assert "-without-proof" not in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("reason", ["no worker", "an old act", "too many wait"])
def test_no_one_waits_for_a_proof_that_does_not_come(
    world: World, settings: Settings, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_files, "HEAD_WAIT_SECONDS", 60.0)
    with clock.shifted_clock(timedelta(minutes=-1 if reason == "an old act" else 0)):
        contribution = world.submitted(world.meeting())
    if reason != "no worker":
        give_sign_of_life(world)

    with open_portal_copy(settings) as portal, Browser(portal, settings, world, "amina") as amina:
        while reason == "too many wait" and portal.app.state.portal.proof_waits.acquire(blocking=False):
            pass
        began_at = time.monotonic()
        assert amina.get(find_file_address(world, contribution)).status_code == 202
        assert time.monotonic() - began_at < 30
