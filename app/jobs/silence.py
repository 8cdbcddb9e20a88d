"""The jobs that end silence procedures: at the deadline, as soon as the text is another one, and once a minute."""

from datetime import timedelta
from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.silence import actions, queries
from app.jobs.disseminate import Desk

A_MOMENT = timedelta(seconds=5)


class NotYet(Exception):  # noqa: N818 - it is tried again
    """The deadline is reached in a moment."""


log = structlog.get_logger(__name__)


def settle(desk: Desk, output: UUID) -> bool:
    """End the procedure on one output if it is to end. Run again, it does nothing; returns whether it ended it now."""
    with transaction(desk.write) as session:
        ended = actions.settle(session, output)
    if ended:
        log.info("silence procedure ended", output=str(output))
    return ended


def settle_at_its_time(desk: Desk, output: UUID) -> None:
    """The same at the deadline, when the database's clock woke us. Raises NotYet where ours is a little behind."""
    if not settle(desk, output):
        with transaction(desk.write) as session:
            if queries.ends_within(session, output, A_MOMENT):
                raise NotYet(str(output))


def settle_all(desk: Desk) -> int:
    """The same for every procedure that is not ended, each in a transaction of its own; how many ended."""
    with transaction(desk.write) as session:
        waiting = queries.to_settle(session)
    return sum(_alone(desk, output) for output in waiting)


def _alone(desk: Desk, output: UUID) -> bool:
    """The same, where one that fails must not stop the others; in a minute it is tried again."""
    try:
        return settle(desk, output)
    except Exception:
        log.exception("a silence procedure was not settled", output=str(output))
        return False
