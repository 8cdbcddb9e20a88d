"""The floor: who speaks when, what the clock counts, and that concurrent actions lose nothing."""

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
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.pubsub import NOTIFY_CHANNEL
from app.core.validation import ReasonInput
from app.domain.agendas.queries import agenda_releases
from app.domain.decisions import queries as decisions
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import Decision, DecisionDocument, DecisionPosition, DecisionTextBeforeCorrection
from app.domain.floor import queries, rules
from app.domain.floor.actions import calling, speakers_list
from app.domain.floor.actions import session as actions
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorRequestInput,
    FloorRequestMoveInput,
    ListReasonInput,
    SpeakersListClosingInput,
    SpeakingLimitInput,
)
from app.domain.floor.models import FloorRequest, FloorRequestKind, FloorRequestStatus, ListReason, Sitting
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from tests.domain.test_silence import frozen_time
from tests.world import World, record_rows

P, F, R = FloorRequestKind.POINT_OF_ORDER, FloorRequestKind.FLOOR, FloorRequestKind.RIGHT_OF_REPLY
W, S, I, D = (  # noqa: E741 - the initials of the four states
    FloorRequestStatus.WAITING,
    FloorRequestStatus.SPEAKING,
    FloorRequestStatus.INTERRUPTED,
    FloorRequestStatus.DONE,
)
NOON = datetime(2027, 2, 9, 12, tzinfo=UTC)


def build_request(entity: str, kind: str, standing: str, place: int, **more: object) -> FloorRequest:
    return FloorRequest(id=uuid4(), entity=entity, kind=kind, standing=standing, place=place, **more)


@pytest.mark.parametrize(
    ("floor", "called"),
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
def test_the_floor_is_given_by_rule(floor: list[tuple[str, str, str, int]], called: str) -> None:
    assert (
        "".join(each.entity for each in rules.sort_waiting_requests([build_request(*each) for each in floor])) == called
    )


@pytest.mark.parametrize(
    ("kind", "closed", "waiting", "heard", "may"),
    [
        (F, False, 0, 0, True),
        (F, False, 3, 1, True),
        (F, True, 3, 1, False),
        (P, False, 3, 1, True),
        (P, True, 0, 0, True),
        (R, False, 0, 0, False),  # no speaker to answer to
        (R, False, 1, 2, False),
        (R, False, 0, 1, True),
        (R, True, 2, 0, True),
    ],
)
def test_what_may_be_asked_for(kind: FloorRequestKind, closed: bool, waiting: int, heard: int, may: bool) -> None:
    objection = rules.find_obstacle_to_requesting_floor(kind, closed=closed, waiting=waiting, statements=heard)

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


class OpenSession:
    """An open session of a meeting, with short names for the actions on it."""

    def __init__(self, world: World, meeting: Meeting) -> None:
        self.world, self.meeting = world, meeting

    @contextmanager
    def acting(self, who: str) -> Iterator[tuple[WriteSession, Actor, Meeting]]:
        with self.world.acting(who) as (session, actor):
            record_rows(session)
            yield session, actor, session.get_one(Meeting, self.meeting.id)

    def ask_for_floor(self, who: str, kind: FloorRequestKind = F, group: str = "") -> UUID:
        return self.world.asked_for_the_floor(self.meeting, who, kind=kind, on_behalf_of=group).id

    def act_as_chair(self, verb, *args: object, by: str = "laurent", version: int | None = None) -> object:
        with self.acting(by) as (session, actor, meeting):
            now = queries.find_open_sitting(session, meeting)
            seen = now.version if version is None and now else version or 0
            return verb(session, actor, meeting, *args, version=seen)

    def give_floor(self) -> None:
        with transaction(self.world.read) as session:
            first = rules.sort_waiting_requests(queries.list_floor_requests(session, self.get_sitting()))[0]
        self.act_as_chair(calling.give_floor, first.id)

    def get_sitting(self) -> Sitting:
        with transaction(self.world.read) as session:
            sitting = queries.find_open_sitting(session, session.get_one(Meeting, self.meeting.id))
            assert sitting
            return sitting

    def list_requests(self) -> list[tuple[str, str, str]]:
        with transaction(self.world.read) as session:
            return [
                (each.entity, each.kind, each.standing)
                for each in queries.list_floor_requests(session, self.get_sitting())
            ]

    def list_waiting(self) -> list[str]:
        with transaction(self.world.read) as session:
            return [
                each.entity
                for each in rules.sort_waiting_requests(queries.list_floor_requests(session, self.get_sitting()))
            ]

    def list_moves(self) -> list[tuple[str, int, int, str]]:
        with transaction(self.world.read) as session:
            moves = queries.list_floor_request_moves(session, self.get_sitting())
            return [(entity, move.was, move.becomes, move.reason) for move, entity in moves]

    def sum_times(self) -> dict[str, tuple[int, int]]:
        with transaction(self.world.read) as session:
            totals = queries.compute_speaking_totals(
                queries.list_floor_requests(session, self.get_sitting()), clock.now()
            )
            return {each.entity: (each.statements, round(each.seconds)) for each in totals}


@pytest.fixture
def floor(world: World) -> OpenSession:
    return open_session(world)


def open_session(world: World) -> OpenSession:
    """A session that is open at the first of two items."""
    meeting = world.meeting()
    first = world.item(meeting, "First")
    world.item(meeting, "Second")
    world.agenda_released(meeting)
    world.sitting(meeting, first)
    return OpenSession(world, meeting)


def find_second_item(floor: OpenSession) -> UUID:
    with transaction(floor.world.read) as session:
        return agenda_releases.list_current_released_items(session, floor.meeting)[1].item_id


def test_only_delegates_ask_and_only_for_their_own_state(floor: OpenSession) -> None:
    floor.ask_for_floor("amina")

    for who in ("laurent", "joseph", "ines"):
        with pytest.raises(Forbidden):
            floor.ask_for_floor(who)
    assert floor.list_requests() == [("KEN", "floor", "waiting")]


def test_asking_twice_counts_once_except_on_behalf_of_others(floor: OpenSession) -> None:
    first = floor.ask_for_floor("amina")

    assert floor.ask_for_floor("amina") == first
    with pytest.raises(Conflict):
        floor.ask_for_floor("amina", group="African Group")
    assert floor.list_requests() == [("KEN", "floor", "waiting")]


def test_a_point_of_order_interrupts_and_the_speaker_resumes_with_the_remaining_time(
    floor: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_at = clock.now()
    with frozen_time(monkeypatch, began_at):
        floor.ask_for_floor("amina")
        floor.ask_for_floor("rafael")
        floor.give_floor()
    with frozen_time(monkeypatch, began_at + timedelta(seconds=40)):
        floor.ask_for_floor("haruka", P)
        assert floor.list_waiting() == ["JPN", "BRA"]
        floor.give_floor()
        assert floor.list_requests()[0] == ("KEN", "floor", "interrupted")
    with frozen_time(monkeypatch, began_at + timedelta(seconds=60)):
        floor.act_as_chair(calling.end_statement)
        assert floor.list_waiting() == ["KEN", "BRA"]
        floor.give_floor()
    with frozen_time(monkeypatch, began_at + timedelta(seconds=90)):
        floor.give_floor()
        assert floor.sum_times() == {"KEN": (1, 70), "JPN": (1, 20), "BRA": (1, 0)}


def test_the_chair_changes_the_order_with_a_reason_that_is_kept(floor: OpenSession) -> None:
    kenya = floor.ask_for_floor("amina")
    brazil = floor.ask_for_floor("rafael")

    moving = FloorRequestMoveInput(before=kenya, other_reason="The minister leaves.")
    floor.act_as_chair(speakers_list.move_floor_request, brazil, moving)
    floor.act_as_chair(calling.give_floor, brazil)

    assert floor.list_requests() == [("KEN", "floor", "waiting"), ("BRA", "floor", "speaking")]
    assert floor.list_moves() == [("BRA", 2, 1, "The minister leaves.")]


def test_the_chair_gives_the_floor_to_any_delegation_on_the_list_and_everybody_sees_it(floor: OpenSession) -> None:
    floor.ask_for_floor("amina")
    brazil = floor.ask_for_floor("rafael")

    floor.act_as_chair(calling.give_floor, brazil, ListReasonInput(reason=ListReason.REGIONS))

    assert floor.list_requests() == [("KEN", "floor", "waiting"), ("BRA", "floor", "speaking")]
    assert floor.list_moves() == [("BRA", 2, 1, "balance-of-regions")]


def test_what_comes_before_the_list_is_not_passed_over(floor: OpenSession) -> None:
    floor.ask_for_floor("amina")
    brazil, order = floor.ask_for_floor("rafael"), floor.ask_for_floor("haruka", P)
    floor.act_as_chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput())
    reply = floor.ask_for_floor("rafael", R)

    for early in (brazil, reply):
        with pytest.raises(Conflict, match="A point of order takes precedence"):
            floor.act_as_chair(calling.give_floor, early)
    floor.act_as_chair(calling.give_floor, order)
    floor.act_as_chair(calling.end_statement)
    with pytest.raises(Conflict, match="Rights of reply are exercised"):
        floor.act_as_chair(calling.give_floor, reply)
    floor.give_floor()
    floor.ask_for_floor("haruka", P)
    floor.give_floor()
    with pytest.raises(Conflict, match="interrupted continues first"):
        floor.act_as_chair(calling.give_floor, brazil)
    assert floor.list_moves() == []


def test_a_request_moved_to_the_end_stays_before_later_requests(floor: OpenSession) -> None:
    kenya = floor.ask_for_floor("amina")
    floor.ask_for_floor("rafael")
    floor.act_as_chair(speakers_list.move_floor_request, kenya, FloorRequestMoveInput(other_reason="As agreed."))

    floor.ask_for_floor("haruka")

    assert floor.list_waiting() == ["BRA", "KEN", "JPN"]


def test_points_of_order_and_ended_requests_are_not_moved(floor: OpenSession) -> None:
    order, kenya = floor.ask_for_floor("haruka", P), floor.ask_for_floor("amina")
    with pytest.raises(Conflict):
        floor.act_as_chair(speakers_list.move_floor_request, order, FloorRequestMoveInput(other_reason="Later."))
    with floor.acting("amina") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)

    with pytest.raises(Conflict):
        floor.act_as_chair(speakers_list.move_floor_request, kenya, FloorRequestMoveInput(other_reason="Later."))
    with pytest.raises(Conflict):
        floor.act_as_chair(speakers_list.decline_floor_request, kenya, ListReasonInput(other_reason="Later."))


def test_a_closing_list_takes_requests_until_its_instant(floor: OpenSession) -> None:
    floor.act_as_chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput(minutes=2))
    floor.ask_for_floor("amina")

    with clock.shifted_clock(timedelta(minutes=2, seconds=1)):
        with pytest.raises(Conflict):
            floor.ask_for_floor("rafael")
        floor.ask_for_floor("rafael", P)
        floor.ask_for_floor("haruka", R)
        floor.act_as_chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="BRA"))
        assert floor.list_waiting() == ["BRA", "KEN", "BRA", "JPN"]
        floor.act_as_chair(speakers_list.reopen_speakers_list)
        floor.ask_for_floor("haruka")
        assert floor.list_waiting() == ["BRA", "KEN", "BRA", "JPN", "JPN"]


def test_the_chair_lists_any_member_state_and_nothing_else(floor: OpenSession) -> None:
    with pytest.raises(NotFound):
        floor.act_as_chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="ITU-T"))

    floor.act_as_chair(speakers_list.put_on_speakers_list, ChairFloorRequestInput(entity="FRA"))

    assert floor.list_requests() == [("FRA", "floor", "waiting")]


def test_a_request_is_withdrawn_only_by_its_own_state(floor: OpenSession) -> None:
    kenya = floor.ask_for_floor("amina")

    with pytest.raises(Forbidden), floor.acting("rafael") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)
    with floor.acting("amina") as (session, actor, meeting):
        speakers_list.withdraw_floor_request(session, actor, meeting, kenya)

    assert floor.list_requests() == [("KEN", "floor", "withdrawn")]


def test_time_limits_and_a_stopped_clock(floor: OpenSession, monkeypatch: pytest.MonkeyPatch) -> None:
    began_at = clock.now()
    with frozen_time(monkeypatch, began_at):
        floor.act_as_chair(calling.set_speaking_limit, SpeakingLimitInput(minutes=2))
        floor.ask_for_floor("amina")
        floor.give_floor()
        floor.act_as_chair(calling.extend_speaking_time)
    with frozen_time(monkeypatch, began_at + timedelta(seconds=30)):
        floor.act_as_chair(calling.stop_speaker_clock)
    with frozen_time(monkeypatch, began_at + timedelta(seconds=90)):
        floor.act_as_chair(calling.start_speaker_clock)
    with frozen_time(monkeypatch, began_at + timedelta(seconds=100)):
        floor.act_as_chair(calling.end_statement)
        assert floor.sum_times() == {"KEN": (1, 40)}
        with pytest.raises(Conflict):
            floor.act_as_chair(calling.end_statement)
    with transaction(floor.world.read) as session:
        assert [each.limit_seconds for each in queries.list_floor_requests(session, floor.get_sitting())] == [180]


def test_two_users_of_the_chairs_tools_do_not_act_twice(floor: OpenSession) -> None:
    for who in ("amina", "rafael", "haruka"):
        floor.ask_for_floor(who)
    seen = floor.get_sitting().version
    floor.give_floor()
    floor.ask_for_floor("haruka", P)  # a request of a delegate does not make the chair's page stale
    assert floor.get_sitting().version == seen + 1

    with pytest.raises(Stale):
        floor.act_as_chair(calling.end_statement, by="layla", version=seen)

    assert [each[2] for each in floor.list_requests()] == ["speaking", "waiting", "waiting", "waiting"]


def test_deputies_work_only_as_the_chair_allows(floor: OpenSession) -> None:
    floor.ask_for_floor("amina")
    floor.act_as_chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput(), by="layla")
    with floor.acting("laurent") as (_, _, meeting):
        meeting.deputies = []

    for who in ("layla", "ines", "amina"):
        with pytest.raises(Forbidden):
            floor.act_as_chair(speakers_list.reopen_speakers_list, by=who)


def test_no_session_of_a_cancelled_meeting_is_opened(world: World) -> None:
    new_meeting = world.meeting(opens_in=0)
    session_of_it = world.session(new_meeting)
    with world.acting("laurent") as (session, actor):
        meeting, wanted = session.get_one(Meeting, new_meeting.id), session.get_one(MeetingSession, session_of_it.id)
        with world.acting("ines") as (other, ines):
            stored_meeting, reason = (
                other.get_one(Meeting, new_meeting.id),
                ReasonInput(reason="It cannot be held."),
            )
            meetings.change_meeting_life(
                other, ines, stored_meeting, "cancel", version=stored_meeting.version, because=reason
            )

        with pytest.raises(Conflict):
            actions.open_meeting_session(session, actor, meeting, wanted)


def test_the_meeting_moves_to_an_item_with_an_open_and_empty_list(floor: OpenSession) -> None:
    kenya, second = floor.ask_for_floor("amina"), find_second_item(floor)
    floor.act_as_chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput())
    with pytest.raises(Conflict):
        floor.act_as_chair(actions.go_to_item, second)
    floor.act_as_chair(speakers_list.decline_floor_request, kenya, ListReasonInput())

    floor.act_as_chair(actions.go_to_item, second)

    assert (floor.get_sitting().item_id, floor.get_sitting().list_closes_at) == (second, None)
    with pytest.raises(NotFound):
        floor.act_as_chair(actions.go_to_item, uuid4())


def test_requests_that_wait_when_a_session_closes_wait_in_the_next_one(floor: OpenSession) -> None:
    for who in ("amina", "rafael", "haruka"):
        floor.ask_for_floor(who)
    floor.give_floor()
    before = floor.get_sitting()
    floor.act_as_chair(actions.close_meeting_session)
    with pytest.raises(Conflict):
        floor.ask_for_floor("amina")

    floor.world.sitting(floor.meeting)

    assert floor.list_waiting() == ["BRA", "JPN"]
    assert floor.get_sitting().item_id == before.item_id
    assert floor.get_sitting().changes > before.changes
    with pytest.raises(Conflict):
        floor.world.sitting(floor.meeting)


def test_a_session_closed_too_early_is_resumed(floor: OpenSession) -> None:
    floor.ask_for_floor("amina")
    first = floor.get_sitting()
    floor.act_as_chair(actions.close_meeting_session)

    with floor.acting("laurent") as (session, actor, meeting):
        actions.open_meeting_session(session, actor, meeting, session.get_one(MeetingSession, first.session_id))

    assert (floor.get_sitting().session_id, floor.list_waiting()) == (first.session_id, ["KEN"])


def test_decisions_are_numbered_and_corrected_and_keep_earlier_texts(floor: OpenSession) -> None:
    def new(text: str) -> NewDecision:
        return NewDecision(text=text, lang="en")

    first = floor.act_as_chair(actions.record_decision, new("It was agreed."))
    floor.act_as_chair(actions.record_decision, new("It was noted."))
    with floor.acting("laurent") as (session, actor, meeting):
        decision = decisions.get_decision(session, meeting, first.id)
        actions.correct_decision(session, actor, meeting, decision, new("It was not agreed."), version=1)
    with pytest.raises(Stale), floor.acting("layla") as (session, actor, meeting):
        actions.correct_decision(
            session, actor, meeting, decisions.get_decision(session, meeting, first.id), new("Mine."), version=1
        )
    floor.act_as_chair(actions.close_meeting_session)
    floor.world.sitting(floor.meeting)

    with pytest.raises(Conflict), floor.acting("laurent") as (session, actor, meeting):
        actions.correct_decision(
            session, actor, meeting, decisions.get_decision(session, meeting, first.id), new("Later."), version=2
        )
    with transaction(floor.world.read) as session:
        fallen = session.scalars(select(Decision).order_by(Decision.number)).all()
        assert [(each.number, each.text, each.version) for each in fallen] == [
            (1, "It was not agreed.", 2),
            (2, "It was noted.", 1),
        ]
        assert session.scalars(select(DecisionTextBeforeCorrection.text)).all() == ["It was agreed."]


def test_a_decision_names_documents_of_its_meeting_and_keeps_which_it_named_before(floor: OpenSession) -> None:
    world, elsewhere = floor.world, floor.world.meeting(number=23)
    first, second = (world.registered(floor.meeting, title=title)[1].id for title in ("First", "Second"))
    foreign = world.registered(elsewhere, title="Of another meeting")[1].id

    def new(*documents: UUID) -> NewDecision:
        return NewDecision(text="It was agreed.", lang="en", documents=frozenset(documents))

    def correct(content: NewDecision, version: int) -> None:
        with floor.acting("laurent") as (session, actor, meeting):
            decision = decisions.get_decision(session, meeting, taken.id)
            actions.correct_decision(session, actor, meeting, decision, content, version=version)

    with pytest.raises(BadRequest):
        floor.act_as_chair(actions.record_decision, new(first, foreign))
    taken = floor.act_as_chair(actions.record_decision, new(first))
    correct(new(second), version=1)
    with pytest.raises(BadRequest):
        correct(new(foreign), version=2)
    correct(new(first, second), version=2)

    with transaction(world.read) as session:
        rows = session.scalars(select(DecisionDocument).order_by(DecisionDocument.added_in)).all()
        assert [(each.document_id, each.added_in, each.removed_in) for each in rows] == [
            (first, 1, 2),
            (second, 2, None),
            (first, 3, None),
        ]
        named = decisions.list_named_documents(session, floor.meeting)
        assert [(decision, document.id) for decision, document in named] == [(taken.id, first), (taken.id, second)]


def test_the_own_words_of_a_state_replace_the_draft_and_the_draft_is_kept(floor: OpenSession) -> None:
    decision = floor.act_as_chair(actions.record_decision, NewDecision(text="It was agreed.", lang="en"))

    def note(entity: str) -> None:
        with floor.acting("laurent") as (session, actor, meeting):
            new = NotedDecisionPosition(entity=entity, stance="objection", text="Objects.", lang="en")
            actions.record_stated_position_on_decision(
                session, actor, meeting, decisions.get_decision(session, meeting, decision.id), new
            )

    def put(who: str, text: str) -> None:
        with floor.acting(who) as (session, actor, meeting):
            new = NewDecisionPosition(stance="objection", text=text, lang="en")
            actions.put_own_position_on_decision(
                session, actor, meeting, decisions.get_decision(session, meeting, decision.id), new
            )

    note("KEN")
    put("amina", "We object to the second paragraph.")
    with pytest.raises(Conflict):
        note("KEN")
    with pytest.raises(NotFound):
        note("FRA")
    with pytest.raises(Forbidden):
        put("joseph", "A focal point.")
    floor.act_as_chair(actions.close_meeting_session)
    put("amina", "We object.")

    with transaction(floor.world.read) as session:
        positions = decisions.list_positions_by_decision(session, floor.meeting)
        assert [(each.entity, each.text, each.own) for each in positions[decision.id]] == [("KEN", "We object.", True)]
        assert len(session.scalars(select(DecisionPosition)).all()) == 3


def test_concurrent_requests_each_get_their_own_place(floor: OpenSession) -> None:
    keys = ("amina", "rafael", "haruka")
    start = Barrier(2 * len(keys), timeout=60)

    def ask_when_released(who: str, kind: FloorRequestKind) -> None:
        start.wait()
        floor.ask_for_floor(who, kind)

    with ThreadPoolExecutor(2 * len(keys)) as pool:
        list(pool.map(ask_when_released, *zip(*product(keys, (F, P)), strict=True)))

    with transaction(floor.world.read) as session:
        requests = queries.list_floor_requests(session, floor.get_sitting())
    assert [each.number for each in requests] == [1, 2, 3, 4, 5, 6]
    for kind in (F, P):
        assert sorted(each.place for each in requests if each.kind == kind) == [1, 2, 3]


def test_every_change_is_in_the_journal_and_notified_once_at_its_commit(floor: OpenSession, database) -> None:
    address = make_url(database.portal).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
        with pytest.raises(RuntimeError), floor.acting("amina") as (session, actor, meeting):
            speakers_list.request_floor(session, actor, meeting, FloorRequestInput())
            raise RuntimeError("the process dies before the commit")
        floor.ask_for_floor("amina")
        floor.give_floor()
        floor.act_as_chair(actions.close_meeting_session)
        payloads = [notice.payload for notice in connection.notifies(timeout=2, stop_after=3)]

    topic = queries.floor_channel(floor.meeting.id)
    assert payloads == [f"{topic} 3", f"{topic} 4", f"{topic} 0"]
    with transaction(floor.world.read) as session:
        by_people = select(JournalLine.event).where(JournalLine.person.is_not(None))
        last = session.scalars(by_people.order_by(JournalLine.seq.desc()).limit(4)).all()
        assert last[::-1] == ["floor:asked", "floor:given", "floor:ended", "sitting:closed"]
