"""What the worker does by itself from time to time: sweep old uploads, ask the virus scanner again."""

import structlog

from app.core.db import WriteSession, transaction
from app.core.scanner import Scanner, State, Verdict
from app.core.store import Store
from app.core.store.shelf import nameless
from app.domain.contributions import actions as contributions
from app.domain.finding.indexing import index_file
from app.domain.scans import actions as scans
from app.domain.scans import queries
from app.domain.uploads import actions as uploads
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


def sweep_uploads(desk: Desk) -> int:
    """End uploads that were begun too long ago, and remove the files of all that are over; how many files."""
    with transaction(desk.write) as session:
        wanted = uploads.sweep(session)
    removed = desk.staging.sweep(wanted)
    if removed:
        log.info("files of old uploads removed", files=removed)
    return removed


def scan_again(desk: Desk) -> None:
    """Ask about every file that came in unchecked. A clean one may go on; what holds another is returned, with why.

    Each file is its own transaction; one that the scanner does not answer for waits for the next run.
    """
    if desk.scanner is None:
        return
    with transaction(desk.write) as session:
        waiting = queries.waiting(session)
    for sha256 in waiting:
        verdict = scanned(desk.store, desk.scanner, sha256)
        if verdict.state is State.WAITING:
            continue
        with transaction(desk.write) as session:
            keep(session, sha256, verdict)


def keep(session: WriteSession, sha256: str, verdict: Verdict) -> None:
    """Keep what the scanner said of a file, and do what follows where something was found in it."""
    scans.note(session, sha256, verdict)
    if verdict.state is State.INFECTED:
        returned = contributions.send_back_infected(session, sha256, verdict.what)
        index_file(session, sha256)  # nobody finds it by its words any more
        log.warning("a virus was found in a file", file=sha256, returned=returned)


def scanned(store: Store, scanner: Scanner, sha256: str) -> Verdict:
    with store.open(sha256) as file:
        return scanner.scan(nameless(file))
