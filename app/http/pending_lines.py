"""Pending actions as e-mails and calendars list them, which other systems carry: what is to be done, in which meeting,
by when and where; no State, no person, and no title or text that somebody wrote."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, QueueLabel, Urgency
from app.domain.pending_actions import PendingActions
from app.http.localization import Localizer
from app.http.titles import name_values


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A pending action, or a queue with all of it that is due at the same time. `key` stays the same until it is
    settled. `meeting` is the name of its meeting, empty if it concerns another thing."""

    key: str
    heading: str
    meeting: str
    path: str
    due_at: datetime | None
    zone: str
    urgency: Urgency


def list_pending_lines(pending: PendingActions, formats: Localizer) -> list[PendingLine]:
    """List what is pending in the order of the desk: what is listed there one by one, and what it counts in queues."""
    lines: list[PendingLine] = []
    counted: set[tuple[PendingActionKind, datetime | None]] = set()
    for action in pending.actions:
        if action.kind.queue is None:
            lines.append(_build_line(action, formats))
        elif (action.kind, action.due_at) not in counted:
            counted.add((action.kind, action.due_at))
            lines.append(_build_queue_line(action, action.kind.queue, pending, formats))
    return lines


def _build_line(action: PendingAction, formats: Localizer) -> PendingLine:
    heading = replace(action.kind.impersonal_heading, values=name_values(action.values, formats))
    return PendingLine(
        key=f"{action.kind.name}-{action.subject}",
        heading=formats.translate_text(heading),
        meeting=formats.translate_text(action.title) if isinstance(action.title, LazyText) else "",
        path=action.path,
        due_at=action.due_at,
        zone=action.zone,
        urgency=action.kind.urgency,
    )


def _build_queue_line(
    action: PendingAction, queue: QueueLabel, pending: PendingActions, formats: Localizer
) -> PendingLine:
    """Build the line of a queue from the first action in it that is due then."""
    number = formats.format_number(_count_due(action, pending))
    return PendingLine(
        key=f"{action.kind.name}-{action.due_at:%Y%m%dT%H%M%S}" if action.due_at else action.kind.name,
        heading=formats.translate_text(_("%(what)s: %(number)s", what=queue.label, number=number)),
        meeting="",
        path=queue.path,
        due_at=action.due_at,
        zone=action.zone,
        urgency=action.kind.urgency,
    )


def _count_due(action: PendingAction, pending: PendingActions) -> int:
    """Count what is in the queue of an action and due at its time; all of the queue if nothing in it is due at another
    time, since there may be more of it than was read."""
    queued = [each for each in pending.actions if each.kind is action.kind]
    due = [each for each in queued if each.due_at == action.due_at]
    is_all = len(due) == len(queued)
    return pending.totals[action.kind.name] if is_all else sum(each.count for each in due)
