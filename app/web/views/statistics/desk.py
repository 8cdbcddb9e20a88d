"""The statistics of the next meeting on the desk of its chair and its secretariat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.rules import ENDED_LIVES, find_meeting_before, get_today_at_meeting, has_deadline_passed
from app.domain.statistics import rules
from app.domain.statistics.queries import Dimension
from app.http.page_context import ReadContext
from app.web.views.contributions.status import MeetingsById, TextPair, format_meeting_name
from app.web.views.statistics.statistics import ChartBar, MeetingStatistics, load_meeting_statistics

MAX_TOPICS = 5


@dataclass(frozen=True, slots=True)
class DeskStatistics:
    """The meeting that the reader prepares next: its name, when it opens (None once it has begun), the deadline for
    contributions, and its statistics."""

    name: LazyText
    opens: str | None
    due: TextPair
    statistics: MeetingStatistics

    @property
    def topics(self) -> Sequence[ChartBar]:
        """Return the bars of the topics with most contributions."""
        return self.statistics.bars[Dimension.TOPIC][:MAX_TOPICS]


def load_desk_statistics(context: ReadContext, convened: MeetingsById) -> DeskStatistics | None:
    """Load the statistics of the meeting that the reader prepares next; None for readers without an office."""
    visible = [pair[0] for pair in convened.values()]
    meeting = _find_next_meeting(context.actor, visible)
    if meeting is None:
        return None
    formats = context.localizer
    opens_at = datetime.combine(meeting.opens_on, time(), ZoneInfo(meeting.zone))
    is_ahead = meeting.life != MeetingLife.IN_SESSION and opens_at > clock.now()
    return DeskStatistics(
        format_meeting_name(*convened[meeting.id]),
        formats.format_time_left(opens_at) if is_ahead else None,
        formats.format_short_due(meeting.contributions_due_at, meeting.zone),
        load_meeting_statistics(context, meeting, find_meeting_before(meeting, visible)),
    )


def _find_next_meeting(actor: Actor, meetings: list[Meeting]) -> Meeting | None:
    """Find the next meeting of which the actor may see the statistics: the first whose deadline is still to come, else
    the first that is not over."""
    open_ones = [
        meeting
        for meeting in meetings
        if meeting.life not in ENDED_LIVES
        and meeting.closes_on >= get_today_at_meeting(meeting)
        and rules.SEE.allows(actor, meeting)
    ]
    return min(
        open_ones,
        key=lambda meeting: (has_deadline_passed(meeting.contributions_due_at), meeting.opens_on, meeting.number),
        default=None,
    )
