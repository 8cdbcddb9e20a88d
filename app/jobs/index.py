"""Jobs that index documents for search: when they are registered, and once the text of a file is extracted."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.finding import indexing
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def index(desk: Desk, document: UUID) -> None:
    """Index title and abstract of every language version of a document, and the texts extracted so far."""
    with transaction(desk.write) as session:
        versions = indexing.index_document(session, document)
    log.info("document indexed", document=str(document), versions=versions)


def index_file(desk: Desk, sha256: str) -> None:
    """Index the extracted text of a file in all documents that contain it."""
    with transaction(desk.write) as session:
        versions = indexing.index_file(session, sha256)
    log.info("file indexed", file=sha256, versions=versions)
