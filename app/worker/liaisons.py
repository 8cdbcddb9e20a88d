"""Jobs of liaisons: what a group received from another one is opened as a liaison, the release of its reply answers it,
and overdue ones are noted once a week."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.domain.liaisons import actions
from app.worker.release import WorkerContext
from app.worker.subscriptions import ANSWER_LIAISON, OPEN_LIAISON
from app.worker.tasks import HOURLY, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def answer_liaisons(context: WorkerContext, output_id: UUID) -> int:
    """Mark the liaisons to which a released output replies as answered; returns their number. Repeated, it does
    nothing."""
    with transaction(context.write_sessions) as session:
        answered = actions.answer_liaisons(session, output_id)
    if answered:
        log.info("liaisons answered", output=str(output_id), liaisons=answered)
    return answered


def open_liaison(context: WorkerContext, document_id: UUID) -> bool:
    """Open the liaison that a received document is, if another group asks for something with it or answers; returns
    whether it was opened now. Repeated, it does nothing."""
    with transaction(context.write_sessions) as session:
        liaison = actions.open_liaison_of_document(session, document_id)
    if liaison:
        log.info("liaison opened", document=str(document_id))
    return liaison is not None


def note_overdue_liaisons(context: WorkerContext) -> int:
    """Note the liaisons that are overdue, each once a week; returns their number."""
    with transaction(context.write_sessions) as session:
        return actions.note_overdue_liaisons(session)


TASKS = (
    EventTask(ANSWER_LIAISON, answer_liaisons, "output"),
    EventTask(OPEN_LIAISON, open_liaison, "document"),
    PeriodicTask("note-overdue-liaisons", note_overdue_liaisons, HOURLY, "overdue-liaisons", is_exclusive=True),
)
