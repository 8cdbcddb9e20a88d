"""Meetings and agendas: deadlines to the second, and no edit lost."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.errors import Conflict, Forbidden, Unacceptable, Unknown
from app.domain.meetings import actions, queries, rules
from app.domain.meetings.inputs import ItemTitle, NewMeeting
from app.domain.meetings.models import AgendaItem, Meeting
from tests.world import World


def titles(world: World, meeting: Meeting) -> list[str]:
    with world.acting("laurent") as (session, _):
        return [item.titles["en"] for item in queries.agenda(session, meeting)]


def test_contributions_are_due_at_the_last_second_of_the_twelfth_day_before_in_the_meetings_zone() -> None:
    new = NewMeeting(number=22, place="Geneva", zone="Europe/Zurich", opens_on="2027-02-08", closes_on="2027-02-10")

    assert new.due_at(12).astimezone(UTC) == datetime(2027, 1, 27, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "passed"),
    [("2027-01-27T22:59:59.000000", False), ("2027-01-27T22:59:59.999999", False), ("2027-01-27T23:00:00", True)],
)
def test_a_deadline_is_the_end_of_its_last_second(moment: str, passed: bool) -> None:
    deadline = datetime(2027, 1, 27, 22, 59, 59, tzinfo=UTC)

    assert rules.has_passed(deadline, datetime.fromisoformat(moment).replace(tzinfo=UTC)) is passed


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
def test_only_an_upload_under_way_at_the_deadline_gets_the_grace(
    uploads: list[tuple[int, int]], now: int, in_time: bool
) -> None:
    due = clock.now() - timedelta(minutes=now)
    meeting = Meeting(contributions_due_at=due)
    instants = [(due + timedelta(minutes=began), due + timedelta(minutes=whole)) for began, whole in uploads]

    assert rules.is_in_time(meeting, instants, timedelta(minutes=30)) is in_time


def test_two_chairs_edit_at_once_and_the_second_is_told(world: World) -> None:
    meeting = world.meeting()
    world.item(meeting, "Opening")
    with world.acting("laurent") as (session, actor):
        seen = session.get_one(Meeting, meeting.id).agenda_version
        actions.add_item(session, actor, meeting, ItemTitle(title="Mine"), "en", version=seen)

    with pytest.raises(Conflict, match="Somebody changed"), world.acting("layla") as (session, actor):
        actions.add_item(session, actor, meeting, ItemTitle(title="Theirs"), "en", version=seen)

    assert titles(world, meeting) == ["Opening", "Mine"]


def test_items_move_and_close_the_gap_of_one_that_was_removed(world: World) -> None:
    meeting = world.meeting()
    items = [world.item(meeting, title) for title in ("One", "Two", "Three")]

    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        third = session.get_one(AgendaItem, items[2].id)
        actions.move_item(session, actor, there, third, up=True, version=there.agenda_version)
    assert titles(world, meeting) == ["One", "Three", "Two"]

    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        first = session.get_one(AgendaItem, items[0].id)
        actions.remove_item(session, actor, there, first, version=there.agenda_version)
    with world.acting("laurent") as (session, _):
        assert [(item.position, item.titles["en"]) for item in queries.agenda(session, meeting)] == [
            (1, "Three"),
            (2, "Two"),
        ]


def test_a_document_stands_under_one_item_and_can_be_put_under_another(world: World) -> None:
    meeting = world.meeting()
    first, second = world.item(meeting, "First"), world.item(meeting, "Second")
    _, document = world.registered(meeting)

    for item in (first, second):
        with world.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            actions.allocate(session, actor, there, document, item, version=there.agenda_version)

    with world.acting("amina") as (session, _):
        assert queries.allocations(session, meeting) == {document.id: second.id}


def test_a_document_of_another_meeting_is_not_taken_off_its_agenda_from_here(world: World) -> None:
    here, elsewhere = world.meeting(), world.meeting(number=23)
    _, document = world.registered(elsewhere)

    with pytest.raises(Unknown), world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, here.id)
        actions.take_off(session, actor, there, document, version=there.agenda_version)


def test_an_item_with_documents_is_not_removed(world: World) -> None:
    meeting = world.meeting()
    item = world.item(meeting)
    _, document = world.registered(meeting)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        actions.allocate(session, actor, there, document, item, version=there.agenda_version)

    with pytest.raises(Conflict, match="Documents stand under"), world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        actions.remove_item(session, actor, there, session.get_one(AgendaItem, item.id), version=there.agenda_version)


@pytest.mark.parametrize("who", ["amina", "joseph", "olga", "chen"])
def test_only_chairs_and_the_secretariat_keep_the_agenda(world: World, who: str) -> None:
    meeting = world.meeting()

    with pytest.raises(Forbidden), world.acting(who) as (session, actor):
        actions.add_item(session, actor, meeting, ItemTitle(title="Mine"), "en", version=0)


def test_a_number_of_a_meeting_is_taken_once(world: World) -> None:
    world.meeting(number=22)

    with pytest.raises(Unacceptable, match="already"):
        world.meeting(number=22)
