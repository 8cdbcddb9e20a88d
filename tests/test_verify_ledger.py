"""`verify` over the ledger: what a person with all rights of the database can do, and how each change is named."""

import json
import re
from base64 import b64encode

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, insert, select, text

from app.core import clock
from app.core.db import transaction
from app.core.signing import PublicKeysByPurpose, Signer, SigningPurpose
from app.core.storage import open_store
from app.domain.ledger.actions import sign_head
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import EMPTY_ROOT
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier
from app.domain.receipts.models import Receipt
from app.domain.releases.models import ReleasedFileParagraphs
from app.domain.releases.queries.signed_texts import sign_file_text
from app.record_verification import ExpectedSigners, verify_record
from app.settings import Settings
from app.worker.ledger_heads import add_lines_and_sign_head
from tests.conftest import Database
from tests.domain.test_ledger import OTHER, fill_journal, list_roots
from tests.worker.test_worker import make_worker_context
from tests.world import PORTAL, PUBLIC_KEYS, SIGNERS, World

ORIGIN = signed_notes.ledger_origin(PORTAL)
WITNESS = Signer.from_secret("w", "d2l0bmVzcyBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmw=")
SEEN_BY = NoteVerifier("witness.example.org/w1", WITNESS.public_key, signed_notes.SignatureType.COSIGNATURE)
EXPECTED = ExpectedSigners(PUBLIC_KEYS, ORIGIN, [SEEN_BY])


def list_complaints(database: Database, settings: Settings, seen: dict[str, str] | None = None) -> tuple[str, ...]:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    complaints = verify_record(database.owner, *stores, EXPECTED, seen).faults
    return tuple(
        fault for fault in complaints if fault.startswith(("ledger: ", "journal: ", "register: ", "receipts: "))
    )


@pytest.fixture
def ledger(engine: Engine, settings: Settings) -> Engine:
    """A ledger with two heads, one past a full tile."""
    fill_journal(engine, 10)
    add_lines_and_sign_head(make_worker_context(engine, settings))
    fill_journal(engine, 300)
    add_lines_and_sign_head(make_worker_context(engine, settings))
    return engine


def run_as_administrator(database: Database, statements: str) -> None:
    """Run statements without triggers."""
    database.run_as_superuser(f"SET session_replication_role = replica; {statements}")


def test_an_intact_ledger_has_no_fault(ledger, database, settings) -> None:
    assert list_complaints(database, settings) == ()


REWRITE = """
    UPDATE portal.journal_line SET seq = seq + 10000 WHERE seq {0};
    UPDATE portal.journal_line SET seq = seq - 10000{1} WHERE seq > 10000
"""


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("UPDATE portal.journal_line SET facts = '{}' WHERE seq = 3", "ledger: tile 0 of level 0 is not what the"),
        ("UPDATE portal.journal_line SET facts = '{}' WHERE seq = 3", "ledger: head of 10 lines: the journal up to"),
        ("UPDATE portal.journal_line SET facts = '{}' WHERE seq = 299", "ledger: head of 300 lines: the journal up"),
        ("DELETE FROM portal.journal_line WHERE seq = 280", "ledger: head of 300 lines: the journal has 299 lines"),
        ("DELETE FROM portal.journal_line WHERE seq > 200", "ledger: tile 0 of level 0: the journal has no such"),
        ("DELETE FROM portal.journal_line WHERE seq > 200", "ledger: head of 300 lines: the journal has 200 lines"),
        (
            "INSERT INTO portal.journal_line SELECT 301, at, event, person, capacity, entity, body, facts, digest, 'x'"
            " FROM portal.journal_line WHERE seq = 300",
            "journal: line 301: was altered",
        ),
        (REWRITE.format("IN (280, 281)", " + 561 - 2 * (seq - 10000)"), "ledger: head of 300 lines: the journal up"),
        ("UPDATE portal.ledger_head SET root = sha256('x') WHERE size = 10", "ledger: head of 10 lines was altered"),
        ("UPDATE portal.ledger_head SET note = 'x' WHERE size = 10", "ledger: head of 10 lines was altered"),
        ("UPDATE portal.ledger_tile SET hashes = overlay(hashes PLACING 'x' FROM 9)", "ledger: tile 0 of level 0 is"),
        ("UPDATE portal.ledger_tile SET root = sha256('x')", "ledger: tile 0 of level 0 is not what the journal"),
        (
            "UPDATE portal.ledger_head SET cosignatures = ARRAY['— witness.example.org/w1 ' || '{bad}' || chr(10)]",
            "ledger: head of 10 lines: the cosignature of witness.example.org/w1 does not hold",
        ),
    ],
)
def test_tampering_is_named(ledger, database, settings, damage: str, complaint: str) -> None:
    run_as_administrator(database, damage.replace("{bad}", signed_notes.encode_base64(SEEN_BY.key_id + bytes(72))))

    assert any(fault.startswith(complaint) for fault in list_complaints(database, settings))


def test_a_missing_lower_tile_is_named(engine, database, settings) -> None:
    fill_journal(engine, 600)
    add_lines_and_sign_head(make_worker_context(engine, settings))
    run_as_administrator(database, "DELETE FROM portal.ledger_tile WHERE index = 0")

    assert list_complaints(database, settings) == ("ledger: tile 0 of level 0 is missing",)


def test_heads_signed_again_with_another_key_are_named(ledger, database, settings) -> None:
    for size, root in ((10, list_roots(ledger)[9]), (300, list_roots(ledger)[299])):
        forged = signed_notes.sign_checkpoint(Checkpoint(ORIGIN, size, root), OTHER)
        run_as_administrator(database, f"UPDATE portal.ledger_head SET note = '{forged}' WHERE size = {size}")

    assert list_complaints(database, settings) == tuple(
        f"ledger: head of {size} lines is not signed with a key of this portal" for size in (10, 300)
    )


def witness_state(size: int, root: bytes, by: Signer = WITNESS) -> dict[str, str]:
    body = Checkpoint(ORIGIN, size, root).body
    line = signed_notes.create_cosignature(body, SEEN_BY.name, by, int(clock.now().timestamp()))
    return {SEEN_BY.name: f"{body}\n{line.text}"}


def test_the_state_of_a_witness_must_be_a_past_state_of_the_ledger(ledger, database, settings) -> None:
    every = list_roots(ledger)
    name = SEEN_BY.name

    assert list_complaints(database, settings, witness_state(10, every[9])) == ()
    assert list_complaints(database, settings, witness_state(300, every[299])) == ()
    assert list_complaints(database, settings, witness_state(301, every[299])) == (
        f"ledger: witness {name} saw 301 lines, and the journal has 300: an older state was put back",
    )
    assert list_complaints(database, settings, witness_state(10, EMPTY_ROOT)) == (
        f"ledger: witness {name} saw another journal of 10 lines: it was rewritten",
    )
    assert list_complaints(database, settings, witness_state(10, every[9], OTHER)) == (
        f"ledger: witness {name}: what it holds is not signed by it",
    )
    assert list_complaints(database, settings, {name: "x"}) == (
        f"ledger: witness {name}: what it holds cannot be read",
    )


def test_a_document_and_a_receipt_without_a_journal_line_are_named(world: World, database, settings) -> None:
    _, document = world.registered(world.meeting())
    assert list_complaints(database, settings) == ()

    run_as_administrator(
        database,
        "CREATE TEMP TABLE copy AS SELECT * FROM portal.document;"
        "UPDATE copy SET id = gen_random_uuid(), number = 2, symbol = 'CWG-Internet 22/2';"
        "INSERT INTO portal.document SELECT * FROM copy; UPDATE portal.counter SET last = 2;"
        "CREATE TEMP TABLE other AS SELECT * FROM portal.receipt;"
        "UPDATE other SET id = gen_random_uuid(), version = version + 1;"
        "INSERT INTO portal.receipt SELECT * FROM other",
    )

    complaints = list_complaints(database, settings)
    assert "register: CWG-Internet 22/2 is in the register, and no line of the journal tells of it" in complaints
    assert len([fault for fault in complaints if fault.startswith("receipts: ")]) == 2
    assert json.dumps(document.symbol) not in json.dumps(complaints)


def sign_with_another_key(connection: Connection, table: str, condition: str) -> None:
    """Exchange signature and key of a signed statement, as a person does who has all rights but the portal's key."""
    connection.execute(text("SET session_replication_role = replica"))
    statement = connection.scalar(text(f"SELECT statement FROM {table} WHERE {condition}"))
    signature = b64encode(OTHER.sign(statement.encode())).decode()
    values = {"signature": signature, "key": OTHER.public_key.text}
    connection.execute(text(f"UPDATE {table} SET signature = :signature, public_key = :key WHERE {condition}"), values)


MIXED_UP = {  # a purpose, and one whose key does not count for it
    SigningPurpose.RECEIPTS: SigningPurpose.LEDGER,
    SigningPurpose.RELEASES: SigningPurpose.RECEIPTS,
    SigningPurpose.LEDGER: SigningPurpose.RELEASES,
}


@pytest.mark.parametrize("purpose", SigningPurpose)
def test_what_was_signed_with_the_key_of_another_purpose_is_named(
    world: World, database, settings, purpose: SigningPurpose
) -> None:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    world.sign_with(SIGNERS | {purpose: SIGNERS[MIXED_UP[purpose]]})
    world.released(world.meeting(opens_in=-3, number=21), stores[1])
    with transaction(world.work) as session:
        sign_head(session)

    faults = verify_record(database.owner, *stores, EXPECTED).faults

    named = {
        SigningPurpose.RECEIPTS: r"receipts: receipt \S+ was altered",
        SigningPurpose.RELEASES: r"catalogue: manifest [01] .*|receipts: receipt \S+ was altered",
        SigningPurpose.LEDGER: r"ledger: head of \d+ lines is not signed with a key of this portal",
    }
    assert faults
    assert all(re.fullmatch(named[purpose], fault) for fault in faults), faults
    # With the lists of an installation that had one key for everything, the same record is whole.
    everything = tuple(signer.public_key for signer in SIGNERS.values())
    one_list = ExpectedSigners(PublicKeysByPurpose(everything, everything, everything), ORIGIN, [SEEN_BY])
    assert verify_record(database.owner, *stores, one_list).faults == ()


def test_what_was_signed_again_with_another_key_is_named(world: World, database, settings) -> None:
    """Each statement is valid with the key in its row; `verify` believes the keys of the settings alone."""
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    world.released(world.meeting(opens_in=-3, number=21), stores[1])
    with transaction(world.read) as session:
        receipt = session.scalars(select(Receipt).where(Receipt.kind == "adoption")).one()
    paragraphs = sign_file_text("0" * 64, ["Another text."], OTHER)
    assert verify_record(database.owner, *stores, EXPECTED).faults == ()

    engine = create_engine(database.superuser, poolclass=NullPool)
    with engine.begin() as connection:
        sign_with_another_key(connection, "portal.receipt", f"id = '{receipt.id}'")
        sign_with_another_key(connection, "release.manifest", "number = 1")
        connection.execute(insert(ReleasedFileParagraphs).values(paragraphs))
    engine.dispose()

    named = {
        f"receipts: receipt {receipt.id} was altered",
        "catalogue: manifest 1 was altered",
        f"catalogue: the paragraphs of file {'0' * 64} were altered",
    }
    assert named <= set(verify_record(database.owner, *stores, EXPECTED).faults)
    assert not named & set(verify_record(database.owner, *stores).faults)  # each is valid with the key in its row
