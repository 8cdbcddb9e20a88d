"""What the released agenda plans for each session of a meeting, against the length of the session."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.core.charts import Gauge, build_gauge
from app.core.i18n import text_direction
from app.domain.agendas.rules.time_plan import resolve_item_sessions
from app.domain.meetings.models import Meeting, MeetingSession
from app.web.views.documents.timeline import get_day_in_meeting_zone

PlannedMinutes = tuple[UUID, UUID | None, UUID | None, int | None]
"""Of an agenda item: its id, that of the item above it, the session it is planned for, its minutes."""


@dataclass(frozen=True, slots=True)
class SessionGauge:
    """A session on its day, the minutes that it has and that are planned for it, and the gauge of them: None if it was
    cancelled, or if nothing is planned for it."""

    session: MeetingSession
    day: date
    planned_minutes: int
    available_minutes: int
    gauge: Gauge | None

    @property
    def minutes_over(self) -> int:
        """The planned minutes that exceed the session."""
        return max(0, self.planned_minutes - self.available_minutes)


def build_session_gauges(
    items: Collection[PlannedMinutes], meeting: Meeting, sessions: Sequence[MeetingSession], language: str
) -> list[SessionGauge]:
    """Build the gauges of the sessions of a meeting; a sub-item without a session counts to that of the item above."""
    planned = _add_up_minutes(items)
    return [
        _build_gauge(each, meeting, planned.get(each.id, 0), mirrored=text_direction(language) == "rtl")
        for each in sessions
    ]


def list_item_starts(items: Collection[PlannedMinutes], sessions: Sequence[MeetingSession]) -> dict[UUID, datetime]:
    """Return when each item begins that is planned for a session that takes place. `items` are from the top."""
    free_from = {each.id: each.starts_at for each in sessions if not each.cancelled}
    chosen = resolve_item_sessions((item, parent, session) for item, parent, session, _minutes in items)
    starts: dict[UUID, datetime] = {}
    for item, _parent, _session, minutes in items:
        session = chosen[item]
        if session in free_from:
            starts[item] = free_from[session]
            free_from[session] += timedelta(minutes=minutes or 0)
    return starts


def _add_up_minutes(items: Collection[PlannedMinutes]) -> Mapping[UUID | None, int]:
    planned: dict[UUID | None, int] = {}
    chosen = resolve_item_sessions((item, parent, session) for item, parent, session, _minutes in items)
    for item, _parent, _session, minutes in items:
        planned[chosen[item]] = planned.get(chosen[item], 0) + (minutes or 0)
    return planned


def _build_gauge(session: MeetingSession, meeting: Meeting, planned: int, *, mirrored: bool) -> SessionGauge:
    available = int((session.ends_at - session.starts_at).total_seconds()) // 60
    gauge = build_gauge(planned, available, mirrored=mirrored) if planned and not session.cancelled else None
    return SessionGauge(session, get_day_in_meeting_zone(session.starts_at, meeting), planned, available, gauge)
