"""A receipt's place in the ledger, on its page and on paper: before a head holds it, after, and with a witness."""

import re
from collections.abc import Callable
from contextlib import closing
from html import unescape

import pypdfium2
import pytest
from sqlalchemy import Engine

from app.core.db import transaction, write_session_factory
from app.core.signing import Signer
from app.domain.contributions.models import Contribution
from app.domain.ledger import actions
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignatureType, SignedNote
from app.http.pdf_export import is_pdf_available
from app.settings import Settings
from app.web.app import create_app
from app.worker.ledger_heads import sign_new_head
from tests.browser import Browser
from tests.conftest import Database
from tests.web.contributions.test_receipts import given, path, taken
from tests.worker.test_worker import a_desk
from tests.world import World

Open = Callable[..., Browser]
NAME = "witness.example.org/w1"
WITNESS = Signer.from_secret(NAME, "d2l0bmVzcyBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmw=")
WAITING = "No head of the ledger holds this line yet"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A witness is set up."""
    verifier = NoteVerifier(NAME, WITNESS.public_key, SignatureType.COSIGNATURE).vkey
    return settings.model_copy(update={"witnesses": (f"http://127.0.0.1:9 {verifier}",)})


@pytest.fixture
def made(world: World) -> Contribution:
    return world.submitted(world.meeting())


def cosign(engine: Engine, head: LedgerHead) -> None:
    """As the worker keeps what the witness answered."""
    body = SignedNote.parse_note(head.note).body
    verifier = NoteVerifier(NAME, WITNESS.public_key, SignatureType.COSIGNATURE)
    with transaction(write_session_factory(engine)) as session:
        actions.add_cosignature(
            session, head.size, verifier, signed_notes.create_cosignature(body, NAME, WITNESS, 1_800_000_000)
        )


def told(page: str) -> str:
    """What the page says of the place, in words."""
    section = page.partition('aria-labelledby="h-place"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section.partition(">")[2])).split())


def test_the_page_says_that_no_head_holds_it_yet_and_then_which_does(
    world: World, browser: Open, engine: Engine, settings: Settings, made: Contribution
) -> None:
    amina = browser("amina")
    before = told(amina.get(path(made, "/receipt")).text)
    assert WAITING in before
    assert "Head" not in before.replace(WAITING, "")
    assert taken(amina, made)["log"] is None

    head = sign_new_head(a_desk(engine, settings))
    page = amina.get(path(made, "/receipt")).text
    after = told(page)

    log = taken(amina, made)["log"]
    index, hashes, checkpoint = signed_notes.parse_inclusion_proof(log["proof"])
    assert WAITING not in after
    assert f"Line {index + 1} Head holds {head.size} lines; signed on" in after
    assert signed_notes.encode_base64(head.root) in after
    assert "No witness has cosigned this head yet." in after
    proof, shown_head = re.findall(r'href="(/ledger/[^"]+)"', page)
    check_inclusion(hash_leaf(log["entry"].encode()), index, head.size, hashes, head.root)
    assert amina.get(proof).text == log["proof"]
    assert amina.get(shown_head).text == checkpoint
    assert Checkpoint.parse_body(SignedNote.parse_note(checkpoint).body).size == head.size


def test_it_names_the_witness_of_the_head_that_proves_it(
    world: World, browser: Open, engine: Engine, settings: Settings, made: Contribution
) -> None:
    sign_new_head(a_desk(engine, settings))
    world.meeting(number=23)
    seen = sign_new_head(a_desk(engine, settings))
    cosign(engine, seen)
    world.meeting(number=24)
    assert sign_new_head(a_desk(engine, settings)).size > seen.size  # a later one, which proves no more

    page = told(browser("amina").get(path(made, "/receipt")).text)

    assert f"holds {seen.size} lines" in page
    assert f"Witnesses {NAME} · Friday 15 January 2027" in page
    assert "No witness" not in page


def test_one_that_the_journal_does_not_name_is_not_made_to_wait(
    database: Database, browser: Open, engine: Engine, settings: Settings, made: Contribution
) -> None:
    database.run_as_superuser(
        "SET session_replication_role = replica; UPDATE portal.journal_line SET facts = facts - 'receipt'"
    )

    page = told(browser("amina").get(path(made, "/receipt")).text)

    assert "No line of the journal names this receipt." in page
    assert WAITING not in page


@pytest.mark.skipif(not is_pdf_available(), reason="Pango is not installed")
def test_the_sheet_says_the_same(
    world: World, browser: Open, engine: Engine, settings: Settings, made: Contribution
) -> None:
    address = path(made, f"/receipts/{given(world, made)[0].id}.pdf?lang=en")
    before = written(browser("amina").get(address).content)
    head = sign_new_head(a_desk(engine, settings))
    cosign(engine, head)

    after = written(browser("amina").get(address).content)

    assert (WAITING in before, WAITING in after) == (True, False)
    assert f"holds {head.size} lines; signed on" in after
    assert NAME in after
    assert signed_notes.encode_base64(head.root) in after.replace(" ", "")


def written(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def test_a_portal_without_a_witness_says_that_nobody_outside_keeps_its_heads(
    world: World, engine: Engine, settings: Settings, made: Contribution
) -> None:
    alone = settings.model_copy(update={"witnesses": ()})
    sign_new_head(a_desk(engine, settings))

    app = create_app(alone)
    with closing(app.app.state.portal), Browser(app, alone, world, "amina") as amina:
        page = told(amina.get(path(made, "/receipt")).text)

    assert "nobody outside this portal keeps its heads" in page
