"""Jobs that release the extracted text of files, so that readers can search for it.

A release includes the texts extracted by then. A file may be processed while it is released, and neither transaction
sees the other: so the text is looked for after each of the two, and the later one finds both.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.releases.actions import copy_texts
from app.worker.release import WorkerContext
from app.worker.subscriptions import CARRY_TEXT, CARRY_TEXTS
from app.worker.tasks import EventTask

log = structlog.get_logger(__name__)


def release_text(context: WorkerContext, sha256: str) -> None:
    """Release the text of a file that has been extracted now, if the file was released."""
    with transaction(context.write_sessions) as session:
        if copy_texts.copy_text_of_file(session, sha256):
            log.info("text released", file=sha256)


def release_texts_of_output(context: WorkerContext, output_id: UUID) -> None:
    """Release the texts of a released output that were extracted meanwhile."""
    with transaction(context.write_sessions) as session:
        copy_texts.copy_texts_of_output(session, output_id)


def release_earlier_texts(context: WorkerContext) -> None:
    """Release the texts of earlier releases; done once, by the first worker after that upgrade."""
    with transaction(context.write_sessions) as session:
        count = copy_texts.copy_all_missing_texts(session)
    if count:
        log.info("texts of earlier releases were released", files=count)


TASKS = (
    EventTask(CARRY_TEXT, release_text, "file", str),
    EventTask(CARRY_TEXTS, release_texts_of_output, "output"),
)
