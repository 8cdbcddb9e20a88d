"""What a chair steers by: the time of items against the plan, limits of each State on an item, steps, presented
documents, and who follows the floor."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.floor import queries, rules
from app.domain.floor.actions import calling, item_steps, presence, speakers_list
from app.domain.floor.actions import session as actions
from app.domain.floor.inputs import ChairFloorRequestInput, ItemStepInput, PresentationInput, SpeakingLimitInput
from app.domain.floor.models import FloorRequest, ItemStep, Sitting
from app.domain.meetings.models import Meeting
from tests.domain.test_floor import OpenSession, find_second_item, open_session
from tests.world import World

NINE = datetime(2027, 2, 9, 9, tzinfo=UTC)
MORNING, AFTERNOON, FIRST, SECOND = (uuid4() for _ in range(4))
PLAN = [
    PlannedItem(FIRST, None, MORNING, 30),
    PlannedItem(uuid4(), None, AFTERNOON, 60),
    PlannedItem(SECOND, None, MORNING, 90),
]


@pytest.fixture
def floor(world: World) -> OpenSession:
    return open_session(world)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def sit(item: UUID, since: float, **more: object) -> Sitting:
    return Sitting(session_id=MORNING, item_id=item, item_since=at(since), **more)


@pytest.mark.parametrize(
    ("sitting", "now", "minutes"),
    [
        (sit(FIRST, 0), 10, 0),
        (sit(FIRST, 0), 36, 6),  # it should have ended
        (sit(SECOND, 36), 102, 6),  # 66 of 90 minutes taken; it began six minutes late
        (sit(SECOND, 20), 30, -10),
        (sit(SECOND, 100, item_seconds={str(SECOND): 30 * 60}), 110, 40),  # half an hour of it was before
        (sit(uuid4(), 0), 10, None),
        (sit(PLAN[1].id, 0), 10, None),  # planned in another session
        (sit(FIRST, -1_440), -1_440, None),  # held on the day before
    ],
)
def test_the_delay_is_the_expected_end_of_the_item_against_its_planned_end(
    sitting: Sitting, now: float, minutes: float | None
) -> None:
    delay = rules.compute_delay(PLAN, sitting, NINE, at(now))

    assert delay == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("standings", "limit", "seconds"),
    [
        ([("speaking", 180, 60), ("waiting", None, 0), ("waiting", None, 0)], 180, 120 + 360),
        ([("speaking", 180, 200), ("waiting", None, 0)], 180, 180),
        ([("speaking", 180, 60)], 180, None),  # no one is on the list
        ([("waiting", None, 0)], None, None),  # no limit
        ([("interrupted", 240, 60), ("done", 180, 100), ("withdrawn", None, 0)], 180, 180),
    ],
)
def test_the_list_ends_when_each_has_used_its_time(
    standings: Sequence[tuple[str, int | None, float]], limit: int | None, seconds: float | None
) -> None:
    requests = [
        FloorRequest(standing=standing, limit_seconds=own, ran_seconds=ran, runs_since=None)
        for standing, own, ran in standings
    ]

    end = rules.compute_end_of_list(requests, Sitting(limit_seconds=limit), NINE)

    assert end == (None if seconds is None else NINE + timedelta(seconds=seconds))


def test_the_time_of_an_item_adds_up_while_it_is_taken_up(floor: OpenSession) -> None:
    first = floor.get_sitting().item_id
    with clock.shifted_clock(timedelta(minutes=20)):
        floor.act_as_chair(actions.go_to_item, find_second_item(floor))
    with clock.shifted_clock(timedelta(minutes=25)):
        floor.act_as_chair(actions.go_to_item, first)
        taken = rules.add_item_time(floor.get_sitting(), clock.now() + timedelta(minutes=5))

    assert taken[str(first)] == pytest.approx(25 * 60, abs=10)
    assert taken[str(find_second_item(floor))] == pytest.approx(5 * 60, abs=10)


def limit_item(floor: OpenSession, **limits: float) -> None:
    floor.act_as_chair(calling.set_speaking_limit, SpeakingLimitInput(minutes=3, **limits))


def speak(floor: OpenSession, who: str, seconds: float) -> None:
    floor.ask_for_floor(who)
    floor.give_floor()
    with clock.shifted_clock(timedelta(seconds=seconds)):
        floor.act_as_chair(calling.end_statement)


def test_who_has_made_all_statements_on_the_item_speaks_only_if_the_chair_adds_it(floor: OpenSession) -> None:
    limit_item(floor, statements=1)
    speak(floor, "amina", 10)

    with pytest.raises(Conflict, match="has made all the statements"):
        floor.ask_for_floor("amina")
    floor.ask_for_floor("rafael")
    floor.act_as_chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="KEN"))
    assert floor.list_waiting() == ["BRA", "KEN"]


def test_a_statement_is_as_long_as_the_time_that_the_state_has_left_on_the_item(floor: OpenSession) -> None:
    limit_item(floor, state_minutes=4)
    speak(floor, "amina", 150)
    floor.ask_for_floor("amina")
    floor.give_floor()

    with transaction(floor.world.read) as session:
        speaker = queries.find_request_with_floor(queries.list_floor_requests(session, floor.get_sitting()))
        assert speaker
        assert speaker.limit_seconds == pytest.approx(90, abs=30)
    with clock.shifted_clock(timedelta(seconds=120)):
        floor.act_as_chair(calling.end_statement)
        with pytest.raises(Conflict, match="has used all the speaking time"):
            floor.ask_for_floor("amina")


def test_another_item_begins_without_limits_of_its_own(floor: OpenSession) -> None:
    limit_item(floor, statements=1, state_minutes=4)
    speak(floor, "amina", 10)
    floor.act_as_chair(actions.go_to_item, find_second_item(floor))

    floor.ask_for_floor("amina")

    sitting = floor.get_sitting()
    assert (sitting.limit_seconds, sitting.state_statements, sitting.state_seconds) == (180, None, None)


def test_an_item_goes_through_its_steps_and_the_next_one_begins_at_the_first(floor: OpenSession) -> None:
    assert floor.get_sitting().step == ItemStep.INTRODUCTION

    floor.act_as_chair(item_steps.take_item_step, ItemStepInput(step=ItemStep.CONCLUSION))
    assert floor.get_sitting().step == ItemStep.CONCLUSION

    floor.act_as_chair(actions.go_to_item, find_second_item(floor))
    assert floor.get_sitting().step == ItemStep.INTRODUCTION


def test_a_document_of_the_item_is_presented_until_the_next_item(world: World) -> None:
    meeting = world.meeting()
    first, _ = world.item(meeting, "First"), world.item(meeting, "Second")
    _, paper = world.registered(meeting)
    _, other = world.registered(meeting, by="rafael")
    world.allocated(meeting, paper, first)
    world.agenda_released(meeting)
    world.sitting(meeting, first)
    floor = OpenSession(world, meeting)

    with pytest.raises(NotFound):
        floor.act_as_chair(item_steps.present_document, PresentationInput(document=other.id))
    floor.act_as_chair(item_steps.present_document, PresentationInput(document=paper.id))
    assert floor.get_sitting().presented_id == paper.id

    floor.act_as_chair(actions.go_to_item, find_second_item(floor))
    assert floor.get_sitting().presented_id is None


def test_each_person_counts_once_for_a_minute_and_is_forgotten_when_the_session_closes(floor: OpenSession) -> None:
    def come(*names: str) -> None:
        for who in names:
            with floor.world.acting(who) as (session, actor):
                presence.note_presence(session, actor, floor.meeting)

    def count() -> int:
        with transaction(floor.world.read) as session:
            return queries.count_connected_people(session, session.get_one(Meeting, floor.meeting.id))

    come("amina", "rafael", "amina")
    with pytest.raises(Forbidden):
        come("olga")
    assert count() == 2
    with clock.shifted_clock(timedelta(seconds=80)):
        assert count() == 0
        come("amina")
        assert count() == 1
        floor.act_as_chair(actions.close_meeting_session)
        assert count() == 0
