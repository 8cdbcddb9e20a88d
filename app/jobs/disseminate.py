"""Jobs that release outputs to the read path, or complete an advance version; a failure is recorded."""

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import Unavailable, Unknown
from app.core.scanner import Scanner
from app.core.signing import Signer
from app.core.staging import Staging
from app.core.store import Damaged, Store
from app.domain.outputs.models import Failure
from app.domain.releases import actions as releases
from app.domain.releases import completing, withdrawing
from app.domain.releases.copying import Infected, NotAsAdopted
from app.domain.releases.sealing import NotAsSigned
from app.jobs.wording import Post

log = structlog.get_logger(__name__)
# Errors that may be over in a moment: the store or the database does not answer.
PASSING = (Unavailable, OperationalError, PoolTimeout, OSError)


AWAKE = timedelta(seconds=10)  # the longest time for which a job waits for its instant


class NotReleased(Exception):  # noqa: N818 - named for what people see
    """The release failed and the failure is on record: it is not tried again until somebody schedules it again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The resources that jobs use: database sessions, stores, scanner, signer, mail and settings."""

    write: sessionmaker[WriteSession]
    store: Store
    released: Store
    staging: Staging
    scanner: Scanner | None
    sign: Signer
    soffice: str = ""
    post: Post | None = None
    fixity_days: int = 30


def disseminate_at_its_time(desk: Desk, output: UUID) -> bool:
    """Release an output at its scheduled instant, waiting for it if that is a matter of seconds; False if not released.

    If the instant is later, another job is queued for it, and due outputs are released once a minute in any case.
    """
    with transaction(desk.write) as session:
        release_at = releases.due_at(session, output) or completing.due_at(session, output)
    if release_at is not None:
        while timedelta(0) < (left := release_at - clock.now()) <= AWAKE:
            time.sleep(left.total_seconds())
    return disseminate(desk, output)


def disseminate_all(desk: Desk) -> int:
    """Release all outputs whose instant has come, each in a transaction of its own; returns their number."""
    with transaction(desk.write) as session:
        due = [*releases.all_due(session), *completing.all_due(session)]
    return sum(_release_or_log(desk, output) for output in due)


def _release_or_log(context: Desk, output: UUID) -> bool:
    """Release an output; log an error, so that it does not stop the other releases. It stays due, or is recorded."""
    try:
        return disseminate(context, output)
    except Exception:
        log.exception("an output was not released", output=str(output))
        return False


def disseminate(desk: Desk, output: UUID) -> bool:
    """Release or complete an output, all languages in one transaction; False if there was nothing to do.

    Raises OutputNotReleasedError once a failure is on record, or one of `TRANSIENT_ERRORS` if a retry may help.
    """
    try:
        with transaction(desk.write) as session:
            arguments = (session, desk.store, desk.released, output)
            is_done = releases.release(*arguments, sign=desk.sign) or completing.complete(*arguments, sign=desk.sign)
    except Exception as fault:
        # In a transaction of its own, since that of the release is rolled back. If this cannot be written either, its
        # own error is a transient one, and the job is retried.
        with transaction(desk.write) as session:
            reason = _failure_of(fault)
            failed = releases.fail(session, output, reason) or completing.fail(session, output, reason)
        if failed:
            raise NotReleased(str(output)) from fault
        raise
    log.info("output released" if is_done else "nothing to release", output=str(output))
    return is_done


def clear_withdrawn(desk: Desk, output: UUID) -> None:
    """Remove the files of a withdrawn output from the release store. Its tombstone is stored already."""
    with transaction(desk.write) as session:
        removed = withdrawing.clear(session, desk.released, output)
    log.info("files of a withdrawn output were removed", output=str(output), files=removed)


def seal_earlier(desk: Desk) -> None:
    """Sign releases from before there were manifests; done once, by the first worker after that upgrade."""
    try:
        with transaction(desk.write) as session:
            signed, unsigned = releases.seal_earlier(session, sign=desk.sign)
    except NotAsSigned:
        log.exception("the catalogue is not as it was signed: earlier releases stay unsigned")
        return
    if signed:
        log.info("earlier releases were signed", outputs=signed)
    if unsigned:
        log.error("earlier releases are not as they were adopted, and were not signed", symbols=unsigned)


def _failure_of(fault: Exception) -> Failure:
    if isinstance(fault, PASSING):
        return Failure.OUT_OF_REACH
    if isinstance(fault, NotAsSigned):
        return Failure.CATALOGUE
    if isinstance(fault, Infected):
        return Failure.VIRUS
    if isinstance(fault, NotAsAdopted | Damaged | Unknown):
        return Failure.NOT_AS_ADOPTED
    return Failure.FAULT
