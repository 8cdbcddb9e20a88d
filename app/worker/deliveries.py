"""Jobs of deliveries: put each on the desk of its recipient, and once a minute whatever is missing.

A worker may die after any statement: deliveries are made in the transaction of the release and called back in that of
the withdrawal, and each is sent in a transaction of its own that locks its row. What is missing is done in one for each
output, so that one that fails does not keep the others back.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from app.core.db import ReadSession, WriteSession, transaction
from app.domain.deliveries import queries
from app.domain.deliveries.actions import making
from app.worker.release import WorkerContext
from app.worker.subscriptions import DELIVER
from app.worker.tasks import EVERY_MINUTE, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def send_delivery(context: WorkerContext, delivery_id: UUID) -> bool:
    """Put a delivery on the desk of its recipient; False if there was nothing to do."""
    with transaction(context.write_sessions) as session:
        is_sent = making.send_delivery(session, delivery_id)
    log.info("delivery sent" if is_sent else "no delivery to send", delivery=str(delivery_id))
    return is_sent


def complete_deliveries(context: WorkerContext) -> None:
    """Make, send and call back what a crashed worker, or one of an earlier version, left undone."""
    for name, list_undone, act in STEPS:
        with transaction(context.write_sessions) as session:
            undone = list_undone(session)
        for key in undone:
            _act_or_log(context, name, act, key)


def _act_or_log(context: WorkerContext, name: str, act: Callable[[WriteSession, UUID], object], key: UUID) -> None:
    """Take a step in a transaction of its own; log an error, so that it does not stop the others. Retried in a
    minute."""
    try:
        with transaction(context.write_sessions) as session:
            act(session, key)
    except Exception:
        log.exception("a delivery was not completed", step=name, of=str(key))


STEPS: Sequence[tuple[str, Callable[[ReadSession], Sequence[UUID]], Callable[[WriteSession, UUID], object]]] = (
    ("make", queries.list_outputs_without_deliveries, making.create_deliveries),
    ("call back", queries.list_outputs_to_call_back, making.call_back_deliveries),
    ("send", queries.list_deliveries_to_send, making.send_delivery),
)
"""What may be undone, in the order in which it is done: its name, the outputs or deliveries, and the act on each."""

TASKS = (
    EventTask(DELIVER, send_delivery, "delivery"),
    PeriodicTask("deliver-all", complete_deliveries, EVERY_MINUTE, "deliver"),
)
