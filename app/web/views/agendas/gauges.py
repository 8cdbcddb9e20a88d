"""The sessions of a meeting, each with a gauge of what the released agenda plans for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.core.charts import Gauge, build_gauge
from app.core.i18n import text_direction
from app.domain.agendas.rules.time_plan import SessionLoad
from app.domain.meetings.models import Meeting
from app.web.views.documents.timeline import get_day_in_meeting_zone


@dataclass(frozen=True, slots=True)
class SessionGauge:
    """A session on its day with what is planned for it, and the gauge of that: None if it was cancelled, or if nothing
    is planned for it."""

    load: SessionLoad
    day: date
    gauge: Gauge | None


def build_session_gauges(loads: Iterable[SessionLoad], meeting: Meeting, language: str) -> list[SessionGauge]:
    """Build the gauges of the sessions of a meeting."""
    mirrored = text_direction(language) == "rtl"
    return [
        SessionGauge(
            load, get_day_in_meeting_zone(load.session.starts_at, meeting), build_load_gauge(load, mirrored=mirrored)
        )
        for load in loads
    ]


def build_load_gauge(load: SessionLoad, *, mirrored: bool) -> Gauge | None:
    """Build the gauge of one session; None if it was cancelled, or if nothing is planned for it."""
    if load.session.cancelled or not load.planned_minutes:
        return None
    return build_gauge(load.planned_minutes, load.available_minutes, mirrored=mirrored)
