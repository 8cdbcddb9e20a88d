"""Jobs of liaisons: one is answered by the release of its reply; overdue ones are noted once a week."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.liaisons import actions
from app.worker.release import WorkerContext
from app.worker.subscriptions import ANSWER_LIAISON
from app.worker.tasks import HOURLY, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def answer_liaison(context: WorkerContext, output_id: UUID) -> bool:
    """Mark the liaison to which a released output replies as answered. Repeated, it does nothing."""
    with transaction(context.write_sessions) as session:
        answered = actions.answer_liaison(session, output_id)
    if answered:
        log.info("liaison answered", output=str(output_id))
    return answered


def note_overdue_liaisons(context: WorkerContext) -> int:
    """Note the liaisons that are overdue, each once a week; returns their number."""
    with transaction(context.write_sessions) as session:
        return actions.note_overdue_liaisons(session)


TASKS = (
    EventTask(ANSWER_LIAISON, answer_liaison, "output"),
    PeriodicTask("note-overdue-liaisons", note_overdue_liaisons, HOURLY, "overdue-liaisons", is_exclusive=True),
)
