"""Jobs that end silence procedures: at the deadline, when the text has changed, and once a minute."""

from datetime import timedelta
from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.silence import actions, queries
from app.jobs.disseminate import Desk

A_MOMENT = timedelta(seconds=5)


class NotYet(Exception):  # noqa: N818 - it is tried again
    """The deadline is reached in a moment; the job is retried."""


log = structlog.get_logger(__name__)


def settle(desk: Desk, output: UUID) -> bool:
    """End the silence procedure of an output if it is due; True if it ended now. Repeated, it does nothing."""
    with transaction(desk.write) as session:
        ended = actions.settle(session, output)
    if ended:
        log.info("silence procedure ended", output=str(output))
    return ended


def settle_at_its_time(desk: Desk, output: UUID) -> None:
    """End the silence procedure of an output at its deadline.

    Raises DeadlineNotReachedError if the worker's clock is a little behind that of the database.
    """
    if not settle(desk, output):
        with transaction(desk.write) as session:
            if queries.ends_within(session, output, A_MOMENT):
                raise NotYet(str(output))


def settle_all(desk: Desk) -> int:
    """End all silence procedures that are due, each in a transaction of its own; returns their number."""
    with transaction(desk.write) as session:
        waiting = queries.to_settle(session)
    return sum(_settle_or_log(desk, output) for output in waiting)


def _settle_or_log(context: Desk, output: UUID) -> bool:
    """End a silence procedure if due; log an error, so that it does not stop the others. Retried in a minute."""
    try:
        return settle(context, output)
    except Exception:
        log.exception("a silence procedure was not settled", output=str(output))
        return False
