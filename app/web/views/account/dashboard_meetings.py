"""The meetings on the dashboard: the next ones with their dates, and deadlines that were moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.rules.permissions import DRAFT, build_new_contribution_rule_subject
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED_LIVES, has_deadline_passed
from app.http.localization import Localizer
from app.web.views.contributions.status import (
    DeadlineChange,
    MeetingsById,
    build_deadline_change,
    format_meeting_name,
)
from app.web.views.documents.titles import localize_title

MAX_UPCOMING_MEETINGS = 3
ONE_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class UpcomingMeeting:
    """A meeting that has not closed, with its dates."""

    meeting: Meeting
    name: LazyText
    place: tuple[str, str | None]
    dates: list[tuple[date, LazyText | str, str]]
    may_draft: bool

    @property
    def is_due(self) -> bool:
        """Whether the deadline for contributions has passed."""
        return has_deadline_passed(self.meeting.contributions_due_at)


def list_upcoming_meetings(actor: Actor, convened: MeetingsById, formats: Localizer) -> list[UpcomingMeeting]:
    """Return the next meetings, the earliest first."""
    today = clock.now().date()
    open_ones = sorted(
        (pair for pair in convened.values() if pair[0].closes_on >= today and pair[0].life not in ENDED_LIVES),
        key=lambda pair: pair[0].opens_on,
    )
    return [
        _upcoming_meeting(actor, meeting, body, formats, today) for meeting, body in open_ones[:MAX_UPCOMING_MEETINGS]
    ]


def find_meeting_to_draft_for(upcoming: Sequence[UpcomingMeeting]) -> UpcomingMeeting | None:
    """Return the first of these meetings to which the reader may submit in time, otherwise the first that still takes
    late contributions."""
    return next(iter(sorted((each for each in upcoming if each.may_draft), key=lambda each: each.is_due)), None)


def list_moved_deadlines(session: ReadSession, convened: MeetingsById) -> list[DeadlineChange]:
    """Return the deadlines moved in the last 30 days, for meetings that are not over, the next meeting first."""
    today = clock.now().date()
    ahead = {meeting.id: (meeting, body) for meeting, body in convened.values() if meeting.closes_on >= today}
    moves = meetings.find_last_deadline_moves(
        session, [meeting for meeting, _ignored in ahead.values()], clock.now() - ONE_MONTH
    )
    moved_meetings = sorted((ahead[key] for key in moves), key=lambda pair: pair[0].opens_on)
    return [build_deadline_change(meeting, body, moves[meeting.id][1]) for meeting, body in moved_meetings]


def _upcoming_meeting(actor: Actor, meeting: Meeting, body: Body, formats: Localizer, today: date) -> UpcomingMeeting:
    due_on = meeting.contributions_due_at.astimezone(ZoneInfo(meeting.zone)).date()
    due_time = formats.format_time_on_day(meeting.contributions_due_at, meeting.zone)
    calendar = [
        (due_on, _("%(what)s, %(time)s", what=_("Contributions due"), time=due_time)),
        (meeting.opens_on, _("The meeting opens")),
        (meeting.closes_on, _("The meeting closes")),
    ]
    dates: list[tuple[date, LazyText | str, str]] = [
        (on, what, "past" if on < today else "") for on, what in calendar if on != today
    ]
    marked = [what for on, what in calendar if on == today]
    dates.append((today, marked[0] if marked else formats.format_short_day(today), "mark"))
    return UpcomingMeeting(
        meeting,
        format_meeting_name(meeting, body),
        localize_title(meeting.place, formats.language),
        sorted(dates, key=lambda entry: entry[0]),
        DRAFT.allows(actor, build_new_contribution_rule_subject(meeting, actor.entity)),
    )
