"""The witness: what it cosigns, what it refuses, what it remembers; alone, and as a process beside a worker."""

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

from app.core.db import readers, transaction
from app.core.signing import Signer
from app.domain.ledger import notes, queries
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.notes import Checkpoint, Note, Verifier
from app.domain.ledger.tree import EMPTY, SIZE, Tree, leaf_hash
from app.jobs.ledger import sign
from app.jobs.witnessing import Away, Refused, held, show
from app.settings import Settings
from app.witness.judging import Witness
from app.witness.memory import Memory
from tests.conftest import Database
from tests.domain.test_ledger import write_lines
from tests.domain.test_ledger_tree import tree_of
from tests.jobs.test_worker import a_desk
from tests.serving import free_port
from tests.waiting import at_most, end
from tests.world import SIGNER

ORIGIN = notes.origin_of(SIGNER.portal)
KEY = "d2l0bmVzcyBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmw="
NAME = "witness.example.org/w1"
OURS = Verifier(ORIGIN, SIGNER.public)
LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(NAME, Signer.of(NAME, KEY), [OURS], Memory(tmp_path / "witness"))


def asking(old: int, tree: Tree, *, size: int | None = None, signer: Signer = SIGNER, **more: object) -> str:
    """What a log sends."""
    size = tree.size if size is None else size
    proof = more.get("proof", tree.consistency(old, size) if old <= size else [])
    head = Checkpoint(str(more.get("origin", ORIGIN)), size, tree.root(size))
    return "\n".join((f"old {old}", *map(notes.in_base64, proof), "", notes.signed(head, signer)))


TREE = tree_of(LEAVES)
FORK = tree_of([*LEAVES[:3], leaf_hash(b"another"), *LEAVES[4:]])


def test_it_cosigns_what_goes_on_and_says_when(witness: Witness) -> None:
    for old, size in ((0, 5), (5, 5), (5, 6), (6, 40)):
        answer = witness.add(asking(old, TREE, size=size))

        assert answer.status == 200
        line = notes.signature_line(answer.text.rstrip("\n"))
        body = Checkpoint(ORIGIN, size, TREE.root(size)).body
        assert line.is_of(witness.verifier)
        assert witness.verifier.signed(body, line.signature)
        assert abs(line.at - time.time()) < 60
    assert witness.memory.last(ORIGIN) == Checkpoint(ORIGIN, 40, TREE.root())


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (asking(0, TREE, size=30), 409, "20\n"),
        (asking(10, TREE, size=30), 409, "20\n"),
        (asking(10, TREE, size=19), 409, "20\n"),
        (asking(20, FORK), 422, ""),
        (asking(20, FORK, size=20), 409, "20\n"),
        (asking(20, TREE, proof=[]), 422, ""),
        (asking(20, TREE, proof=[bytes(SIZE)] * 4), 422, ""),
        (asking(30, TREE, size=25), 400, None),
        (asking(20, TREE, signer=Signer.of(SIGNER.portal, KEY)), 403, ""),
        (asking(20, TREE, origin="elsewhere.example.org/ledger"), 404, ""),
        ("old 020\n\n" + notes.signed(Checkpoint(ORIGIN, 40, TREE.root()), SIGNER), 400, None),
        ("old 20\nAA==\n\n" + notes.signed(Checkpoint(ORIGIN, 40, TREE.root()), SIGNER), 400, None),
        ("old 20\n" + "AAAA\n" * 64 + "\n" + notes.signed(Checkpoint(ORIGIN, 40, TREE.root()), SIGNER), 400, None),
        ("", 400, None),
    ],
)
def test_it_refuses_the_rest_and_remembers_what_it_knew(
    witness: Witness, body: str, status: int, text: str | None
) -> None:
    assert witness.add(asking(0, TREE, size=20)).status == 200
    before = witness.memory.note(Path(next(iter(Path(witness.memory._folder).glob("?" * 64)))).name)

    answer = witness.add(body)

    assert answer.status == status
    assert text is None or answer.text == text
    assert answer.is_size == (status == 409)
    assert witness.memory.last(ORIGIN) == Checkpoint(ORIGIN, 20, TREE.root(20))
    assert witness.memory.note(Path(next(iter(Path(witness.memory._folder).glob("?" * 64)))).name) == before


def test_of_two_forks_that_come_at_once_one_is_cosigned(tmp_path: Path) -> None:
    both = Barrier(2)

    class Slow(Memory):
        def last(self, origin: str) -> Checkpoint | None:
            found = super().last(origin)
            with suppress(BrokenBarrierError):
                both.wait(0.5)  # both have looked before either keeps anything, if both get so far
            return found

    witnesses = [Witness(NAME, Signer.of(NAME, KEY), [OURS], Slow(tmp_path / "one")) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:  # two processes on one folder, as after a restart that came too early
        answers = list(pool.map(lambda one, body: one.add(body), witnesses, [asking(0, TREE), asking(0, FORK)]))

    assert sorted(each.status for each in answers) == [200, 409]


def test_the_first_head_of_a_ledger_needs_no_proof_and_takes_none(witness: Witness) -> None:
    assert witness.add(asking(0, TREE, proof=[bytes(SIZE)])).status == 422
    assert witness.memory.last(ORIGIN) is None
    assert TREE.root() != EMPTY


def test_what_it_remembers_is_durable_before_it_answers(witness: Witness, monkeypatch) -> None:
    synced, sync = [], os.fsync

    def noted(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").readlink().suffix)
        sync(number)

    monkeypatch.setattr(os, "fsync", noted)

    witness.add(asking(0, TREE))

    assert synced == [".new", ""]  # the file, then the folder


def test_another_process_with_the_same_memory_goes_on(witness: Witness, tmp_path: Path) -> None:
    witness.add(asking(0, TREE, size=20))
    again = Witness(NAME, Signer.of(NAME, KEY), [OURS], Memory(tmp_path / "witness"))

    assert again.add(asking(20, FORK)).status == 422
    assert again.add(asking(20, TREE)).status == 200


@pytest.mark.parametrize(
    "witnesses",
    [
        "https://w.example.org",
        "ftp://w.example.org x",
        f"http://w.example.org {Verifier(NAME, SIGNER.public, notes.Kind.COSIGNATURE).text}",
        f"https://w.example.org {OURS.text}",
        f"https://w.example.org {OURS.text.replace('+', '+0')}",
    ],
)
def test_a_witness_is_an_address_and_its_key(witnesses: str) -> None:
    with pytest.raises(ValidationError):
        Settings(witnesses=witnesses)


# As a process


@contextmanager
def a_witness(folder: Path, port: int) -> Iterator[str]:
    """Its verifier key, while it runs."""
    environment = {
        "PATH": os.environ["PATH"],
        "CWG_WITNESS_KEY": KEY,
        "CWG_WITNESS_NAME": NAME,
        "CWG_WITNESS_STORE": str(folder),
        "CWG_WITNESSED": OURS.text,
    }
    command = [sys.executable, "-m", "app", "witness", "--port", str(port)]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            with at_most(60, process):
                key = process.stdout.readline().strip()
            limit = time.monotonic() + 30
            while time.monotonic() < limit:
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/{'0' * 64}/checkpoint")
                    break
                except httpx2.HTTPError:
                    time.sleep(0.1)
            yield key
        finally:
            end(process)


def heads(engine: Engine) -> list[LedgerHead]:
    with transaction(readers(engine)) as session:
        return [queries.latest(session)]


def test_the_worker_keeps_its_cosignatures_and_it_notices_an_older_state_and_a_fork(
    engine: Engine, settings: Settings, database: Database, tmp_path: Path
) -> None:
    port = free_port()
    desk = a_desk(engine, settings)
    where = f"http://127.0.0.1:{port}"
    write_lines(engine, 5)
    sign(desk)
    with a_witness(tmp_path / "w", port) as key, httpx2.Client() as client:
        it = where, Verifier.read(key)
        assert it[1].name == NAME
        assert show(desk, client, it)
        assert not show(desk, client, it)
        write_lines(engine, 300)
        made = sign(desk)
        assert show(desk, client, it)

        (head,) = heads(engine)
        note = Note.read(head.checkpoint)
        assert note.signed_by([it[1]]) == it[1]
        assert note.signed_by([OURS]) == OURS
        assert Checkpoint.read(Note.read(held([it], ORIGIN)[NAME]).body).size == made.size == 305

        # An older state is put back: the witness has seen more, and so does not sign.
        database.run_as_superuser(
            "SET session_replication_role = replica; DELETE FROM portal.ledger_head WHERE size > 5;"
            "DELETE FROM portal.ledger_tile;"
            "DELETE FROM portal.journal_line WHERE seq > 5; UPDATE portal.ledger_head SET cosignatures = '{}'"
            ";UPDATE portal.ledger_witness SET size = 5"
        )
        write_lines(engine, 1)
        sign(desk)
        with pytest.raises(Refused, match="ahead"):
            show(desk, client, it)
        # It goes on from there and grows past what the witness saw: another journal.
        write_lines(engine, 400)
        sign(desk)
        with pytest.raises(Refused, match="fork"):
            show(desk, client, it)
        with transaction(readers(engine)) as session:
            kept = queries.witness(session, NAME)
            assert (kept.refused, kept.refused_at is not None) == ("fork", True)
    with pytest.raises(Away), httpx2.Client() as client:
        show(desk, client, it)
    assert held([it], ORIGIN) == {}
