"""The ledger by address: what tools and witnesses can fetch, how it is built, and what is never served."""

from base64 import b64decode
from datetime import timedelta

import pytest

from app.core import clock, journal
from app.core.db import read_session_factory, transaction
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, check_consistency, check_inclusion, hash_leaf, split_hashes
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignedNote
from app.worker.ledger_heads import add_lines_and_sign_head
from tests.domain.test_ledger import append_journal_lines
from tests.worker.test_worker import make_worker_context
from tests.world import LEDGER_SIGNER

LEDGER_VERIFIER = NoteVerifier(signed_notes.ledger_origin(LEDGER_SIGNER.portal), LEDGER_SIGNER.public_key)


@pytest.fixture
def sizes(world, engine, settings) -> list[int]:
    """The sizes of the signed heads; the first covers the enrolment of the cast."""
    head_sizes: list[int] = []
    for count in (5, 3, 300):
        append_journal_lines(engine, count)
        head_sizes.append(add_lines_and_sign_head(make_worker_context(engine, settings)).size)
    return head_sizes


def list_leaves(engine) -> list[bytes]:
    with transaction(read_session_factory(engine)) as session:
        return [hash_leaf(journal.canonical_line(line)) for line in ledger.iterate_journal_lines(session)]


def test_a_tool_reads_heads_tiles_and_proofs_without_an_account(sizes, engine, browser) -> None:
    all_leaves = list_leaves(engine)
    with clock.shifted_clock(timedelta(days=1)):
        anonymous = browser()
        answer = anonymous.get("/ledger/checkpoint")
        note = SignedNote.parse_note(answer.text)
        head = Checkpoint.parse_body(note.body)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert note.find_verifier([LEDGER_VERIFIER]) == LEDGER_VERIFIER
        assert head.size == sizes[-1]

        rest = head.size - 256
        tile = anonymous.get("/ledger/tile/0/000")
        assert tile.headers["Content-Type"] == "application/octet-stream"
        assert "immutable" in tile.headers["Cache-Control"]
        edge = anonymous.get(f"/ledger/tile/0/001.p/{rest}").content
        assert split_hashes(tile.content + edge) == all_leaves
        assert len(anonymous.get("/ledger/tile/1/000.p/1").content) == HASH_SIZE

        index, hashes, checkpoint = signed_notes.parse_inclusion_proof(
            anonymous.get(f"/ledger/inclusion/{head.size}/7").text
        )
        check_inclusion(all_leaves[7], index, head.size, hashes, head.root)
        assert checkpoint == answer.text

        proof = anonymous.get(f"/ledger/consistency/{sizes[0]}/{head.size}").json()
        old = Checkpoint.parse_body(SignedNote.parse_note(proof["old"]).body)
        check_consistency(old.size, old.root, head.size, head.root, [b64decode(each) for each in proof["proof"]])
        assert (proof["format"], old.size, proof["new"]) == ("cwg-consistency/1", sizes[0], answer.text)
        assert anonymous.get(f"/ledger/checkpoint/{sizes[0]}").text == proof["old"]


@pytest.mark.parametrize("outsider", [None, "chen"])
def test_without_a_seat_nothing_of_the_day_is_visible(sizes, browser, database, outsider: str | None) -> None:
    """Chen is of a Sector Member, and has no seat in a group."""
    database.run_as_superuser(
        "UPDATE portal.ledger_head SET at = date_trunc('day', now(), 'UTC') - interval '1 second'"
        f" WHERE size <= {sizes[1]}"
    )
    amina, outside = browser("amina"), browser(*filter(None, [outsider]))

    for path, earlier in (("checkpoint/{}", True), ("inclusion/{}/0", True), ("tile/0/000", False)):
        assert amina.get(f"/ledger/{path.format(sizes[-1])}").status_code == 200
        assert outside.get(f"/ledger/{path.format(sizes[-1])}").status_code == 404
        assert not earlier or outside.get(f"/ledger/{path.format(sizes[1])}").status_code == 200
    assert read_size(amina) == sizes[-1]
    assert read_size(outside) == sizes[1]


def read_size(who) -> int:
    return Checkpoint.parse_body(SignedNote.parse_note(who.get("/ledger/checkpoint").text).body).size


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/1",
        "tile/0/x000/000",
        "tile/0/x001/234/067",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/entries/000",
        "tile/64/000",
        "tile/00/000",
        "inclusion/999/0",
        "inclusion/1/0",
        "consistency/1/2",
        "checkpoint/999",
        "checkpoint/-1",
        "checkpoint/x",
        f"checkpoint/{10**30}",
    ],
)
def test_a_missing_tile_or_proof_is_not_found(sizes, browser, path: str) -> None:
    assert browser("amina").get(f"/ledger/{path}").status_code in (404, 422)


def test_no_proof_is_made_for_an_entry_beyond_the_head(sizes, browser) -> None:
    small, large = sizes[0], sizes[-1]
    amina = browser("amina")

    assert amina.get(f"/ledger/inclusion/{small}/{small - 1}").status_code == 200
    assert amina.get(f"/ledger/inclusion/{small}/{small}").status_code == 404
    assert amina.get(f"/ledger/consistency/{large}/{small}").status_code == 404
