"""The job that keeps the words of a document for search, as soon as something of it is on the register."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.finding.indexing import index_document
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def index(desk: Desk, document: UUID) -> None:
    """Title and abstract of every language version, and what was read from its file so far.

    Whoever reads paragraphs from a file calls `app.domain.finding.indexing.index_file` in the same transaction.
    """
    with transaction(desk.write) as session:
        versions = index_document(session, document)
    log.info("document indexed", document=str(document), versions=versions)
