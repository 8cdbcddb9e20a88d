"""What is pending in the system: alarms, for the secretariat, which informs the operator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, QueueLabel
from app.core.permissions import Actor
from app.domain.bodies.pending import SECRETARIAT
from app.domain.monitoring import queries
from app.domain.monitoring.rules import monitoring
from app.domain.monitoring.rules.alarms import AlarmThresholds, evaluate_alarms

ALERTS = _("System alerts")
SYSTEM = UUID(int=0)
"""The subject of alarms, which concern no thing of a body."""

ALARM = PendingActionKind(
    name="system:alarm",
    heading=_("System alerts: %(count)s"),
    words=_("Inform the system administrator."),
    button=_("View"),
    waits_for=SECRETARIAT,
    settled_by=(monitoring.SEE,),
    queue=QueueLabel(ALERTS, "/house"),
)


@dataclass(frozen=True, slots=True)
class AlarmConfiguration:
    """What the operator has set for alarms: their limits, and the names of the configured witnesses."""

    thresholds: AlarmThresholds
    witnesses: Sequence[str]


def list_alarm_actions(session: ReadSession, actor: Actor, settings: AlarmConfiguration) -> Iterator[PendingAction]:
    """Yield one action for all alarms that are raised by these settings, for those who see them."""
    if not monitoring.SEE.allows(actor, None):
        return
    metrics = queries.get_visible_metrics(session, actor, settings.witnesses)
    raised = sum(alarm.is_raised for alarm in evaluate_alarms(metrics, settings.thresholds))
    if raised:
        yield PendingAction(ALARM, SYSTEM, "/house", ALERTS, values={"count": raised}, count=raised, overdue=raised)
