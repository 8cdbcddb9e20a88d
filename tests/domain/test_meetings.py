"""Meetings: deadlines to the second, and unique meeting numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.errors import BadRequest
from app.domain.meetings import rules
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from tests.world import World


def test_contributions_are_due_at_the_end_of_the_twelfth_day_before_in_the_meetings_zone() -> None:
    new = NewMeeting(number=22, place="Geneva", zone="Europe/Zurich", opens_on="2027-02-08", closes_on="2027-02-10")

    assert new.compute_deadline(12).astimezone(UTC) == datetime(2027, 1, 27, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "passed"),
    [("2027-01-27T22:59:59.000000", False), ("2027-01-27T22:59:59.999999", False), ("2027-01-27T23:00:00", True)],
)
def test_a_deadline_is_the_end_of_its_last_second(moment: str, passed: bool) -> None:
    deadline = datetime(2027, 1, 27, 22, 59, 59, tzinfo=UTC)

    assert rules.has_deadline_passed(deadline, datetime.fromisoformat(moment).replace(tzinfo=UTC)) is passed


@pytest.mark.parametrize(
    ("uploads", "now", "in_time"),
    [
        ([], -1, True),
        ([(-1, 5)], 20, True),
        ([(-1, 5)], 31, False),
        ([(1, 2)], 3, False),
        ([(-600, -599)], 2, False),
        ([(-1, 5), (1, 2)], 6, False),
        ([(-600, -599), (-1, 5)], 6, True),
    ],
    ids=["before", "under-way", "after-grace", "begun-late", "old-file", "one-begun-late", "old-and-under-way"],
)
def test_only_an_upload_in_progress_at_the_deadline_gets_the_grace_period(
    uploads: list[tuple[int, int]], now: int, in_time: bool
) -> None:
    due = clock.now() - timedelta(minutes=now)
    meeting = Meeting(contributions_due_at=due)
    instants = [
        (due + timedelta(minutes=start_minute), due + timedelta(minutes=end_minute))
        for start_minute, end_minute in uploads
    ]

    assert rules.is_submission_in_time(meeting, instants, timedelta(minutes=30)) is in_time


def test_a_meeting_number_is_used_once(world: World) -> None:
    world.meeting(number=22)

    with pytest.raises(BadRequest, match="already"):
        world.meeting(number=22)
