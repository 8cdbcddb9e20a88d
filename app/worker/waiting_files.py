"""Inspection of files that arrived faster than they could be inspected: claims them one by one, and saves the verdict.

Several run at the same time and apart from the jobs of the queue: a file that takes long never holds up what people
wait for.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from app.core.db import transaction
from app.core.errors import NotFound
from app.core.files.ingest import FileRefused, IngestedFile, inspect_and_scan
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingLevel
from app.core.inspection.sandbox import InspectionBusy, InspectionInterrupted
from app.core.storage.base import CorruptFile, get_path_of_open_file
from app.domain.contributions.actions import arrivals, refusals
from app.domain.contributions.models import WaitingFile
from app.domain.documents.inputs import LanguageFile
from app.domain.files import actions as file_actions
from app.worker.loops import run_step_repeatedly
from app.worker.release import WorkerContext
from app.worker.tasks import TRANSIENT_ERRORS

log = structlog.get_logger(__name__)

CONCURRENT_INSPECTIONS: Final = max(2, os.cpu_count() or 2)
POLL_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 5.0
RETRY_AFTER: Final = timedelta(seconds=5)
"""When a file is tried again that could not be inspected because of others."""
FAULT_RETRY_AFTER: Final = timedelta(minutes=1)
"""When a file is tried again that could not be read from the store."""


async def run_inspection_loops(context: WorkerContext) -> None:
    """Inspect waiting files, several at the same time, for as long as the worker runs."""
    inspect = partial(inspect_next_file, context)
    waiting, failed = "files that arrived wait for their inspection", "a file that arrived was not inspected"
    with ThreadPoolExecutor(CONCURRENT_INSPECTIONS, thread_name_prefix="inspection") as threads:
        await asyncio.gather(
            *(
                run_step_repeatedly(
                    inspect,
                    pause=POLL_SECONDS,
                    retry_pause=RETRY_SECONDS,
                    waiting_event=waiting,
                    failed_event=failed,
                    threads=threads,
                )
                for _ in range(CONCURRENT_INSPECTIONS)
            )
        )


def inspect_next_file(context: WorkerContext) -> bool:
    """Inspect the file that is next, and save the verdict; False if none waits. Raises an error of the store or of the
    database: the file is then tried again later."""
    with transaction(context.write_sessions) as session:
        waiting = arrivals.claim_waiting_file(session, slots=CONCURRENT_INSPECTIONS)
        if waiting is None:
            return False
        session.expunge(waiting)
    try:
        if waiting.tries > arrivals.MAX_TRIES:
            raise build_unfinished_refusal()
        file = _inspect(context, waiting)
    except FileRefused as refusal:
        with transaction(context.write_sessions) as session:
            saved = refusals.refuse_waiting_file(
                session, waiting, refusal.reason, refusal.findings, grace=context.upload_grace
            )
        log.info("a file that had arrived was refused", file=waiting.sha256, saved=saved)
    except InspectionInterrupted:  # perhaps by this file
        log.warning("the service that opens files ended while it had a file", file=waiting.sha256, tries=waiting.tries)
        with transaction(context.write_sessions) as session:
            arrivals.release_claim(session, waiting, retry_after=RETRY_AFTER, is_counted=True)
    except InspectionBusy:
        with transaction(context.write_sessions) as session:
            arrivals.release_claim(session, waiting, retry_after=RETRY_AFTER)
    except (*TRANSIENT_ERRORS, NotFound, CorruptFile):  # of the store or the disk, not of the file
        with transaction(context.write_sessions) as session:
            arrivals.release_claim(session, waiting, retry_after=FAULT_RETRY_AFTER)
        raise
    else:
        _accept(context, waiting, file)
    return True


def _inspect(context: WorkerContext, waiting: WaitingFile) -> IngestedFile:
    """Inspect and scan a file of the store. Raises FileRefused, and Unavailable if it could not be inspected.

    Once the service that opens files ended with it, perhaps because of another file, it is inspected alone: what others
    hand in costs no file its verdict.
    """
    with context.store.open(waiting.sha256) as file:
        path = get_path_of_open_file(file)
        return inspect_and_scan(
            *(path, waiting.sha256, waiting.size, waiting.name, context.scanner),
            party=waiting.entity,
            is_alone=waiting.tries > 1,
        )


def _accept(context: WorkerContext, waiting: WaitingFile, file: IngestedFile) -> None:
    """Save that a file was accepted, with the verdict of the virus scanner."""
    findings = [finding.to_json() for finding in (*file.findings, *file.content_findings(waiting.language))]
    accepted = LanguageFile(waiting.language, file.sha256, file.size, file.kind, file.offered_name, findings)
    with transaction(context.write_sessions) as session:
        saved = arrivals.accept_waiting_file(session, waiting, accepted, file.reading.source)
        if saved and file.scan_verdict:
            file_actions.save_scan_verdict(
                session, file.sha256, file.scan_verdict, contribution=waiting.contribution_id
            )
    log.info("a file that had arrived was accepted", file=waiting.sha256, saved=saved)


def build_unfinished_refusal() -> FileRefused:
    """Build the refusal of a file whose inspection ended the worker each time."""
    finding = Finding(
        FindingLevel.REFUSED,
        _("The file could not be examined: it is damaged."),
        "",
        _("Save or export the document again from the program that created it, and upload that file."),
    )
    return FileRefused(_("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy), (finding,))
