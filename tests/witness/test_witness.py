"""The witness: what it cosigns, what it refuses, what it stores; alone, and as a process next to a worker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import httpx2
import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from app.core.db import read_session_factory, transaction
from app.core.signing import Signer
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import EMPTY_ROOT, HASH_SIZE, MerkleTree, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignedNote
from app.settings import Settings
from app.witness.cosigner import Witness
from app.witness.store import CheckpointStore
from app.worker.ledger_heads import add_lines_and_sign_head
from app.worker.witness_submission import WitnessRefusedError, WitnessUnavailableError, fetch_checkpoints, submit_head
from tests.conftest import Database
from tests.domain.test_ledger import append_journal_lines, fill_journal
from tests.domain.test_merkle_tree import build_tree
from tests.http_server import free_port
from tests.waiting import stop_process, time_limit
from tests.worker.test_worker import make_worker_context
from tests.world import LEDGER_SIGNER

ORIGIN = signed_notes.ledger_origin(LEDGER_SIGNER.portal)
KEY = "d2l0bmVzcyBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmw="
NAME = "witness.example.org/w1"
OURS = NoteVerifier(ORIGIN, LEDGER_SIGNER.public_key)
WITNESS_KEY = NoteVerifier(NAME, LEDGER_SIGNER.public_key, signed_notes.SignatureType.COSIGNATURE).vkey
LEAVES = [hash_leaf(b"%d" % number) for number in range(40)]


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(NAME, Signer.from_secret(NAME, KEY), [OURS], CheckpointStore(tmp_path / "witness"))


def build_request(
    old: int, tree: MerkleTree, *, size: int | None = None, signer: Signer = LEDGER_SIGNER, **more: object
) -> str:
    """Build the request that a log sends."""
    size = tree.size if size is None else size
    proof = more.get("proof", tree.consistency_path(old, size) if old <= size else [])
    head = Checkpoint(str(more.get("origin", ORIGIN)), size, tree.root_hash(size))
    return "\n".join(
        (f"old {old}", *map(signed_notes.encode_base64, proof), "", signed_notes.sign_checkpoint(head, signer))
    )


TREE = build_tree(LEAVES)
FORK = build_tree([*LEAVES[:3], hash_leaf(b"another"), *LEAVES[4:]])


def test_a_consistent_head_is_cosigned_with_its_time(witness: Witness) -> None:
    for old, size in ((0, 5), (5, 5), (5, 6), (6, 40)):
        answer = witness.add_checkpoint(build_request(old, TREE, size=size))

        assert answer.status == 200
        line = signed_notes.parse_signature_line(answer.text.rstrip("\n"))
        body = Checkpoint(ORIGIN, size, TREE.root_hash(size)).body
        assert line.matches_verifier(witness.verifier)
        assert witness.verifier.verifies_signature(body, line.signature)
        assert abs(line.cosigned_at - time.time()) < 60
    assert witness.store.last_checkpoint(ORIGIN) == Checkpoint(ORIGIN, 40, TREE.root_hash())


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (build_request(0, TREE, size=30), 409, "20\n"),
        (build_request(10, TREE, size=30), 409, "20\n"),
        (build_request(10, TREE, size=19), 409, "20\n"),
        (build_request(20, FORK), 422, ""),
        (build_request(20, FORK, size=20), 409, "20\n"),
        (build_request(20, TREE, proof=[]), 422, ""),
        (build_request(20, TREE, proof=[bytes(HASH_SIZE)] * 4), 422, ""),
        (build_request(30, TREE, size=25), 400, None),
        (build_request(20, TREE, signer=Signer.from_secret(LEDGER_SIGNER.portal, KEY)), 403, ""),
        (build_request(20, TREE, origin="elsewhere.example.org/ledger"), 404, ""),
        (
            "old 020\n\n" + signed_notes.sign_checkpoint(Checkpoint(ORIGIN, 40, TREE.root_hash()), LEDGER_SIGNER),
            400,
            None,
        ),
        (
            "old 20\nAA==\n\n" + signed_notes.sign_checkpoint(Checkpoint(ORIGIN, 40, TREE.root_hash()), LEDGER_SIGNER),
            400,
            None,
        ),
        (
            "old 20\n"
            + "AAAA\n" * 64
            + "\n"
            + signed_notes.sign_checkpoint(Checkpoint(ORIGIN, 40, TREE.root_hash()), LEDGER_SIGNER),
            400,
            None,
        ),
        ("", 400, None),
    ],
)
def test_any_other_request_is_refused_and_the_state_kept(
    witness: Witness, body: str, status: int, text: str | None
) -> None:
    assert witness.add_checkpoint(build_request(0, TREE, size=20)).status == 200
    before = witness.store.read_note(Path(next(iter(Path(witness.store._folder).glob("?" * 64)))).name)

    answer = witness.add_checkpoint(body)

    assert answer.status == status
    assert text is None or answer.text == text
    assert answer.is_size == (status == 409)
    assert witness.store.last_checkpoint(ORIGIN) == Checkpoint(ORIGIN, 20, TREE.root_hash(20))
    assert witness.store.read_note(Path(next(iter(Path(witness.store._folder).glob("?" * 64)))).name) == before


def test_of_two_concurrent_forks_one_is_cosigned(tmp_path: Path) -> None:
    barrier = Barrier(2)

    class Slow(CheckpointStore):
        def last_checkpoint(self, origin: str) -> Checkpoint | None:
            last_head = super().last_checkpoint(origin)
            with suppress(BrokenBarrierError):
                barrier.wait(
                    0.5
                )  # both threads have read the state before either stores anything, if both get this far
            return last_head

    witnesses = [Witness(NAME, Signer.from_secret(NAME, KEY), [OURS], Slow(tmp_path / "one")) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:  # two processes on one folder, as after a premature restart
        answers = list(
            pool.map(
                lambda witness, body: witness.add_checkpoint(body),
                witnesses,
                [build_request(0, TREE), build_request(0, FORK)],
            )
        )

    assert sorted(each.status for each in answers) == [200, 409]


def test_the_first_head_of_a_ledger_needs_and_accepts_no_proof(witness: Witness) -> None:
    assert witness.add_checkpoint(build_request(0, TREE, proof=[bytes(HASH_SIZE)])).status == 422
    assert witness.store.last_checkpoint(ORIGIN) is None
    assert TREE.root_hash() != EMPTY_ROOT


def test_the_state_is_durable_before_the_response(witness: Witness, monkeypatch) -> None:
    synced, sync = [], os.fsync

    def noted(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").readlink().suffix)
        sync(number)

    monkeypatch.setattr(os, "fsync", noted)

    witness.add_checkpoint(build_request(0, TREE))

    assert synced == [".new", ""]  # the file, then the folder


def test_another_process_continues_from_the_stored_state(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(build_request(0, TREE, size=20))
    restarted = Witness(NAME, Signer.from_secret(NAME, KEY), [OURS], CheckpointStore(tmp_path / "witness"))

    assert restarted.add_checkpoint(build_request(20, FORK)).status == 422
    assert restarted.add_checkpoint(build_request(20, TREE)).status == 200


@pytest.mark.parametrize(
    "witnesses",
    [
        "https://w.example.org",
        "ftp://w.example.org x",
        f"http://w.example.org {WITNESS_KEY}",
        f"https://w.example.org {OURS.vkey}",
        f"https://w.example.org {OURS.vkey.replace('+', '+0')}",
    ],
)
def test_a_witness_is_a_url_and_its_key(witnesses: str) -> None:
    with pytest.raises(ValidationError):
        Settings(witnesses=witnesses)


# As a process


@contextmanager
def run_witness(folder: Path, port: int, watched: str = OURS.vkey) -> Iterator[str]:
    """Run a witness process that watches these verifier keys; yield its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "CWG_WITNESS_KEY": KEY,
        "CWG_WITNESS_NAME": NAME,
        "CWG_WITNESS_STORE": str(folder),
        "CWG_WITNESSED": watched,
    }
    command = [sys.executable, "-m", "app", "witness", "--port", str(port)]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            with time_limit(60, process):
                key = process.stdout.readline().strip()
            limit = time.monotonic() + 60
            while time.monotonic() < limit:
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/{'0' * 64}/checkpoint")
                    break
                except httpx2.HTTPError:
                    time.sleep(0.1)
            yield key
        finally:
            stop_process(process)


def list_heads(engine: Engine) -> list[LedgerHead]:
    with transaction(read_session_factory(engine)) as session:
        return [ledger.find_latest_head(session)]


def test_the_worker_stores_cosignatures_and_the_witness_notices_an_older_state_and_a_fork(
    engine: Engine, settings: Settings, database: Database, tmp_path: Path
) -> None:
    port = free_port()
    context = make_worker_context(engine, settings)
    url = f"http://127.0.0.1:{port}"
    fill_journal(engine, 5)
    add_lines_and_sign_head(context)
    with run_witness(tmp_path / "w", port) as key, httpx2.Client() as client:
        witness_config = url, NoteVerifier.parse_vkey(key)
        assert witness_config[1].name == NAME
        assert submit_head(context, client, witness_config)
        assert not submit_head(context, client, witness_config)
        append_journal_lines(engine, 300)
        signed_head = add_lines_and_sign_head(context)
        assert submit_head(context, client, witness_config)

        (head,) = list_heads(engine)
        note = SignedNote.parse_note(head.checkpoint)
        assert note.find_verifier([witness_config[1]]) == witness_config[1]
        assert note.find_verifier([OURS]) == OURS
        assert (
            Checkpoint.parse_body(SignedNote.parse_note(fetch_checkpoints([witness_config], ORIGIN)[NAME]).body).size
            == signed_head.size
            == 305
        )

        # An older state is restored: the witness has seen more and does not sign.
        database.run_as_superuser(
            "SET session_replication_role = replica; DELETE FROM portal.ledger_head WHERE size > 5;"
            "DELETE FROM portal.ledger_tile;"
            "DELETE FROM portal.journal_line WHERE seq > 5; UPDATE portal.ledger_head SET cosignatures = '{}'"
            ";UPDATE portal.ledger_witness SET size = 5"
        )
        append_journal_lines(engine, 1)
        add_lines_and_sign_head(context)
        with pytest.raises(WitnessRefusedError, match="ahead"):
            submit_head(context, client, witness_config)
        # The ledger continues from there past the size that the witness saw: a fork.
        append_journal_lines(engine, 400)
        add_lines_and_sign_head(context)
        with pytest.raises(WitnessRefusedError, match="fork"):
            submit_head(context, client, witness_config)
        with transaction(read_session_factory(engine)) as session:
            stored_witness = ledger.find_witness(session, NAME)
            assert (stored_witness.refused, stored_witness.refused_at is not None) == ("fork", True)
    with pytest.raises(WitnessUnavailableError), httpx2.Client() as client:
        submit_head(context, client, witness_config)
    assert fetch_checkpoints([witness_config], ORIGIN) == {}
