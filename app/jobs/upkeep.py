"""Periodic maintenance jobs: remove old uploads and orphaned files, rescan files, and check fixity."""

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
FIXITY_SECONDS = 600  # between two rounds of fixity checks
LEAST = 2  # files of each store that are read in every round
SPEED = 20 * 1024 * 1024  # bytes per second, at most, since requests use the same disk


def sweep_uploads(desk: Desk) -> int:
    """Delete expired uploads, and the partial files that belong to no upload; returns the number of files."""
    with transaction(desk.write) as session:
        upload_ids = uploads.sweep(session)
    removed = desk.staging.sweep(upload_ids)
    if removed:
        log.info("files of old uploads removed", files=removed)
    return removed


def sweep_orphans(desk: Desk) -> int:
    """Remove files that no table refers to and that were not stored within a day; returns their number.

    No backup copies the stores meanwhile (`FILE_REMOVAL_LOCK`), and a file that is being stored again now stays.
    """
    since = time.time() - ORPHAN_SECONDS
    removed = 0
    with transaction(desk.write) as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(preservation.SWEEPING))):
            return 0
        stores = {
            Shelf.KEPT: (desk.store, preservation.named_files(session)),
            Shelf.RELEASED: (desk.released, preservation.released_files(session)),
        }
        for store_name, (store, referenced) in stores.items():
            removed_files = [
                sha256
                for sha256 in store.names()
                if sha256 not in referenced and store.remove_unless_new(sha256, since)
            ]
            removed += len(removed_files)
            for sha256 in removed_files:
                log.info("a file that nothing names was removed", shelf=store_name, file=sha256)
    return removed


def check_fixity(desk: Desk) -> int:
    """Read the next files of both stores, as many as needed to read all within the period; returns the number damaged.

    Results are saved file by file, so that a killed worker loses one file only.
    """
    damaged_count = 0
    for store_name, store in ((Shelf.KEPT, desk.store), (Shelf.RELEASED, desk.released)):
        with transaction(desk.write) as session:
            file_sizes = (
                preservation.named_files(session) if store_name is Shelf.KEPT else preservation.released_files(session)
            )
            fixity.watch(session, store_name, file_sizes)
            share = math.ceil(len(file_sizes) * FIXITY_SECONDS / (desk.fixity_days * DAY_SECONDS))
            files = [(check.sha256, check.size) for check in preservation.due(session, store_name, max(share, LEAST))]
        for sha256, size in files:
            fault = next(damaged(store, {(sha256, UNSTATED if size is None else size)}), None)
            with transaction(desk.write) as session:
                fixity.note_fixity(session, store_name, sha256, fault)
            if fault:
                damaged_count += 1
                log.error("a file is damaged", shelf=store_name, file=sha256, what=fault)
            time.sleep((size or 0) / SPEED)
    return damaged_count


def scan_again(desk: Desk) -> None:
    """Scan all files that wait for the scanner, and apply the verdicts.

    Each file has a transaction of its own; one for which the scanner does not answer waits for the next run.
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
    """Save the verdict on a file; if infected, return the contributions with it and remove its text from search."""
    scans.note(session, sha256, verdict)
    if verdict.state is State.INFECTED:
        returned = contributions.send_back_infected(session, sha256, verdict.what)
        index_file(session, sha256)  # removes its paragraphs from the search index
        log.warning("a virus was found in a file", file=sha256, returned=returned)


def scanned(store: Store, scanner: Scanner, sha256: str) -> Verdict:
    """Scan a file of a store for viruses."""
    with store.open(sha256) as file:
        return scanner.scan(nameless(file))
