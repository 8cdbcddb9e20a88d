"""Jobs that index documents for search: when they are registered, and once the text of a file is extracted."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.search.actions import indexing
from app.worker.release import WorkerContext
from app.worker.subscriptions import INDEX, INDEX_FILE
from app.worker.tasks import EventTask

log = structlog.get_logger(__name__)


def index_document(context: WorkerContext, document_id: UUID) -> None:
    """Index title and abstract of every language version of a document, and the texts extracted so far."""
    with transaction(context.write_sessions) as session:
        versions = indexing.index_document(session, document_id)
    log.info("document indexed", document=str(document_id), versions=versions)


def index_file(context: WorkerContext, sha256: str) -> None:
    """Index the extracted text of a file in all documents that contain it."""
    with transaction(context.write_sessions) as session:
        versions = indexing.index_file(session, sha256)
    log.info("file indexed", file=sha256, versions=versions)


TASKS = (
    EventTask(INDEX, index_document, "document"),
    EventTask(INDEX_FILE, index_file, "file", str),
)
