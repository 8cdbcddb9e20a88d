"""The last act of the chair on the floor is undone within a minute, unless something happened since."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden
from app.core.journal import JournalLine
from app.domain.floor import queries
from app.domain.floor.actions import calling, item_steps, speakers_list, undo
from app.domain.floor.actions import session as actions
from app.domain.floor.actions.last_act import FloorSnapshot, take_floor_snapshot
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorRequestMoveInput,
    ItemStepInput,
    ListReasonInput,
    SpeakersListClosingInput,
    SpeakingLimitInput,
)
from app.domain.floor.models import FloorRequestKind, ItemStep
from app.domain.meetings.models import Meeting
from app.web.views.reports.facts import collect_meeting_facts
from tests.domain.test_floor import OpenSession, find_second_item, open_session
from tests.world import World

Act = Callable[[OpenSession], object]


@pytest.fixture
def floor(world: World) -> OpenSession:
    """Kenya speaks; Brazil and Japan wait."""
    opened = open_session(world)
    for who in ("amina", "rafael", "haruka"):
        opened.ask_for_floor(who)
    opened.give_floor()
    return opened


def take_snapshot(floor: OpenSession) -> FloorSnapshot:
    with transaction(floor.world.read) as session:
        sitting = floor.get_sitting()
        return take_floor_snapshot(sitting, queries.list_floor_requests(session, sitting))


def undo_act(floor: OpenSession, by: str = "laurent", version: int | None = None) -> None:
    floor.act_as_chair(undo.undo_last_act, by=by, version=version)


def is_undo_offered(floor: OpenSession, version: int | None = None) -> bool:
    with transaction(floor.world.read) as session:
        sitting = floor.get_sitting()
        requests = queries.list_floor_requests(session, sitting)
        act = queries.find_undoable_act(sitting, requests, clock.now())
        return act is not None and version in (None, act.version)


def chair(verb: Callable[..., object], *args: Any) -> Act:
    return lambda floor: floor.act_as_chair(verb, *args)


def on_request(verb: Callable[..., object], entity: str, *args: Any) -> Act:
    """The act of the chair on the request of a State."""

    def act(floor: OpenSession) -> None:
        with transaction(floor.world.read) as session:
            requests = queries.list_floor_requests(session, floor.get_sitting())
            request = next(each.id for each in requests if each.entity == entity)
        floor.act_as_chair(verb, request, *args)

    return act


def go_to_second_item(floor: OpenSession) -> None:
    floor.act_as_chair(actions.go_to_item, find_second_item(floor))


def interrupt_by_point_of_order(floor: OpenSession) -> None:
    floor.ask_for_floor("rafael", FloorRequestKind.POINT_OF_ORDER)


def empty_list(floor: OpenSession) -> None:
    for who, entity in (("rafael", "BRA"), ("haruka", "JPN")):
        withdraw(floor, who, entity)


def withdraw(floor: OpenSession, who: str, entity: str) -> None:
    with floor.acting(who) as (session, actor, meeting):
        requests = queries.list_floor_requests(session, floor.get_sitting())
        request = max((each for each in requests if each.entity == entity), key=lambda each: each.number).id
        speakers_list.withdraw_floor_request(session, actor, meeting, request)


def act_as_version_before(floor: OpenSession) -> None:
    """Such a portal does not know what can be undone."""
    with floor.acting("laurent") as (session, _, meeting):
        sitting = queries.find_open_sitting(session, meeting)
        assert sitting
        sitting.version += 1


ITEM_LIMITS = SpeakingLimitInput(minutes=3, statements=1, state_minutes=5)
TO_SUMMING_UP = ItemStepInput(step=ItemStep.SUMMING_UP)
give = OpenSession.give_floor
end = chair(calling.end_statement)
decline_brazil = on_request(speakers_list.decline_floor_request, "BRA", ListReasonInput())
move_brazil = on_request(speakers_list.move_floor_request, "BRA", FloorRequestMoveInput(other_reason="As agreed."))
close_list = chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput())
reopen_list = chair(speakers_list.reopen_speakers_list)


@pytest.mark.parametrize(
    ("before", "act"),
    [
        pytest.param(None, give, id="give the floor, which ends a statement"),
        pytest.param(interrupt_by_point_of_order, give, id="give the floor, which interrupts a statement"),
        pytest.param(None, end, id="end a statement"),
        pytest.param(None, decline_brazil, id="take a delegation off the list"),
        pytest.param(None, move_brazil, id="move a delegation"),
        pytest.param(None, close_list, id="close the list"),
        pytest.param(close_list, reopen_list, id="reopen the list"),
        pytest.param(empty_list, go_to_second_item, id="move to another item"),
        pytest.param(None, chair(calling.set_speaking_limit, SpeakingLimitInput(minutes=2)), id="set the limit"),
        pytest.param(None, chair(calling.set_speaking_limit, ITEM_LIMITS), id="set the limits of an item"),
        pytest.param(None, on_request(calling.give_floor, "JPN"), id="give the floor to the second on the list"),
        pytest.param(None, chair(item_steps.take_item_step, TO_SUMMING_UP), id="go on to another step"),
        pytest.param(None, chair(calling.stop_speaker_clock), id="stop the clock"),
        pytest.param(None, chair(calling.extend_speaking_time), id="add a minute"),
    ],
)
def test_an_undone_act_leaves_the_floor_as_it_was(floor: OpenSession, before: Act | None, act: Act) -> None:
    if before:
        before(floor)
    as_it_was = take_snapshot(floor)
    with clock.shifted_clock(timedelta(seconds=5)):
        act(floor)
        assert take_snapshot(floor) != as_it_was

    with clock.shifted_clock(timedelta(seconds=50)):
        undo_act(floor)

    assert take_snapshot(floor) == as_it_was


def test_a_delegation_that_the_chair_added_is_withdrawn(floor: OpenSession) -> None:
    floor.act_as_chair(
        speakers_list.put_on_speakers_list,
        ChairFloorRequestInput(entity="BRA", kind=FloorRequestKind.POINT_OF_ORDER),
    )
    assert floor.list_waiting() == ["BRA", "BRA", "JPN"]

    undo_act(floor)

    assert floor.list_waiting() == ["BRA", "JPN"]
    assert floor.list_requests()[-1] == ("BRA", "point_of_order", "withdrawn")


def test_after_a_minute_an_act_stays(floor: OpenSession) -> None:
    decline_brazil(floor)
    assert is_undo_offered(floor)

    with clock.shifted_clock(timedelta(seconds=61)):
        assert not is_undo_offered(floor)
        with pytest.raises(Conflict, match="can no longer be undone"):
            undo_act(floor)

    assert floor.list_waiting() == ["JPN"]


@pytest.mark.parametrize(
    ("act", "later"),
    [
        pytest.param(decline_brazil, end, id="another act of the chair"),
        pytest.param(decline_brazil, undo_act, id="the undo itself"),
        pytest.param(decline_brazil, lambda floor: floor.ask_for_floor("rafael"), id="the delegation asked again"),
        pytest.param(move_brazil, lambda floor: withdraw(floor, "rafael", "BRA"), id="the delegation withdrew"),
        pytest.param(
            chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="KEN")),
            lambda floor: floor.ask_for_floor("amina"),
            id="the delegation that was added asked itself",
        ),
        pytest.param(
            lambda floor: (empty_list(floor), go_to_second_item(floor)),
            lambda floor: floor.ask_for_floor("haruka"),
            id="a delegation asked under the new item",
        ),
        pytest.param(decline_brazil, act_as_version_before, id="an act with a portal of the version before"),
        pytest.param(end, chair(actions.close_meeting_session), id="the session was closed"),
    ],
)
def test_an_act_stays_if_something_else_happened_since(floor: OpenSession, act: Act, later: Act) -> None:
    act(floor)
    version = floor.get_sitting().version
    assert is_undo_offered(floor)

    later(floor)
    with transaction(floor.world.read) as session:
        is_open = queries.find_open_sitting(session, session.get_one(Meeting, floor.meeting.id)) is not None
    as_it_is = take_snapshot(floor) if is_open else None

    with pytest.raises(Conflict):
        undo_act(floor, version=version)
    if is_open:
        assert not is_undo_offered(floor, version)
        assert take_snapshot(floor) == as_it_is


def test_what_other_delegations_do_meanwhile_prevents_nothing(floor: OpenSession) -> None:
    decline_brazil(floor)
    floor.ask_for_floor("amina")
    withdraw(floor, "haruka", "JPN")

    undo_act(floor)

    assert floor.list_waiting() == ["BRA", "KEN"]


@pytest.mark.parametrize(
    ("act", "later", "waiting"),
    [
        pytest.param(
            decline_brazil,
            lambda floor: (floor.ask_for_floor("rafael"), withdraw(floor, "rafael", "BRA")),
            ["BRA", "JPN"],
            id="it asked again and withdrew",
        ),
        pytest.param(
            decline_brazil, interrupt_by_point_of_order, ["BRA", "BRA", "JPN"], id="it raised a point of order"
        ),
        pytest.param(
            give,
            lambda floor: floor.ask_for_floor("amina"),
            ["BRA", "JPN", "KEN"],
            id="it asked again after its statement",
        ),
    ],
)
def test_what_the_delegation_itself_does_prevents_nothing_that_leaves_it_on_the_list_once(
    floor: OpenSession, act: Act, later: Act, waiting: list[str]
) -> None:
    act(floor)
    later(floor)

    undo_act(floor)

    assert floor.list_waiting() == waiting


def test_who_asked_meanwhile_stays_behind_those_who_had_asked_before(floor: OpenSession) -> None:
    floor.give_floor()
    floor.ask_for_floor("amina")
    on_request(speakers_list.move_floor_request, "JPN", FloorRequestMoveInput(other_reason="As agreed."))(floor)
    floor.ask_for_floor("rafael")
    assert floor.list_waiting() == ["KEN", "JPN", "BRA"]

    undo_act(floor)

    assert floor.list_waiting() == ["JPN", "KEN", "BRA"]


def test_an_act_is_undone_by_those_who_may_conduct_the_session_only(floor: OpenSession) -> None:
    decline_brazil(floor)
    for who in ("amina", "olga"):
        with pytest.raises(Forbidden):
            undo_act(floor, by=who)
    assert floor.list_waiting() == ["JPN"]

    undo_act(floor, by="layla")

    assert floor.list_waiting() == ["BRA", "JPN"]


def test_an_undone_call_out_of_order_leaves_the_order_as_it_was(floor: OpenSession) -> None:
    on_request(calling.give_floor, "JPN")(floor)
    undo_act(floor)

    assert floor.list_waiting() == ["BRA", "JPN"]
    assert floor.list_moves() == [("JPN", 2, 1, "not-given"), ("JPN", 1, 2, "")]


def test_the_journal_says_what_was_undone_and_the_report_leaves_it_out(floor: OpenSession) -> None:
    first, second = floor.get_sitting().item_id, find_second_item(floor)
    assert first
    move_brazil(floor)
    undo_act(floor)
    on_request(speakers_list.move_floor_request, "BRA", FloorRequestMoveInput())(floor)
    empty_list(floor)
    go_to_second_item(floor)
    undo_act(floor)
    close_list(floor)
    closed_at = floor.get_sitting().list_closes_at
    reopen_list(floor)
    undo_act(floor)

    with transaction(floor.world.read) as session:
        meeting = session.get_one(Meeting, floor.meeting.id)
        undone = session.scalars(
            select(JournalLine).where(JournalLine.event == "floor:undone").order_by(JournalLine.seq)
        ).all()
        assert [line.facts["what"] for line in undone] == ["floor:moved", "sitting:item", "floor:list"]
        facts = collect_meeting_facts(session, meeting, [first, second])
        assert facts.by_item[first].reorder_reasons == []
        assert facts.by_item[first].list_closed_at == closed_at
        assert second not in facts.by_item
