"""The jobs by which a released file that is read only later is found by its words too.

A release takes along what was read by then. A file may be read just while it is released, and neither transaction sees
the other: so it is looked for after each of the two, and whichever ends last finds both.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.releases import carrying
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def carry_text(desk: Desk, sha256: str) -> None:
    """This file was read: if it was released, let its text follow."""
    with transaction(desk.write) as session:
        if carrying.carry_text(session, sha256, sign=desk.sign):
            log.info("text released", file=sha256)


def carry_texts(desk: Desk, output: UUID) -> None:
    """This output was released: let the texts follow that were read meanwhile."""
    with transaction(desk.write) as session:
        carrying.carry_texts(session, output, sign=desk.sign)


def carry_earlier(desk: Desk) -> None:
    """Let the texts follow of whatever was released: the first worker that starts after texts are carried does it."""
    with transaction(desk.write) as session:
        done = carrying.carry_earlier(session, sign=desk.sign)
    if done:
        log.info("texts of earlier releases were released", files=done)
