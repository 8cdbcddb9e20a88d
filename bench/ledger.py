"""The ledger: its cost for submissions, the delay until a receipt has its proof, and the cost of a proof when large."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import cast

from sqlalchemy import Engine, delete, select

from app.core import clock
from app.core.db import create_database_engine, read_session_factory, write_session_factory
from app.core.signing import Signer, SigningPurpose
from app.domain.ledger.models import LedgerHead, LedgerTile
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import (
    HASH_SIZE,
    TILE_WIDTH,
    check_inclusion,
    compute_root,
    hash_leaf,
    split_hashes,
)
from app.domain.ledger.rules.signed_notes import Checkpoint
from app.domain.receipts.models import Receipt
from app.domain.receipts.rules import render_receipt_file
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.results import Measured
from bench.signing import key_environment

ENTRIES = 3907 * TILE_WIDTH
"""The first size above a million that fills its last tile: 1,000,192."""
PROOFS = 300
ROUNDS = 5
SUBMISSIONS = 15  # of one round
RECEIPTS = 9
PATIENCE = 30.0  # seconds
ALONE = """
import asyncio
from app.worker.ledger_heads import run_ledger_loop
from app.worker.app import open_worker_context
from app.settings import Settings
with open_worker_context(Settings()) as ours:
    asyncio.run(run_ledger_loop(ours, ()))
"""
"""Only the ledger task of the worker: rendering and scanning cost the same without a ledger."""

Submit = Callable[[], None]


def measure(settings: Settings, engine: Engine, submit: Submit, sign: Signer) -> list[Measured]:
    """Measure proofs first, while the ledger is small, then the cost of the ledger, then the complete worker."""
    return [
        measure_proof_time(settings, sign),
        measure_cost(settings, engine, submit),
        measure_receipt_time(settings, engine, submit),
    ]


def measure_cost(settings: Settings, engine: Engine, submit: Submit) -> Measured:
    """Measure submissions alternately while the ledger grows and while it rests, on the same machine."""
    resting, growing = [], []
    submit()
    for _ in range(ROUNDS):
        resting.append(measure_rate(submit))
        with run_process(settings, "-c", ALONE):
            wait_until_caught_up(engine)
            growing.append(measure_rate(submit))
    rates = f"{median(growing):.1f} against {median(resting):.1f} submissions per second, each a DOCX through the gate"
    how = (
        f"{rates}; the ledger's part of the worker in a process of its own; medians of {ROUNDS} turns of {SUBMISSIONS}"
    )
    return "ledger_cost_ratio", [one / other for one, other in zip(growing, resting, strict=True)], "", how


def measure_rate(submit: Submit) -> float:
    """Return submissions per second, one after the other."""
    start = time.perf_counter()
    for _ in range(SUBMISSIONS):
        submit()
    return SUBMISSIONS / (time.perf_counter() - start)


def measure_receipt_time(settings: Settings, engine: Engine, submit: Submit) -> Measured:
    """Measure from the first byte of a submission until its receipt file has a proof."""
    spent = []
    with run_process(settings, "-m", "app", "work"):
        wait_until_caught_up(engine)
        for _ in range(RECEIPTS):
            start = time.perf_counter()
            submit()
            wait_until(lambda: has_proof(engine))
            spent.append(time.perf_counter() - start)
    how = f"from the first byte until the receipt's file has its proof, worker running; median of {RECEIPTS}"
    return "ledger_receipt_s", median(spent), "s", f"{how}, the slowest {max(spent):.2f}"


def has_proof(engine: Engine) -> bool:
    """Whether the file of the last receipt has its proof."""
    with read_session_factory(engine)() as session:
        last = session.scalars(select(Receipt).order_by(Receipt.at.desc()).limit(1)).one()
        return b'"proof"' in render_receipt_file(last, ledger.find_receipt_inclusion_proof(session, last.digest))


def wait_until_caught_up(engine: Engine) -> None:
    """Wait until every receipt line has a head, so that the process has caught up."""

    def is_caught_up() -> bool:
        with read_session_factory(engine)() as session:
            waiting = ledger.find_uncovered_journal_lines(session)
            return waiting is None or not waiting.has_signed_record

    wait_until(is_caught_up)


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll until the condition is true. Raises TimeoutError."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > PATIENCE:
            raise TimeoutError("the ledger did not grow")
        time.sleep(0.02)


def measure_proof_time(settings: Settings, sign: Signer) -> Measured:
    """Measure proofs from tiles of synthetic leaves, written by the owner and rolled back."""
    engine = create_database_engine(cast("str", settings.owner_database_url), pool_size=1, application_name="cwg-bench")
    with write_session_factory(engine)() as session:
        session.execute(delete(LedgerTile))
        for tile in build_tiles(ENTRIES):
            session.add(tile)
        session.flush()
        session.expunge_all()
        root = ledger.build_tree(session, ENTRIES).root_hash()
        head = Checkpoint(signed_notes.ledger_origin(sign.portal), ENTRIES, root)
        ledger_head = LedgerHead(
            size=ENTRIES, root=root, note=signed_notes.sign_checkpoint(head, sign), at=clock.now(), cosignatures=[]
        )
        spent, size = [], 0
        for number in range(PROOFS):
            index = number * 7_919_017 % ENTRIES
            start = time.perf_counter()
            proof = ledger.get_inclusion_proof_text(session, index, ledger_head)
            spent.append((time.perf_counter() - start) * 1000)
            size = max(size, len(proof.encode()))
            check_inclusion(leaf_at(index), index, ENTRIES, signed_notes.parse_inclusion_proof(proof)[1], root)
        session.rollback()
    engine.dispose()
    how = f"an inclusion proof among {ENTRIES:,} entries out of the tiles in PostgreSQL, every one a request of its own"
    description = f"{how}; {size} bytes with its head; median of {PROOFS}, p99 {sorted(spent)[PROOFS * 99 // 100]:.1f}"
    return "ledger_proof_ms", median(spent), "ms", description


def build_tiles(entries: int) -> Iterator[LedgerTile]:
    """Yield the full tiles of each level over this number of leaves."""
    level, hashes = 0, b"".join(leaf_at(index) for index in range(entries))
    while hashes:
        roots = []
        for index in range(len(hashes) // HASH_SIZE // TILE_WIDTH):
            hashes_of_tile = hashes[index * TILE_WIDTH * HASH_SIZE : (index + 1) * TILE_WIDTH * HASH_SIZE]
            roots.append(compute_root(split_hashes(hashes_of_tile)))
            yield LedgerTile(level=level, index=index, hashes=hashes_of_tile, root=roots[-1])
        level, hashes = level + 1, b"".join(roots)


def leaf_at(index: int) -> bytes:
    return hash_leaf(hashlib.sha256(index.to_bytes(8, "big")).digest())


@contextmanager
def run_process(settings: Settings, *arguments: str) -> Iterator[None]:
    """Run Python with the settings of this installation until the end of the block."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_DATABASE_URL": str(settings.database_url),
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": settings.portal_url,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        **key_environment(settings, SigningPurpose.RELEASES, SigningPurpose.LEDGER),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
