"""Who may convene meetings and keep their agendas; when a deadline has passed."""

from datetime import datetime, timedelta

from app.core import clock
from app.core.access import Permission, any_of
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_chair, is_secretary
from app.domain.meetings.models import Meeting

SEE = Permission("meeting:see", say("See meetings and their agendas"), has_seat)
CONVENE = Permission("meeting:convene", say("Convene a meeting and change its dates"), is_secretary)
KEEP_AGENDA = Permission(
    "agenda:keep", say("Change the agenda and put documents under its items"), any_of(is_chair, is_secretary)
)


def has_passed(deadline: datetime, moment: datetime | None = None) -> bool:
    """A deadline is the end of its last second."""
    return (moment or clock.now()) >= deadline + timedelta(seconds=1)


def is_in_time(meeting: Meeting, upload_began_at: datetime | None, grace: timedelta) -> bool:
    """In time, or begun in time and whole within the grace period."""
    due = meeting.contributions_due_at
    begun_in_time = upload_began_at is not None and not has_passed(due, upload_began_at)
    return not has_passed(due) or (begun_in_time and not has_passed(due + grace))
