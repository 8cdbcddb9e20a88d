"""The plan of one session: when its items begin, and when they will with the present delay."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.meetings.models import Meeting, MeetingSession
from app.web.views.floor.session_plan import FloorAgendaItem, SessionPlan, build_session_plan

STARTS = datetime(2027, 2, 8, 9, 30, tzinfo=UTC)
MEETING = Meeting(zone="UTC")
SESSION = MeetingSession(id=uuid4(), starts_at=STARTS, ends_at=STARTS + timedelta(hours=3))
FIRST, SECOND, PART, THIRD, OTHER = (uuid4() for _ in range(5))
ITEMS = {
    key: FloorAgendaItem(key, number, "A title", None)
    for key, number in ((FIRST, "1"), (SECOND, "2"), (PART, "2.1"), (THIRD, "3"), (OTHER, "4"))
}
PLANNED = [
    PlannedItem(FIRST, None, SESSION.id, 15),
    PlannedItem(SECOND, None, SESSION.id, 30),
    PlannedItem(PART, SECOND, SESSION.id, None),
    PlannedItem(THIRD, None, SESSION.id, 60),
    PlannedItem(OTHER, None, uuid4(), 60),
]


def plan(current: UUID | None = None, delay: int | None = None) -> SessionPlan:
    return build_session_plan(MEETING, SESSION, ITEMS, PLANNED, current=current, delay=delay)


def test_items_begin_one_after_the_other_and_a_sub_item_without_minutes_has_no_hour() -> None:
    hours = [(line.item.number, line.hour and f"{line.hour:%H:%M}") for line in plan().lines]

    assert hours == [("1", "09:30"), ("2", "09:45"), ("2.1", None), ("3", "10:15")]
    assert not any(line.is_current or line.is_over or line.expected for line in plan().lines)


def test_what_follows_the_current_item_is_expected_as_late_as_the_session_is() -> None:
    lines = plan(current=SECOND, delay=6).lines

    assert [(line.is_over, line.is_current) for line in lines[:3]] == [(True, False), (False, True), (False, False)]
    assert [line.expected and f"{line.expected:%H:%M}" for line in lines] == [None, None, None, "10:21"]
    assert [line.expected for line in plan(current=SECOND, delay=0).lines] == [None] * 4
