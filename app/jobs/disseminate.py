"""The job that takes an output which was let out to the read path, or what an advance version of it lacks; or notes
that this failed."""

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
# What may be well again in a moment: the store or the database does not answer.
PASSING = (Unavailable, OperationalError, PoolTimeout, OSError)


AWAKE = timedelta(seconds=10)  # a job waits at most so long for its instant


class NotReleased(Exception):  # noqa: N818 - named for what people see
    """The release failed for good, and that is on record: it is not tried again until somebody lets it out again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a job works with."""

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
    """Wait for the instant of its release if that is a matter of seconds, then release it; whether that happened now.

    Where it is later, another job is queued for that instant, and it is looked at once a minute in any case.
    """
    with transaction(desk.write) as session:
        at = releases.due_at(session, output) or completing.due_at(session, output)
    if at is not None:
        while timedelta(0) < (left := at - clock.now()) <= AWAKE:
            time.sleep(left.total_seconds())
    return disseminate(desk, output)


def disseminate_all(desk: Desk) -> int:
    """Release everything whose instant has come, each in a transaction of its own; how many were."""
    with transaction(desk.write) as session:
        due = [*releases.all_due(session), *completing.all_due(session)]
    return sum(_alone(desk, output) for output in due)


def _alone(desk: Desk, output: UUID) -> bool:
    """The same, where one that fails must not stop the others. It stays due, or its failure is on record."""
    try:
        return disseminate(desk, output)
    except Exception:
        log.exception("an output was not released", output=str(output))
        return False


def disseminate(desk: Desk, output: UUID) -> bool:
    """Release it, all languages in one transaction. Run again, it does nothing; returns whether it released it now.

    Raises NotReleased once the failure is on record, one of `PASSING` where trying again may help.
    """
    try:
        with transaction(desk.write) as session:
            where = (session, desk.store, desk.released, output)
            done = releases.release(*where, sign=desk.sign) or completing.complete(*where, sign=desk.sign)
    except Exception as fault:
        # In a transaction of its own, since the one of the release is undone. If this cannot be written either, its
        # own fault is a passing one, and all of it is tried again.
        with transaction(desk.write) as session:
            reason = _reason(fault)
            failed = releases.fail(session, output, reason) or completing.fail(session, output, reason)
        if failed:
            raise NotReleased(str(output)) from fault
        raise
    log.info("output released" if done else "nothing to release", output=str(output))
    return done


def clear_withdrawn(desk: Desk, output: UUID) -> None:
    """Its tombstone stands: take its files out of the store of releases."""
    with transaction(desk.write) as session:
        done = withdrawing.clear(session, desk.released, output)
    log.info("files of a withdrawn output were removed", output=str(output), files=done)


def seal_earlier(desk: Desk) -> None:
    """Sign what was released before there were manifests: the first worker that starts after that does it."""
    try:
        with transaction(desk.write) as session:
            done, left = releases.seal_earlier(session, sign=desk.sign)
    except NotAsSigned:
        log.exception("the catalogue is not as it was signed: earlier releases stay unsigned")
        return
    if done:
        log.info("earlier releases were signed", outputs=done)
    if left:
        log.error("earlier releases are not as they were adopted, and were not signed", symbols=left)


def _reason(fault: Exception) -> Failure:
    if isinstance(fault, PASSING):
        return Failure.OUT_OF_REACH
    if isinstance(fault, NotAsSigned):
        return Failure.CATALOGUE
    if isinstance(fault, Infected):
        return Failure.VIRUS
    if isinstance(fault, NotAsAdopted | Damaged | Unknown):
        return Failure.NOT_AS_ADOPTED
    return Failure.FAULT
