"""Jobs that make the PDF of a text part of an output, before it is adopted or approved.

The text may be received while its PDF is made, and neither transaction sees the other: so the PDF is looked for after
each of the two, and the later one finds both. A draft that was under silence gets its PDF afterwards.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.outputs.queries.pdfs import list_outputs_awaiting_pdf
from app.domain.silence.actions import draft_texts
from app.worker.release import WorkerContext
from app.worker.subscriptions import ADD_PDF, ADD_PDFS
from app.worker.tasks import EVERY_TEN_MINUTES, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def add_pdf_of_file(context: WorkerContext, sha256: str) -> None:
    """Add the PDF of a file to each output that has this file and no PDF of it."""
    with transaction(context.write_sessions) as session:
        waiting = list_outputs_awaiting_pdf(session, sha256)
    for output_id in waiting:
        add_pdfs_of_output(context, output_id)


def add_pdfs_of_output(context: WorkerContext, output_id: UUID) -> None:
    """Add to the texts of an output the PDF of each that was made meanwhile. If there is a virus scanner, they wait for
    its verdict as files do that arrive while it does not answer."""
    with transaction(context.write_sessions) as session:
        added = draft_texts.add_pdfs_to_draft(session, output_id, awaits_scan=context.scanner is not None)
    if added:
        log.info("PDF added to an output", output=str(output_id), texts=added)


def add_missing_pdfs(context: WorkerContext) -> None:
    """Add every PDF that is missing: of drafts from before texts had one, and of any whose job was lost."""
    with transaction(context.write_sessions) as session:
        waiting = list_outputs_awaiting_pdf(session)
    for output_id in waiting:
        _add_pdfs_or_log(context, output_id)


def _add_pdfs_or_log(context: WorkerContext, output_id: UUID) -> None:
    """Add the PDF of each text of an output; log an error, so that it does not stop the others. Retried in ten
    minutes."""
    try:
        add_pdfs_of_output(context, output_id)
    except Exception:
        log.exception("PDF was not added to an output", output=str(output_id))


TASKS = (
    EventTask(ADD_PDF, add_pdf_of_file, "file", str),
    EventTask(ADD_PDFS, add_pdfs_of_output, "output"),
    PeriodicTask("add-missing-pdfs", add_missing_pdfs, EVERY_TEN_MINUTES, "pdfs"),
)
