"""Jobs that release the extracted text of files, so that readers can search for it.

A release includes the texts extracted by then. A file may be processed while it is released, and neither transaction
sees the other: so the text is looked for after each of the two, and the later one finds both.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.releases import carrying
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def carry_text(desk: Desk, sha256: str) -> None:
    """Release the text of a file that has been extracted now, if the file was released."""
    with transaction(desk.write) as session:
        if carrying.carry_text(session, sha256, sign=desk.sign):
            log.info("text released", file=sha256)


def carry_texts(desk: Desk, output: UUID) -> None:
    """Release the texts of a released output that were extracted meanwhile."""
    with transaction(desk.write) as session:
        carrying.carry_texts(session, output, sign=desk.sign)


def carry_earlier(desk: Desk) -> None:
    """Release the texts of earlier releases; done once, by the first worker after that upgrade."""
    with transaction(desk.write) as session:
        count = carrying.carry_earlier(session, sign=desk.sign)
    if count:
        log.info("texts of earlier releases were released", files=count)
