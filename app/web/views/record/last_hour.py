"""The activity log of the last hour, as the desk of the secretariat shows it, by one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.audit_trail.queries import lines
from app.http.authentication import EntityName
from app.web.views.record.lines import label_line

ONE_HOUR = timedelta(hours=1)
MAX_LINES = 5


@dataclass(frozen=True, slots=True)
class LastHourLine:
    """A line of the log with the State or organisation that acted."""

    seq: int
    at: datetime
    words: LazyText
    who: LazyText


def list_lines_of_last_hour(session: ReadSession, actor: Actor) -> list[LastHourLine]:
    """List the latest lines of the last hour that the actor may see, the latest first. They are read by their number,
    which has an index, and not by their time."""
    found = lines.list_latest_lines(session, actor, MAX_LINES)
    begin = clock.now() - ONE_HOUR
    return [
        LastHourLine(line.seq, line.at, label_line(line), EntityName(line.entity) if line.entity else _("The portal"))
        for line in found
        if line.at >= begin
    ]
