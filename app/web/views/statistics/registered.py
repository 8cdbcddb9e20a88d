"""The registered contributions of a meeting by day, for readers who do not see its statistics."""

from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.statistics import rules
from app.domain.statistics.queries import count_registered_by_day
from app.http.page_context import ReadContext
from app.web.views.statistics.arrivals import ArrivalsChart, build_arrivals_chart


def load_registered_chart(context: ReadContext, meeting: Meeting) -> ArrivalsChart | None:
    """Load the chart of the registered contributions that the reader may see, with those of the meeting before; None
    where there are none, and for readers of the statistics, who see there what was submitted."""
    session, actor = context.session, context.actor
    if rules.SEE.allows(actor, meeting):
        return None
    previous = meetings.find_previous_meeting(session, actor, meeting)
    counts = count_registered_by_day(session, actor, [meeting, previous] if previous else [meeting])
    if not any(counts.values()):
        return None
    before = counts[previous.id] if previous else {}
    return build_arrivals_chart(meeting, counts[meeting.id], previous, before, context.language)
