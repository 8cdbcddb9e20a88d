"""The time of the day, of the current item and of the list of speakers, as the pages of the floor show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.floor import rules
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.localization import Localizer


@dataclass(frozen=True, slots=True)
class ClockOfDay:
    """The time at the place of the meeting, and the second of the day that it shows."""

    words: str
    seconds: int


@dataclass(frozen=True, slots=True)
class FloorTimes:
    """Times of an open session. `used` and `budget` are minutes of the current item,
    `delay` minutes behind the plan, negative if ahead; `list_until` is when all on the list will have spoken. None: not
    known.
    """

    used: int | None
    budget: int | None
    delay: int | None
    list_until: str | None


def read_clock_of_day(meeting: Meeting, moment: datetime, formats: Localizer) -> ClockOfDay:
    """Read the time of the day at the place of a meeting."""
    there = moment.astimezone(ZoneInfo(meeting.zone))
    seconds = there.hour * 3600 + there.minute * 60 + there.second
    return ClockOfDay(formats.format_time_of_day(moment, meeting.zone), seconds)


def build_floor_times(
    meeting: Meeting,
    sitting: Sitting,
    planned: MeetingSession,
    requests: Sequence[FloorRequest],
    items: Sequence[PlannedItem],
    moment: datetime,
    formats: Localizer,
) -> FloorTimes:
    """Build the times of an open session."""
    item = next((each for each in items if each.id == sitting.item_id), None)
    taken = rules.add_item_time(sitting, moment).get(str(sitting.item_id))
    delay = rules.compute_delay(items, sitting, planned.starts_at, moment)
    until = rules.compute_end_of_list(requests, sitting, moment)
    return FloorTimes(
        used=taken // 60 if taken is not None else None,
        budget=item.minutes if item else None,
        delay=None if delay is None else round(delay / timedelta(minutes=1)),
        list_until=formats.format_time_of_day(until, meeting.zone) if until else None,
    )
