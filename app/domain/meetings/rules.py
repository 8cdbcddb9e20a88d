"""Who may convene meetings; when a deadline has passed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.core import clock
from app.core.access import Permission
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_secretary
from app.domain.meetings.models import Meeting

SEE = Permission("meeting:see", say("See meetings"), has_seat)
CONVENE = Permission("meeting:convene", say("Convene a meeting and change its dates"), is_secretary)


def has_passed(deadline: datetime, moment: datetime | None = None) -> bool:
    """A deadline is the end of its last second."""
    return (moment or clock.now()) >= deadline + timedelta(seconds=1)


def is_in_time(meeting: Meeting, uploads: Iterable[tuple[datetime, datetime]], grace: timedelta) -> bool:
    """Before the deadline; or within the grace period, if an upload was under way when it passed and none began later.

    `uploads` are the instants at which each file's upload began and was whole.
    """
    due = meeting.contributions_due_at
    if not has_passed(due):
        return True
    files = list(uploads)
    under_way = any(has_passed(due, whole) for _, whole in files)
    none_later = not any(has_passed(due, began) for began, _ in files)
    return under_way and none_later and not has_passed(due + grace)
