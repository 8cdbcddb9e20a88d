"""Jobs that end silence procedures: at the deadline, when the text has changed, and once a minute."""

from datetime import timedelta
from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.silence.actions import procedure
from app.domain.silence.queries.procedures import is_silence_deadline_within, list_outputs_with_open_procedure
from app.worker.release import WorkerContext
from app.worker.subscriptions import SETTLE_SILENCE
from app.worker.tasks import EVERY_MINUTE, EventTask, PeriodicTask, retry_on

DEADLINE_TOLERANCE = timedelta(seconds=5)


class DeadlineNotReachedError(Exception):
    """The deadline is reached in a moment; the job is retried."""


log = structlog.get_logger(__name__)


def settle_silence(context: WorkerContext, output_id: UUID) -> bool:
    """End the silence procedure of an output if it is due; True if it ended now. Repeated, it does nothing."""
    with transaction(context.write_sessions) as session:
        ended = procedure.settle_procedure(session, output_id)
    if ended:
        log.info("silence procedure ended", output=str(output_id))
    return ended


def settle_silence_at_deadline(context: WorkerContext, output_id: UUID) -> None:
    """End the silence procedure of an output at its deadline.

    Raises DeadlineNotReachedError if the worker's clock is a little behind that of the database.
    """
    if not settle_silence(context, output_id):
        with transaction(context.write_sessions) as session:
            if is_silence_deadline_within(session, output_id, DEADLINE_TOLERANCE):
                raise DeadlineNotReachedError(str(output_id))


def settle_all_silences(context: WorkerContext) -> int:
    """End all silence procedures that are due, each in a transaction of its own; returns their number."""
    with transaction(context.write_sessions) as session:
        waiting = list_outputs_with_open_procedure(session)
    return sum(_settle_or_log(context, output) for output in waiting)


def _settle_or_log(context: WorkerContext, output: UUID) -> bool:
    """End a silence procedure if due; log an error, so that it does not stop the others. Retried in a minute."""
    try:
        return settle_silence(context, output)
    except Exception:
        log.exception("a silence procedure was not settled", output=str(output))
        return False


TASKS = (
    EventTask(
        SETTLE_SILENCE,
        settle_silence_at_deadline,
        "output",
        retry=retry_on(DeadlineNotReachedError, wait=1, increase=1),
    ),
    PeriodicTask("settle-all", settle_all_silences, EVERY_MINUTE, "settle"),
)
