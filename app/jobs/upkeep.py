"""What the worker does by itself from time to time: sweep, ask the virus scanner again, read and check the record."""

import math
import time

import structlog
from sqlalchemy import func, select

from app.core.db import WriteSession, transaction
from app.core.scanner import Scanner, State, Verdict
from app.core.store import Store
from app.core.store.shelf import nameless
from app.domain.contributions import actions as contributions
from app.domain.finding.indexing import index_file
from app.domain.preservation import actions as fixity
from app.domain.preservation import queries as preservation
from app.domain.preservation.models import Shelf
from app.domain.preservation.queries import UNSTATED
from app.domain.scans import actions as scans
from app.domain.scans import queries
from app.domain.uploads import actions as uploads
from app.jobs.disseminate import Desk
from app.verify import damaged

log = structlog.get_logger(__name__)
DAY_SECONDS = 86_400
ORPHAN_SECONDS = DAY_SECONDS
FIXITY_SECONDS = 600  # between two turns of reading
LEAST = 2  # files of each store that are read in a turn in any case
SPEED = 20 * 1024 * 1024  # bytes in a second, at most: people wait for the same disk


def sweep_uploads(desk: Desk) -> int:
    """End uploads that were begun too long ago, and remove the files of all that are over; how many files."""
    with transaction(desk.write) as session:
        wanted = uploads.sweep(session)
    removed = desk.staging.sweep(wanted)
    if removed:
        log.info("files of old uploads removed", files=removed)
    return removed


def sweep_orphans(desk: Desk) -> int:
    """Remove files that no table names and that nobody kept for a day; how many.

    Nobody copies the stores meanwhile (`SWEEPING`), and a file that is being kept again just now stays.
    """
    since = time.time() - ORPHAN_SECONDS
    removed = 0
    with transaction(desk.write) as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(preservation.SWEEPING))):
            return 0
        shelves = {
            Shelf.KEPT: (desk.store, preservation.named_files(session)),
            Shelf.RELEASED: (desk.released, preservation.released_files(session)),
        }
        for shelf, (store, named) in shelves.items():
            gone = [each for each in store.names() if each not in named and store.remove_unless_new(each, since)]
            removed += len(gone)
            for sha256 in gone:
                log.info("a file that nothing names was removed", shelf=shelf, file=sha256)
    return removed


def check_fixity(desk: Desk) -> int:
    """Read the next files of both stores, so many that all have been read within the period; how many were damaged.

    What was read is noted file by file, so a kill loses one file's turn.
    """
    found = 0
    for shelf, store in ((Shelf.KEPT, desk.store), (Shelf.RELEASED, desk.released)):
        with transaction(desk.write) as session:
            named = preservation.named_files(session) if shelf is Shelf.KEPT else preservation.released_files(session)
            fixity.watch(session, shelf, named)
            share = math.ceil(len(named) * FIXITY_SECONDS / (desk.fixity_days * DAY_SECONDS))
            turn = [(each.sha256, each.size) for each in preservation.due(session, shelf, max(share, LEAST))]
        for sha256, size in turn:
            fault = next(damaged(store, {(sha256, UNSTATED if size is None else size)}), None)
            with transaction(desk.write) as session:
                fixity.note_fixity(session, shelf, sha256, fault)
            if fault:
                found += 1
                log.error("a file is damaged", shelf=shelf, file=sha256, what=fault)
            time.sleep((size or 0) / SPEED)
    return found


def scan_again(desk: Desk) -> None:
    """Ask about every file that came in unchecked. A clean one may go on; what holds another is returned, with why.

    Each file is its own transaction; one that the scanner does not answer for waits for the next run.
    """
    if desk.scanner is None:
        return
    with transaction(desk.write) as session:
        waiting = queries.waiting(session)
    for sha256 in waiting:
        verdict = scanned(desk.store, desk.scanner, sha256)
        if verdict.state is State.WAITING:
            continue
        with transaction(desk.write) as session:
            keep(session, sha256, verdict)


def keep(session: WriteSession, sha256: str, verdict: Verdict) -> None:
    """Keep what the scanner said of a file, and do what follows where something was found in it."""
    scans.note(session, sha256, verdict)
    if verdict.state is State.INFECTED:
        returned = contributions.send_back_infected(session, sha256, verdict.what)
        index_file(session, sha256)  # nobody finds it by its words any more
        log.warning("a virus was found in a file", file=sha256, returned=returned)


def scanned(store: Store, scanner: Scanner, sha256: str) -> Verdict:
    with store.open(sha256) as file:
        return scanner.scan(nameless(file))
