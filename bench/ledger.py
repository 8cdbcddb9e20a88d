"""What the ledger costs who submits, when a receipt has its proof, and what a proof costs in a very large ledger."""

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
from app.core.signing import Signer
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
from bench.upload import Measured

ENTRIES = 3907 * TILE_WIDTH
"""The first number beyond a million that fills its last tile: 1,000,192."""
PROOFS = 300
ROUNDS = 5
SUBMISSIONS = 15  # of one turn
RECEIPTS = 9
PATIENCE = 30.0  # seconds
ALONE = """
import asyncio
from app.worker.ledger_heads import keep_growing
from app.worker.app import desk
from app.settings import Settings
with desk(Settings()) as ours:
    asyncio.run(keep_growing(ours, ()))
"""
"""The ledger's part of the worker and nothing else of it: what renders and scans would cost as much without it."""

Submit = Callable[[], None]


def measure(settings: Settings, engine: Engine, submit: Submit, sign: Signer) -> list[Measured]:
    """Proofs first, while the ledger of this system is small; its cost alternately; the worker as it is run."""
    return [proof_time(settings, sign), cost(settings, engine, submit), receipt_time(settings, engine, submit)]


def cost(settings: Settings, engine: Engine, submit: Submit) -> Measured:
    """Submissions while the ledger grows, and while it rests, alternately: both meet the same machine."""
    resting, growing = [], []
    submit()
    for _ in range(ROUNDS):
        resting.append(rate(submit))
        with a_process(settings, "-c", ALONE):
            until_whole(engine)
            growing.append(rate(submit))
    rates = f"{median(growing):.1f} against {median(resting):.1f} submissions per second, each a DOCX through the gate"
    how = (
        f"{rates}; the ledger's part of the worker in a process of its own; medians of {ROUNDS} turns of {SUBMISSIONS}"
    )
    return "ledger_cost_ratio", median(growing) / median(resting), "", how


def rate(submit: Submit) -> float:
    """Submissions per second, one after the other."""
    began = time.perf_counter()
    for _ in range(SUBMISSIONS):
        submit()
    return SUBMISSIONS / (time.perf_counter() - began)


def receipt_time(settings: Settings, engine: Engine, submit: Submit) -> Measured:
    """From the first byte of a submission until its receipt, as a file, carries a proof."""
    spent = []
    with a_process(settings, "-m", "app", "work"):
        until_whole(engine)
        for _ in range(RECEIPTS):
            began = time.perf_counter()
            submit()
            until(lambda: is_proven(engine))
            spent.append(time.perf_counter() - began)
    how = f"from the first byte until the receipt's file has its proof, worker running; median of {RECEIPTS}"
    return "ledger_receipt_s", median(spent), "s", f"{how}, the slowest {max(spent):.2f}"


def is_proven(engine: Engine) -> bool:
    """Whether the file of the last receipt carries its place."""
    with read_session_factory(engine)() as session:
        last = session.scalars(select(Receipt).order_by(Receipt.at.desc()).limit(1)).one()
        return b'"proof"' in render_receipt_file(last, ledger.find_receipt_inclusion_proof(session, last.digest))


def until_whole(engine: Engine) -> None:
    """Wait until nothing waits for a head any more: the process is at work, and has done what had come before."""

    def is_whole() -> bool:
        with read_session_factory(engine)() as session:
            waiting = ledger.find_uncovered_lines(session)
            return waiting is None or not waiting.has_signed_record

    until(is_whole)


def until(is_so: Callable[[], bool]) -> None:
    """Ask until it is so. Raises TimeoutError."""
    began = time.perf_counter()
    while not is_so():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError("the ledger did not grow")
        time.sleep(0.02)


def proof_time(settings: Settings, sign: Signer) -> Measured:
    """Proofs out of tiles of made-up leaves. The owner writes them, and nothing of it is committed."""
    engine = create_database_engine(cast("str", settings.owner_database_url), pool_size=1, application_name="cwg-bench")
    with write_session_factory(engine)() as session:
        session.execute(delete(LedgerTile))
        for tile in tiles(ENTRIES):
            session.add(tile)
        session.flush()
        session.expunge_all()
        root = ledger.build_tree(session, ENTRIES).root_hash()
        head = Checkpoint(signed_notes.ledger_origin(sign.portal), ENTRIES, root)
        over = LedgerHead(
            size=ENTRIES, root=root, note=signed_notes.sign_checkpoint(head, sign), at=clock.now(), cosignatures=[]
        )
        spent, size = [], 0
        for number in range(PROOFS):
            index = number * 7_919_017 % ENTRIES
            began = time.perf_counter()
            proof = ledger.get_inclusion_proof_text(session, index, over)
            spent.append((time.perf_counter() - began) * 1000)
            size = max(size, len(proof.encode()))
            check_inclusion(a_leaf(index), index, ENTRIES, signed_notes.parse_inclusion_proof(proof)[1], root)
        session.rollback()
    engine.dispose()
    how = f"an inclusion proof among {ENTRIES:,} entries out of the tiles in PostgreSQL, every one a request of its own"
    summary = f"{how}; {size} bytes with its head; median of {PROOFS}, p99 {sorted(spent)[PROOFS * 99 // 100]:.1f}"
    return "ledger_proof_ms", median(spent), "ms", summary


def tiles(entries: int) -> Iterator[LedgerTile]:
    """The full tiles over so many leaves, of each level."""
    level, hashes = 0, b"".join(a_leaf(index) for index in range(entries))
    while hashes:
        roots = []
        for index in range(len(hashes) // HASH_SIZE // TILE_WIDTH):
            held = hashes[index * TILE_WIDTH * HASH_SIZE : (index + 1) * TILE_WIDTH * HASH_SIZE]
            roots.append(compute_root(split_hashes(held)))
            yield LedgerTile(level=level, index=index, hashes=held, root=roots[-1])
        level, hashes = level + 1, b"".join(roots)


def a_leaf(index: int) -> bytes:
    return hash_leaf(hashlib.sha256(index.to_bytes(8, "big")).digest())


@contextmanager
def a_process(settings: Settings, *arguments: str) -> Iterator[None]:
    """Python with this system's settings, until the end of the block."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_DATABASE_URL": str(settings.database_url),
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": settings.portal_url,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        "CWG_SIGNING_KEY": settings.signing_key.get_secret_value(),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, env=environment, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as it:
        try:
            yield
        finally:
            it.send_signal(signal.SIGTERM)
            it.wait(30)
