"""The jobs that keep the words of documents for search: when something is registered, and once it was read."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.finding import indexing
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def index(desk: Desk, document: UUID) -> None:
    """Title and abstract of every language version, and what was read from its file so far."""
    with transaction(desk.write) as session:
        versions = indexing.index_document(session, document)
    log.info("document indexed", document=str(document), versions=versions)


def index_file(desk: Desk, sha256: str) -> None:
    """The text of this file was read: keep its words, wherever it stands."""
    with transaction(desk.write) as session:
        versions = indexing.index_file(session, sha256)
    log.info("file indexed", file=sha256, versions=versions)
