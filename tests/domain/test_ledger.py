"""The ledger over a real journal: what is signed, what is not, and which tampering is noticed."""

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from app.core import clock, journal
from app.core.db import SIGNERS_KEY, read_session_factory, transaction, write_session_factory
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.signing import Signer, SigningPurpose
from app.domain.identity.events import SessionEnded
from app.domain.ledger import actions
from app.domain.ledger.actions import InconsistentJournal
from app.domain.ledger.models import LedgerHead, LedgerTile
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import MerkleFrontier, check_consistency, check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignedNote
from app.domain.receipts.models import Receipt
from app.domain.receipts.rules import render_receipt_file
from app.worker.ledger_heads import is_head_due
from tests.conftest import Database
from tests.world import LEDGER_SIGNER, SIGNERS, World, get_worker_engine

ORIGIN = signed_notes.ledger_origin(LEDGER_SIGNER.portal)
OURS = [NoteVerifier(ORIGIN, LEDGER_SIGNER.public_key)]
OTHER = Signer.from_secret(LEDGER_SIGNER.portal, "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")


def append_journal_lines(engine: Engine, count: int) -> None:
    """Append this number of journal lines."""
    with transaction(write_session_factory(get_worker_engine(engine))) as session:
        for _ in range(count):
            journal.record_event(session, None, SessionEnded(uuid4(), "idle"))


def fill_journal(engine: Engine, size: int) -> None:
    """Append journal lines until there are this many; a new installation has one, of its inventory."""
    with transaction(read_session_factory(engine)) as session:
        lines = session.query(JournalLine).count()
    append_journal_lines(engine, size - lines)


def extend_and_sign(engine: Engine, signer: Signer = LEDGER_SIGNER) -> LedgerHead | None:
    """Extend the ledger and sign its head, as the worker does."""
    is_more = True
    while is_more:
        with transaction(write_session_factory(get_worker_engine(engine))) as session:
            is_more = actions.store_next_full_tiles(session)
    signers = {SigningPurpose.LEDGER: signer}
    with transaction(write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: signers})) as session:
        return actions.sign_head(session)


def list_roots(engine: Engine) -> list[bytes]:
    """Return the root at every size, computed from the journal alone."""
    frontier, root_hashes = MerkleFrontier(), []
    with transaction(read_session_factory(engine)) as session:
        for line in ledger.iterate_journal_lines(session):
            frontier.append_leaf(hash_leaf(journal.canonical_line(line)))
            root_hashes.append(frontier.root_hash())
    return root_hashes


def test_a_head_is_a_signed_note_of_the_whole_journal(engine: Engine) -> None:
    fill_journal(engine, 3)

    signed_head = extend_and_sign(engine)

    assert signed_head is not None
    note = SignedNote.parse_note(signed_head.note)
    assert note.find_verifier(OURS) == OURS[0]
    assert Checkpoint.parse_body(note.body) == Checkpoint(ORIGIN, 3, list_roots(engine)[-1])
    assert signed_head.note.startswith(f"{ORIGIN}\n3\n")


def test_an_unchanged_journal_is_not_signed_again(engine: Engine) -> None:
    assert extend_and_sign(engine)
    assert extend_and_sign(engine) is None
    append_journal_lines(engine, 1)

    assert extend_and_sign(engine)
    assert extend_and_sign(engine) is None


def test_each_head_is_consistent_with_the_previous_one_past_full_tiles(engine: Engine) -> None:
    sizes = []
    for size in (1, 255, 256, 257, 857):
        fill_journal(engine, size)
        sizes.append(extend_and_sign(engine).size)

    every = list_roots(engine)
    with transaction(read_session_factory(engine)) as session:
        tree = ledger.build_tree(session, sizes[-1])
        assert [ledger.get_head(session, size).root for size in sizes] == [every[size - 1] for size in sizes]
        for old, new in pairwise(sizes):
            proof = [b64decode(each) for each in consistency_proof(ledger, session, old, new)]
            check_consistency(old, every[old - 1], new, every[new - 1], proof)
        for index in (0, 255, 256, 511, 856):
            leaf = hash_leaf(journal.canonical_line(ledger.get_journal_line(session, index + 1)))
            check_inclusion(leaf, index, sizes[-1], tree.inclusion_path(index), every[-1])
        assert session.scalars(select(LedgerTile.level)).all() == [0, 0, 0]


def consistency_proof(of, session, old: int, new: int) -> list[str]:
    return of.get_consistency_proof(session, of.get_head(session, old), of.get_head(session, new))["proof"]


def test_two_signers_at_once_sign_once(engine: Engine) -> None:
    fill_journal(engine, 300)

    with ThreadPoolExecutor(4) as pool:
        signed_head = list(pool.map(lambda _: extend_and_sign(engine), range(4)))

    assert [head.size for head in signed_head if head] == [300]
    with transaction(read_session_factory(engine)) as session:
        assert session.scalars(select(LedgerHead.size)).all() == [300]


def test_the_next_worker_repairs_a_ledger_left_between_tiles_and_head(engine: Engine) -> None:
    fill_journal(engine, 600)
    with transaction(write_session_factory(get_worker_engine(engine))) as session:
        actions.store_next_full_tiles(session)
    write = write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: SIGNERS})
    with pytest.raises(RuntimeError, match="cut"), transaction(write) as session:
        actions.sign_head(session)
        raise RuntimeError("power cut")

    signed_head = extend_and_sign(engine)

    assert (signed_head.size, signed_head.root) == (600, list_roots(engine)[-1])


# What an administrator of the database can do, and what the signer reports before it signs more.
TAMPERED = {
    "a line in a full tile is altered": "UPDATE portal.journal_line SET facts = '{}' WHERE seq = 3",
    "a line after it is altered": "UPDATE portal.journal_line SET facts = '{}' WHERE seq = 299",
    "it is altered and its digest as well": (
        "UPDATE portal.journal_line SET facts = '{}', digest = repeat('1', 64) WHERE seq = 299"
    ),
    "a line is removed": "DELETE FROM portal.journal_line WHERE seq = 270",
    "the end is cut off": "DELETE FROM portal.journal_line WHERE seq > 290",
    "two lines change places": (
        "UPDATE portal.journal_line SET seq = 9999 WHERE seq = 280;"
        "UPDATE portal.journal_line SET seq = 280 WHERE seq = 281;"
        "UPDATE portal.journal_line SET seq = 281 WHERE seq = 9999"
    ),
    "a head is altered": "UPDATE portal.ledger_head SET root = sha256('x')",
    "a tile is altered": "UPDATE portal.ledger_tile SET root = sha256('x')",
    "a tile is removed": "DELETE FROM portal.ledger_tile",
}
# A removed tile is made again, from lines that must fit the last head; only `verify` reads all the old lines.
UNNOTICED = {"a line in a full tile is altered", "a tile is removed"}


@pytest.mark.parametrize("tampering", [each for each in TAMPERED if each not in UNNOTICED])
def test_nothing_is_signed_on_top_of_tampered_data(engine: Engine, database: Database, tampering: str) -> None:
    fill_journal(engine, 300)
    extend_and_sign(engine)
    database.run_as_superuser(TAMPERED[tampering])
    if "cut off" not in tampering:
        append_journal_lines(engine, 1)

    with pytest.raises((InconsistentJournal, NotFound)):
        extend_and_sign(engine)
    with transaction(read_session_factory(engine)) as session:
        assert session.scalars(select(LedgerHead.size)).all() == [300]


def test_a_head_of_another_key_is_not_extended(engine: Engine) -> None:
    append_journal_lines(engine, 2)
    extend_and_sign(engine, OTHER)
    append_journal_lines(engine, 1)

    with pytest.raises(InconsistentJournal, match="not as it was signed"):
        extend_and_sign(engine)


def test_a_new_key_continues_after_the_old_one(engine: Engine) -> None:
    fill_journal(engine, 2)
    old = extend_and_sign(engine, OTHER)
    append_journal_lines(engine, 2)
    rotated = Signer.from_secret(
        LEDGER_SIGNER.portal, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", [OTHER.public_key.text]
    )

    new = extend_and_sign(engine, rotated)

    by_new, by_old = (NoteVerifier(ORIGIN, key) for key in rotated.public_keys)
    assert SignedNote.parse_note(old.note).find_verifier([by_old]) == by_old
    assert SignedNote.parse_note(new.note).find_verifier([by_old]) is None
    assert SignedNote.parse_note(new.note).find_verifier([by_new]) == by_new
    with transaction(read_session_factory(engine)) as session:
        proof = [b64decode(each) for each in consistency_proof(ledger, session, 2, 4)]
    check_consistency(2, old.root, 4, new.root, proof)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_head SET note = 'x'",
        "UPDATE ledger_head SET root = 'x'",
        "UPDATE ledger_head SET cosignatures = '{}'",
        "DELETE FROM ledger_head",
        "UPDATE ledger_tile SET hashes = 'x'",
        "DELETE FROM ledger_tile",
        "TRUNCATE ledger_head",
    ],
)
def test_the_database_role_of_the_portal_cannot_change_signed_data(
    engine: Engine, database: Database, statement: str
) -> None:
    fill_journal(engine, 256)
    extend_and_sign(engine)
    database.run_as_superuser("UPDATE portal.ledger_head SET cosignatures = '{x}'")

    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))


def test_a_receipt_gets_one_constant_proof_once_a_head_includes_its_line(world: World, engine: Engine) -> None:
    contribution = world.submitted(world.meeting())
    with transaction(read_session_factory(engine)) as session:
        receipt = session.scalars(select(Receipt).where(Receipt.subject == contribution.id)).one()
        assert ledger.find_receipt_inclusion_proof(session, receipt.digest) is None

    head = extend_and_sign(engine)

    def read_receipt() -> bytes:
        with transaction(read_session_factory(engine)) as session:
            return render_receipt_file(receipt, ledger.find_receipt_inclusion_proof(session, receipt.digest))

    first = read_receipt()
    log = json.loads(first)["log"]
    entry = json.loads(log["entry"])
    assert entry["facts"]["receipt"] == receipt.digest
    index, hashes, checkpoint = signed_notes.parse_inclusion_proof(log["proof"])
    check_inclusion(hash_leaf(log["entry"].encode()), index, head.size, hashes, head.root)
    assert (checkpoint, index) == (head.note, entry["seq"] - 1)
    append_journal_lines(engine, 5)
    extend_and_sign(engine)
    assert read_receipt() == first


def test_the_oldest_line_without_a_head_is_known(world: World, engine: Engine) -> None:
    extend_and_sign(engine)
    with transaction(read_session_factory(engine)) as session:
        assert ledger.find_uncovered_journal_lines(session) is None
    append_journal_lines(engine, 1)
    with transaction(read_session_factory(engine)) as session:
        assert not ledger.find_uncovered_journal_lines(session).has_signed_record
    world.submitted(world.meeting())
    with transaction(read_session_factory(engine)) as session:
        waiting = ledger.find_uncovered_journal_lines(session)
    assert waiting.has_signed_record
    assert clock.now() - waiting.since < timedelta(minutes=1)


def test_a_line_of_a_clock_that_was_an_hour_ahead_does_not_wait_for_that_hour(engine: Engine) -> None:
    extend_and_sign(engine)
    with clock.shifted_clock(timedelta(hours=1)):
        append_journal_lines(engine, 1)
    with transaction(read_session_factory(engine)) as session:
        now = clock.now()
        assert is_head_due(session, now, now)
        assert is_head_due(session, now + timedelta(hours=1), now + timedelta(hours=2))
        assert not is_head_due(session, now + timedelta(hours=1), now + timedelta(hours=1, seconds=10))
