"""The floor: who gets it when, what the clock counts, and that nothing is lost when two act at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import make_url, select

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.pubsub import NOTIFY_CHANNEL
from app.core.validation import ReasonInput
from app.domain.decisions import queries as decisions
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import Decision, DecisionCorrection, DecisionPosition
from app.domain.floor import queries, rules
from app.domain.floor.actions import calling, speakers_list
from app.domain.floor.actions import session as actions
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorMoveInput,
    FloorRequestInput,
    ListClosingInput,
    SpeakingLimitInput,
)
from app.domain.floor.models import FloorRequest, FloorRequestKind, FloorRequestStatus, Sitting
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from tests.world import World

P, F, R = FloorRequestKind.POINT_OF_ORDER, FloorRequestKind.FLOOR, FloorRequestKind.RIGHT_OF_REPLY
W, S, I, D = (  # noqa: E741 - the initials of the four states
    FloorRequestStatus.WAITING,
    FloorRequestStatus.SPEAKING,
    FloorRequestStatus.INTERRUPTED,
    FloorRequestStatus.DONE,
)
NOON = datetime(2027, 2, 9, 12, tzinfo=UTC)


def request(entity: str, kind: str, standing: str, place: int, **more: object) -> FloorRequest:
    return FloorRequest(id=uuid4(), entity=entity, kind=kind, standing=standing, place=place, **more)


@pytest.mark.parametrize(
    ("there", "called"),
    [
        ([("A", F, W, 1), ("B", F, W, 2)], "AB"),
        ([("A", F, W, 2), ("B", F, W, 1)], "BA"),
        ([("A", F, W, 1), ("B", P, W, 1)], "BA"),
        ([("A", R, W, 1), ("B", F, W, 9)], "BA"),
        ([("A", F, W, 1), ("B", F, I, 7), ("C", P, W, 1)], "CBA"),
        ([("A", F, S, 1), ("B", F, D, 2), ("C", F, W, 3)], "C"),
        ([("A", P, W, 2), ("B", P, W, 1), ("C", R, W, 1), ("D", F, W, 1)], "BADC"),
    ],
)
def test_the_floor_is_given_by_rule(there: list[tuple[str, str, str, int]], called: str) -> None:
    assert "".join(each.entity for each in rules.sort_waiting_requests([request(*each) for each in there])) == called


@pytest.mark.parametrize(
    ("kind", "closed", "waiting", "heard", "may"),
    [
        (F, False, 0, 0, True),
        (F, False, 3, 1, True),
        (F, True, 3, 1, False),
        (P, False, 3, 1, True),
        (P, True, 0, 0, True),
        (R, False, 0, 0, False),  # to what?
        (R, False, 1, 2, False),
        (R, False, 0, 1, True),
        (R, True, 2, 0, True),
    ],
)
def test_what_may_be_asked_for(kind: FloorRequestKind, closed: bool, waiting: int, heard: int, may: bool) -> None:
    objection = rules.find_asking_objection(kind, closed=closed, waiting=waiting, statements=heard)

    assert (objection is None) is may


@pytest.mark.parametrize(("closes_in", "closed"), [(None, False), (60, False), (0.001, False), (0, True), (-60, True)])
def test_the_list_closes_at_its_instant(closes_in: float | None, closed: bool) -> None:
    closes_at = None if closes_in is None else NOON + timedelta(seconds=closes_in)

    assert rules.is_list_closed(closes_at, NOON) is closed


@pytest.mark.parametrize(
    ("ran", "runs_for", "seconds"), [(0, None, 0), (12.5, None, 12.5), (0, 30, 30), (12.5, 30, 42.5), (5, -1, 5)]
)
def test_the_clock_counts_while_it_runs(ran: float, runs_for: int | None, seconds: float) -> None:
    since = None if runs_for is None else NOON - timedelta(seconds=runs_for)

    assert rules.seconds_spoken(FloorRequest(ran_seconds=ran, runs_since=since), NOON) == seconds


class Session:
    """A session that sits, and short words for what is done there."""

    def __init__(self, world: World, meeting: Meeting) -> None:
        self.world, self.meeting = world, meeting

    @contextmanager
    def acting(self, who: str) -> Iterator[tuple[WriteSession, Actor, Meeting]]:
        with self.world.acting(who) as (session, actor):
            yield session, actor, session.get_one(Meeting, self.meeting.id)

    def ask(self, who: str, kind: FloorRequestKind = F, group: str = "") -> UUID:
        return self.world.asked_for_the_floor(self.meeting, who, kind=kind, on_behalf_of=group).id

    def chair(self, verb, *given: object, by: str = "laurent", version: int | None = None) -> object:
        with self.acting(by) as (session, actor, meeting):
            now = queries.find_open_sitting(session, meeting)
            seen = now.version if version is None and now else version or 0
            return verb(session, actor, meeting, *given, version=seen)

    def give(self) -> None:
        with transaction(self.world.read) as session:
            first = rules.sort_waiting_requests(queries.list_floor_requests(session, self.now()))[0]
        self.chair(calling.give_floor, first.id)

    def now(self) -> Sitting:
        with transaction(self.world.read) as session:
            found = queries.find_open_sitting(session, session.get_one(Meeting, self.meeting.id))
            assert found
            return found

    def stands(self) -> list[tuple[str, str, str]]:
        with transaction(self.world.read) as session:
            return [
                (each.entity, each.kind, each.standing) for each in queries.list_floor_requests(session, self.now())
            ]

    def waiting(self) -> list[str]:
        with transaction(self.world.read) as session:
            return [
                each.entity for each in rules.sort_waiting_requests(queries.list_floor_requests(session, self.now()))
            ]

    def totals(self) -> dict[str, tuple[int, int]]:
        with transaction(self.world.read) as session:
            found = queries.compute_speaking_totals(queries.list_floor_requests(session, self.now()), clock.now())
            return {each.entity: (each.statements, round(each.seconds)) for each in found}


@pytest.fixture
def there(world: World) -> Session:
    meeting = world.meeting()
    first = world.item(meeting, "First")
    world.item(meeting, "Second")
    world.agenda_released(meeting)
    world.sitting(meeting, first)
    return Session(world, meeting)


def second_item(there: Session) -> UUID:
    from app.domain.agendas import queries as agendas  # noqa: PLC0415 - beside floor's own

    with transaction(there.world.read) as session:
        return agendas.list_current_released_items(session, there.meeting)[1].item_id


def test_only_delegates_ask_and_only_for_their_own_state(there: Session) -> None:
    there.ask("amina")

    for who in ("laurent", "joseph", "ines"):
        with pytest.raises(Forbidden):
            there.ask(who)
    assert there.stands() == [("KEN", "floor", "waiting")]


def test_asking_twice_is_asking_once_but_not_on_behalf_of_others(there: Session) -> None:
    first = there.ask("amina")

    assert there.ask("amina") == first
    with pytest.raises(Conflict):
        there.ask("amina", group="African Group")
    assert there.stands() == [("KEN", "floor", "waiting")]


def test_a_point_of_order_interrupts_and_the_speaker_goes_on_with_the_time_that_is_left(there: Session) -> None:
    there.ask("amina")
    there.ask("rafael")
    there.give()
    with clock.shifted_clock(timedelta(seconds=40)):
        there.ask("haruka", P)
        assert there.waiting() == ["JPN", "BRA"]
        there.give()
        assert there.stands()[0] == ("KEN", "floor", "interrupted")
    with clock.shifted_clock(timedelta(seconds=60)):
        there.chair(calling.end_statement)
        assert there.waiting() == ["KEN", "BRA"]
        there.give()
    with clock.shifted_clock(timedelta(seconds=90)):
        there.give()
        assert there.totals() == {"KEN": (1, 70), "JPN": (1, 20), "BRA": (1, 0)}


def test_nobody_is_called_before_their_turn_until_the_order_was_changed_with_a_reason(there: Session) -> None:
    there.ask("amina")
    brazil = there.ask("rafael")
    with pytest.raises(Conflict):
        there.chair(calling.give_floor, brazil)
    with transaction(there.world.read) as session:
        kenya = queries.list_floor_requests(session, there.now())[0].id

    there.chair(speakers_list.move_floor_request, brazil, FloorMoveInput(before=kenya, reason="The minister leaves."))
    there.chair(calling.give_floor, brazil)

    assert there.stands() == [("KEN", "floor", "waiting"), ("BRA", "floor", "speaking")]
    with transaction(there.world.read) as session:
        moves = queries.list_floor_moves(session, there.now())
        assert [(entity, move.was, move.becomes, move.reason) for move, entity in moves] == [
            ("BRA", 2, 1, "The minister leaves.")
        ]


def test_whoever_is_moved_behind_all_stays_before_those_who_ask_later(there: Session) -> None:
    kenya = there.ask("amina")
    there.ask("rafael")
    there.chair(speakers_list.move_floor_request, kenya, FloorMoveInput(reason="As agreed."))

    there.ask("haruka")

    assert there.waiting() == ["BRA", "KEN", "JPN"]


def test_a_point_of_order_is_not_moved_and_a_request_that_is_gone_not_either(there: Session) -> None:
    order, kenya = there.ask("haruka", P), there.ask("amina")
    with pytest.raises(Conflict):
        there.chair(speakers_list.move_floor_request, order, FloorMoveInput(reason="Later."))
    with there.acting("amina") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)

    with pytest.raises(Conflict):
        there.chair(speakers_list.move_floor_request, kenya, FloorMoveInput(reason="Later."))
    with pytest.raises(Conflict):
        there.chair(speakers_list.decline_floor_request, kenya, ReasonInput(reason="Later."))


def test_a_closing_list_takes_requests_until_its_instant(there: Session) -> None:
    there.chair(speakers_list.close_speakers_list, ListClosingInput(minutes=2))
    there.ask("amina")

    with clock.shifted_clock(timedelta(minutes=2, seconds=1)):
        with pytest.raises(Conflict):
            there.ask("rafael")
        there.ask("rafael", P)
        there.ask("haruka", R)
        there.chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="BRA"))
        assert there.waiting() == ["BRA", "KEN", "BRA", "JPN"]
        there.chair(speakers_list.reopen_speakers_list)
        there.ask("haruka")
        assert there.waiting() == ["BRA", "KEN", "BRA", "JPN", "JPN"]


def test_the_chair_puts_only_those_on_the_list_who_have_a_seat(there: Session) -> None:
    with pytest.raises(NotFound):
        there.chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="FRA"))

    assert there.stands() == []


def test_withdrawing_is_for_the_own_state(there: Session) -> None:
    kenya = there.ask("amina")

    with pytest.raises(Forbidden), there.acting("rafael") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)
    with there.acting("amina") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)

    assert there.stands() == [("KEN", "floor", "withdrawn")]


def test_time_limits_and_a_clock_that_stands(there: Session) -> None:
    there.chair(calling.set_speaking_limit, SpeakingLimitInput(minutes=2))
    there.ask("amina")
    there.give()
    there.chair(calling.extend_speaking_time)
    with clock.shifted_clock(timedelta(seconds=30)):
        there.chair(calling.stop_speaker_clock)
    with clock.shifted_clock(timedelta(seconds=90)):
        there.chair(calling.start_speaker_clock)
    with clock.shifted_clock(timedelta(seconds=100)):
        there.chair(calling.end_statement)
        assert there.totals() == {"KEN": (1, 40)}
        with pytest.raises(Conflict):
            there.chair(calling.end_statement)
    with transaction(there.world.read) as session:
        assert [each.limit_seconds for each in queries.list_floor_requests(session, there.now())] == [180]


def test_two_at_the_chairs_tools_do_not_do_the_same_twice(there: Session) -> None:
    for who in ("amina", "rafael", "haruka"):
        there.ask(who)
    seen = there.now().version
    there.give()
    there.ask("haruka", P)  # a delegate's wish does not make the chair's page stale
    assert there.now().version == seen + 1

    with pytest.raises(Stale):
        there.chair(calling.end_statement, by="layla", version=seen)

    assert [each[2] for each in there.stands()] == ["speaking", "waiting", "waiting", "waiting"]


def test_deputies_work_only_as_the_chair_allows(there: Session) -> None:
    there.ask("amina")
    there.chair(speakers_list.close_speakers_list, ListClosingInput(), by="layla")
    with there.acting("laurent") as (_, _, meeting):
        meeting.deputies = []

    for who in ("layla", "ines", "amina"):
        with pytest.raises(Forbidden):
            there.chair(speakers_list.reopen_speakers_list, by=who)


def test_no_session_of_a_meeting_is_opened_that_was_cancelled_meanwhile(world: World) -> None:
    made = world.meeting(opens_in=0)
    session_of_it = world.session(made)
    with world.acting("laurent") as (session, actor):
        meeting, wanted = session.get_one(Meeting, made.id), session.get_one(MeetingSession, session_of_it.id)
        with world.acting("ines") as (other, ines):
            theirs, why = other.get_one(Meeting, made.id), ReasonInput(reason="It cannot be held.")
            meetings.change_meeting_life(other, ines, theirs, "cancel", version=theirs.version, because=why)

        with pytest.raises(Conflict):
            actions.open_meeting_session(session, actor, meeting, wanted)


def test_the_meeting_goes_on_to_an_item_when_nobody_waits_and_its_list_is_open(there: Session) -> None:
    kenya, second = there.ask("amina"), second_item(there)
    there.chair(speakers_list.close_speakers_list, ListClosingInput())
    with pytest.raises(Conflict):
        there.chair(actions.go_to_item, second)
    there.chair(speakers_list.decline_floor_request, kenya, ReasonInput(reason="It is another matter."))

    there.chair(actions.go_to_item, second)

    assert (there.now().item_id, there.now().list_closes_at) == (second, None)
    with pytest.raises(NotFound):
        there.chair(actions.go_to_item, uuid4())


def test_who_waits_when_a_session_closes_waits_in_the_next_one(there: Session) -> None:
    for who in ("amina", "rafael", "haruka"):
        there.ask(who)
    there.give()
    before = there.now()
    there.chair(actions.close_meeting_session)
    with pytest.raises(Conflict):
        there.ask("amina")

    there.world.sitting(there.meeting)

    assert there.waiting() == ["BRA", "JPN"]
    assert there.now().item_id == before.item_id
    assert there.now().changes > before.changes
    with pytest.raises(Conflict):
        there.world.sitting(there.meeting)


def test_a_session_that_was_closed_too_early_goes_on(there: Session) -> None:
    there.ask("amina")
    first = there.now()
    there.chair(actions.close_meeting_session)

    with there.acting("laurent") as (session, actor, meeting):
        actions.open_meeting_session(session, actor, meeting, session.get_one(MeetingSession, first.session_id))

    assert (there.now().session_id, there.waiting()) == (first.session_id, ["KEN"])


def test_decisions_are_numbered_corrected_and_keep_what_they_said(there: Session) -> None:
    def new(text: str) -> NewDecision:
        return NewDecision(text=text, lang="en")

    first = there.chair(actions.record_decision, new("It was agreed."))
    there.chair(actions.record_decision, new("It was noted."))
    with there.acting("laurent") as (session, actor, meeting):
        found = decisions.get_decision(session, meeting, first.id)
        actions.correct_decision(session, actor, meeting, found, new("It was not agreed."), version=1)
    with pytest.raises(Stale), there.acting("layla") as (session, actor, meeting):
        actions.correct_decision(
            session, actor, meeting, decisions.get_decision(session, meeting, first.id), new("Mine."), version=1
        )
    there.chair(actions.close_meeting_session)
    there.world.sitting(there.meeting)

    with pytest.raises(Conflict), there.acting("laurent") as (session, actor, meeting):
        actions.correct_decision(
            session, actor, meeting, decisions.get_decision(session, meeting, first.id), new("Later."), version=2
        )
    with transaction(there.world.read) as session:
        fallen = session.scalars(select(Decision).order_by(Decision.number)).all()
        assert [(each.number, each.text, each.version) for each in fallen] == [
            (1, "It was not agreed.", 2),
            (2, "It was noted.", 1),
        ]
        assert session.scalars(select(DecisionCorrection.text)).all() == ["It was agreed."]


def test_a_states_own_words_stand_and_what_was_put_before_is_kept(there: Session) -> None:
    made = there.chair(actions.record_decision, NewDecision(text="It was agreed.", lang="en"))

    def note(entity: str) -> None:
        with there.acting("laurent") as (session, actor, meeting):
            new = NotedDecisionPosition(entity=entity, stance="objection", text="Objects.", lang="en")
            actions.note_position(session, actor, meeting, decisions.get_decision(session, meeting, made.id), new)

    def put(who: str, text: str) -> None:
        with there.acting(who) as (session, actor, meeting):
            new = NewDecisionPosition(stance="objection", text=text, lang="en")
            actions.put_position(session, actor, meeting, decisions.get_decision(session, meeting, made.id), new)

    note("KEN")
    put("amina", "We object to the second paragraph.")
    with pytest.raises(Conflict):
        note("KEN")
    with pytest.raises(NotFound):
        note("FRA")
    with pytest.raises(Forbidden):
        put("joseph", "A focal point.")
    there.chair(actions.close_meeting_session)
    put("amina", "We object.")

    with transaction(there.world.read) as session:
        found = decisions.list_positions_by_decision(session, decisions.list_decisions(session, there.meeting))
        assert [(each.entity, each.text, each.own) for each in found[made.id]] == [("KEN", "We object.", True)]
        assert len(session.scalars(select(DecisionPosition)).all()) == 3


def test_many_ask_at_once_and_each_has_a_place_of_its_own(there: Session) -> None:
    keys = ("amina", "rafael", "haruka")
    start = Barrier(2 * len(keys), timeout=60)

    def rush(who: str, kind: FloorRequestKind) -> None:
        start.wait()
        there.ask(who, kind)

    with ThreadPoolExecutor(2 * len(keys)) as pool:
        list(pool.map(rush, *zip(*product(keys, (F, P)), strict=True)))

    with transaction(there.world.read) as session:
        found = queries.list_floor_requests(session, there.now())
    assert [each.number for each in found] == [1, 2, 3, 4, 5, 6]
    for kind in (F, P):
        assert sorted(each.place for each in found if each.kind == kind) == [1, 2, 3]


def test_every_change_is_in_the_journal_and_rung_once_when_it_is_committed(there: Session, database) -> None:
    address = make_url(database.portal).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
        with pytest.raises(RuntimeError), there.acting("amina") as (session, actor, meeting):
            speakers_list.request_floor(session, actor, meeting, FloorRequestInput())
            raise RuntimeError("the process dies before the commit")
        there.ask("amina")
        there.give()
        there.chair(actions.close_meeting_session)
        rung = [notice.payload for notice in connection.notifies(timeout=2, stop_after=3)]

    topic = queries.floor_channel(there.meeting.id)
    assert rung == [f"{topic} 3", f"{topic} 4", f"{topic} 0"]
    with transaction(there.world.read) as session:
        last = session.scalars(select(JournalLine.event).order_by(JournalLine.seq.desc()).limit(4)).all()
        assert last[::-1] == ["floor:asked", "floor:given", "floor:ended", "sitting:closed"]
