"""What is counted of the contributions of a meeting: what the actor may see, each once, and for whom."""

import pytest

from app.core.errors import Forbidden
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import get_today_at_meeting
from app.domain.statistics.queries import (
    Dimension,
    MeetingCounts,
    RegionOfStates,
    count_registered_by_day,
    list_states,
    load_contribution_figures,
)
from tests.document_history import void_document, withdraw_document
from tests.world import World


def count(world: World, meeting: Meeting, *, by: str = "ines") -> MeetingCounts:
    with world.acting(by) as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        return load_contribution_figures(session, actor, there, None).counts[meeting.id]


def list_contributing(world: World, meeting: Meeting, *, by: str = "ines") -> list[str]:
    with world.acting(by) as (session, actor):
        rows = list_states(session, actor, session.get_one(Meeting, meeting.id))
    return [code for code, _region, is_contributing in rows if is_contributing]


def test_contributions_count_by_day_region_topic_language_and_punctuality(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    world.submitted(meeting, topics=("spam", "privacy"))
    world.registered(meeting, topics=("spam",))
    world.registered(meeting, by="rafael")
    world.submitted(other)

    counts = count(world, meeting)

    assert counts.total == 3
    assert counts.by_day == {get_today_at_meeting(meeting): 3}
    assert counts.by[Dimension.REGION] == {"A": 1, "D": 2}
    assert counts.by[Dimension.TOPIC] == {"spam": 2, "privacy": 1}
    assert counts.by[Dimension.LANGUAGE] == {"en": 3}
    assert counts.by[Dimension.PUNCTUALITY] == {"on-time": 3}


def test_what_is_no_arrival_does_not_count(world: World) -> None:
    meeting = world.meeting()
    world.draft(meeting)
    world.returned(meeting)
    for end in (withdraw_document, void_document):
        end(world, world.registered(meeting)[1])
    world.revised(world.registered(meeting)[1], "Another text.")
    over = world.meeting(opens_in=1, number=21)
    world.held(over)
    world.submitted(over)

    assert count(world, meeting).total == 1
    assert count(world, over).by[Dimension.PUNCTUALITY] == {"late": 1}


def test_a_chair_counts_what_is_registered_and_what_came_late(world: World) -> None:
    meeting, over = world.meeting(), world.meeting(opens_in=1, number=21)
    world.submitted(meeting)
    world.registered(meeting, by="rafael")
    world.submitted(over)

    assert (count(world, meeting).total, count(world, meeting, by="laurent").total) == (2, 1)
    assert count(world, over, by="laurent").total == 1
    assert list_contributing(world, meeting) == ["BRA", "KEN"]
    assert list_contributing(world, meeting, by="laurent") == ["BRA"]


def test_a_cosponsor_counts_among_the_states_once_it_has_signed(world: World) -> None:
    meeting = world.meeting()
    world.submitted(meeting, asking="JPN")
    world.registered_with_cosponsor(meeting)

    assert list_contributing(world, meeting) == ["BRA", "KEN"]
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        regions = load_contribution_figures(session, actor, there, None).regions
    assert sum(region.states for region in regions) == 194
    assert [region for region in regions if region.contributing] == [
        RegionOfStates("A", next(each.states for each in regions if each.region == "A"), 1),
        RegionOfStates("D", next(each.states for each in regions if each.region == "D"), 1),
    ]


def test_everybody_in_the_group_counts_what_is_registered(world: World) -> None:
    meeting, before = world.meeting(), world.meeting(number=21)
    world.submitted(meeting)
    withdraw_document(world, world.registered(meeting)[1])
    world.registered(meeting, by="rafael")
    world.registered(before)

    def count_registered(by: str) -> list[int]:
        with world.acting(by) as (session, actor):
            meetings = [session.get_one(Meeting, each.id) for each in (meeting, before)]
            counts = count_registered_by_day(session, actor, meetings)
        return [sum(counts[each.id].values()) for each in (meeting, before)]

    for by in ("amina", "joseph", "haruka", "ines"):
        assert count_registered(by) == [1, 1]
    for by in ("wambui", "chen", "marc"):  # without a seat
        assert count_registered(by) == [0, 0]


@pytest.mark.parametrize("by", ["amina", "joseph", "haruka", "olga", "daniel"])
def test_no_one_else_counts(world: World, by: str) -> None:
    """Daniel is a secretary too, of another group."""
    meeting = world.parent_meeting() if by == "daniel" else world.meeting()
    with pytest.raises(Forbidden), world.acting(by) as (session, actor):
        list_states(session, actor, session.get_one(Meeting, meeting.id))
    with pytest.raises(Forbidden):
        count(world, meeting, by=by)
