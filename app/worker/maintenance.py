"""Periodic maintenance jobs: remove old uploads and orphaned files, rescan files, and check fixity."""

import math
import time
from datetime import timedelta
from uuid import UUID

import structlog

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict, VirusScanner
from app.core.db import WriteSession, transaction
from app.core.locks import AdvisoryLock, try_lock_until_commit
from app.core.storage import LocalStore, Store
from app.core.storage.base import get_path_of_open_file
from app.domain.contributions.actions import refusals
from app.domain.files import actions as file_actions
from app.domain.files import queries
from app.domain.preservation import actions as fixity
from app.domain.preservation import queries as preservation
from app.domain.preservation.models import StoreName
from app.domain.preservation.queries import UNKNOWN_SIZE
from app.domain.search.actions import index_file
from app.domain.uploads import actions as uploads
from app.record_verification.files import find_damaged_files
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, EVERY_TEN_MINUTES, HOURLY, PeriodicTask

log = structlog.get_logger(__name__)
DAY_SECONDS = 86_400
MIN_ORPHAN_AGE_SECONDS = DAY_SECONDS
FIXITY_INTERVAL_SECONDS = 600  # between two rounds of fixity checks
MIN_FILES_PER_ROUND = 2  # files of each store that are read in every round
MAX_BYTES_PER_SECOND = 20 * 1024 * 1024  # bytes per second, at most, since requests use the same disk


def remove_expired_uploads(context: WorkerContext) -> int:
    """Delete expired uploads, and the partial files that belong to no upload; returns the number of files."""
    with transaction(context.write_sessions) as session:
        upload_ids = uploads.delete_expired_uploads(session)
    removed = context.staging.remove_unclaimed(upload_ids)
    if removed:
        log.info("files of old uploads removed", files=removed)
    return removed


def remove_orphaned_files(context: WorkerContext) -> int:
    """Remove files that no table refers to and that were not stored within a day, and partial files of a killed upload
    or copy; returns their number. Their renditions are deleted first, and are orphans then.

    No backup copies the stores meanwhile (`AdvisoryLock.FILE_REMOVAL`), and a file that is being stored again stays.
    """
    since = time.time() - MIN_ORPHAN_AGE_SECONDS
    removed = 0
    with transaction(context.write_sessions) as session:
        if not try_lock_until_commit(session, AdvisoryLock.FILE_REMOVAL):
            return 0
        before = clock.now() - timedelta(seconds=MIN_ORPHAN_AGE_SECONDS)
        file_actions.delete_orphaned_renditions(session, preservation.list_files_on_record(session), before=before)
        stores = {
            StoreName.PORTAL: (context.store, preservation.list_referenced_files(session)),
            StoreName.RELEASED: (context.release_store, preservation.list_released_files(session)),
        }
        for store_name, (store, referenced) in stores.items():
            if isinstance(store, LocalStore):
                removed += store.remove_abandoned_temporary_files()
            removed_files = [
                sha256
                for sha256 in store.list_digests()
                if sha256 not in referenced and store.remove_if_older(sha256, since)
            ]
            removed += len(removed_files)
            for sha256 in removed_files:
                log.info("a file that nothing names was removed", store=store_name, file=sha256)
    return removed


def check_fixity(context: WorkerContext) -> int:
    """Read the next files of both stores, as many as needed to read all within the period; returns the number damaged.

    Results are saved file by file, so that a killed worker loses one file only.
    """
    damaged_count = 0
    for store_name, store in ((StoreName.PORTAL, context.store), (StoreName.RELEASED, context.release_store)):
        with transaction(context.write_sessions) as session:
            file_sizes = (
                preservation.list_referenced_files(session)
                if store_name is StoreName.PORTAL
                else preservation.list_released_files(session)
            )
            fixity.replace_files_under_fixity_check(session, store_name, file_sizes)
            share = math.ceil(len(file_sizes) * FIXITY_INTERVAL_SECONDS / (context.fixity_days * DAY_SECONDS))
            files = [
                (check.sha256, check.size)
                for check in preservation.list_files_due_for_check(session, store_name, max(share, MIN_FILES_PER_ROUND))
            ]
        for sha256, size in files:
            fault = next(find_damaged_files(store, {(sha256, UNKNOWN_SIZE if size is None else size)}), None)
            with transaction(context.write_sessions) as session:
                fixity.record_fixity_check(session, store_name, sha256, fault)
            if fault:
                damaged_count += 1
                log.error("a file is damaged", store=store_name, file=sha256, what=fault)
            time.sleep((size or 0) / MAX_BYTES_PER_SECOND)
    return damaged_count


def rescan_waiting_files(context: WorkerContext) -> None:
    """Scan all files that wait for the scanner, and apply the verdicts.

    Each file has a transaction of its own; one for which the scanner does not answer waits for the next run.
    """
    if context.scanner is None:
        return
    with transaction(context.write_sessions) as session:
        waiting = queries.list_files_awaiting_scan(session)
    for sha256, contribution in waiting:
        verdict = scan_stored_file(context.store, context.scanner, sha256)
        if verdict.state is ScanState.WAITING:
            continue
        with transaction(context.write_sessions) as session:
            apply_scan_verdict(session, sha256, verdict, contribution=contribution, grace=context.upload_grace)


def apply_scan_verdict(
    session: WriteSession, sha256: str, verdict: ScanVerdict, *, grace: timedelta, contribution: UUID | None = None
) -> None:
    """Save the verdict on a file, of a `contribution` if it is a file of one; if infected, return all contributions
    with it, withhold it from whatever else it belongs to, and remove its text from search.

    Within the `grace`, what was submitted in time may be replaced.
    """
    file_actions.save_scan_verdict(session, sha256, verdict, contribution=contribution)
    if verdict.state is ScanState.INFECTED:
        returned = refusals.return_infected_contributions(session, sha256, verdict.detail, grace=grace)
        # After them: a registration holds its contribution before it writes this verdict.
        file_actions.save_virus(session, sha256, verdict.detail)
        index_file(session, sha256)  # removes its paragraphs from the search index
        log.warning("a virus was found in a file", file=sha256, returned=returned)


def scan_stored_file(store: Store, scanner: VirusScanner, sha256: str) -> ScanVerdict:
    """Scan a file of a store for viruses."""
    with store.open(sha256) as file:
        return scanner.scan_file(get_path_of_open_file(file))


TASKS = (
    PeriodicTask("sweep-uploads", remove_expired_uploads, EVERY_TEN_MINUTES, "sweep"),
    PeriodicTask("scan-again", rescan_waiting_files, EVERY_MINUTE, "scan"),
    PeriodicTask("check-fixity", check_fixity, EVERY_TEN_MINUTES, "fixity", is_exclusive=True),
    PeriodicTask("sweep-orphans", remove_orphaned_files, HOURLY, "orphans"),
)
