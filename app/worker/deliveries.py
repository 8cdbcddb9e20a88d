"""Jobs of deliveries: put each on the desk of its recipient, and once a minute whatever is missing.

A worker may die after any statement: deliveries are made in the transaction of the release and called back in that of
the withdrawal, and each is sent in a transaction of its own that locks its row.
"""

from uuid import UUID

import structlog

from app.core.db import transaction
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
    with transaction(context.write_sessions) as session:
        for output_id in queries.list_outputs_without_deliveries(session):
            making.create_deliveries(session, output_id)
        for output_id in queries.list_outputs_to_call_back(session):
            making.call_back_deliveries(session, output_id)
        waiting = queries.list_deliveries_to_send(session)
    for delivery_id in waiting:
        send_delivery(context, delivery_id)


TASKS = (
    EventTask(DELIVER, send_delivery, "delivery"),
    PeriodicTask("deliver-all", complete_deliveries, EVERY_MINUTE, "deliver"),
)
