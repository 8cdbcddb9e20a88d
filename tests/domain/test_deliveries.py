"""Deliveries of a released text: to whom, when, once, acknowledged by the unit, by hand, and called back."""

from collections.abc import Set
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.deliveries import queries
from app.domain.deliveries.actions import answers, making
from app.domain.deliveries.inputs import HandoverNote
from app.domain.deliveries.models import Delivery
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output
from tests.conftest import Database
from tests.world import World, record_rows

LIAISON = {
    "kind": "liaison",
    "addressees": (
        {"words": "The registry of Northland", "wants": "action"},
        {"words": "A forum", "wants": "information"},
    ),
}


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture(autouse=True)
def officer_of_tsb(world: World) -> None:
    world.seat("olga", "tsb")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def release_to(
    world: World, meeting: Meeting, release_store: Store, to: Set[str] = frozenset({"tsb"}), **more: object
) -> Output:
    """Adopt, approve and release a text to these addressees besides the membership."""
    return world.as_released(world.adopted(meeting, **more), release_store, NewReleasePlan(addressees=frozenset(to)))


def list_events(world: World) -> list[tuple[str, object]]:
    with transaction(world.read) as session:
        lines = select(JournalLine).where(JournalLine.event.startswith("delivery:")).order_by(JournalLine.seq)
        return [(line.event.removeprefix("delivery:"), line.facts["recipient"]) for line in session.scalars(lines)]


def list_stored(world: World, output: Output) -> list[tuple[str, str, str]]:
    with transaction(world.read) as session:
        return [(each.code, each.channel, each.state) for each in queries.list_deliveries(session, output)]


def test_a_release_makes_one_delivery_for_each_unit_and_each_recipient_in_words(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = release_to(world, meeting, release_store, {"tsb", "general-secretariat"}, **LIAISON)

    assert list_stored(world, output) == [
        ("words:1", "hand", "due"),
        ("words:2", "hand", "due"),
        ("unit:tsb", "desk", "sent"),
        ("unit:general_secretariat", "desk", "sent"),
    ]
    with transaction(world.read) as session:
        assert {each.due_at for each in queries.list_deliveries(session, output)} == {output.released_at}
    assert {event for event, _ in list_events(world)} == {"made", "sent"}


def test_a_text_that_is_not_released_has_no_delivery(world: World, meeting: Meeting, release_store: Store) -> None:
    """Nor one whose instant has not come, or whose release failed."""
    to_tsb = NewReleasePlan(addressees=frozenset({"tsb"}))
    for output in (
        world.approved(meeting, **LIAISON),
        world.scheduled(meeting, **LIAISON),
        world.schedule_release(world.approved(meeting, **LIAISON), to_tsb),
        world.failed(meeting, **LIAISON),
        world.withdrawn(release_to(world, meeting, release_store)),
    ):
        made = len(list_stored(world, output))
        with transaction(world.work) as session:
            record_rows(session)
            assert making.create_deliveries(session, output.id) == 0
        assert len(list_stored(world, output)) == made
        assert all(state == "called-back" for _, _, state in list_stored(world, output))


def test_deliveries_are_made_and_sent_once(world: World, meeting: Meeting, release_store: Store) -> None:
    output = release_to(world, meeting, release_store, **LIAISON)
    before = list_stored(world, output), list_events(world)

    for _ in range(2):
        with transaction(world.work) as session:
            record_rows(session)
            assert making.create_deliveries(session, output.id) == 0
            for each in queries.list_deliveries(session, output):
                assert not making.send_delivery(session, each.id)

    assert (list_stored(world, output), list_events(world)) == before
    (_, _, to_tsb) = world.deliver(output)
    twice = {"output_id": output.id, "body_id": output.body_id, "kind": "unit", "recipient": "tsb"}
    with pytest.raises(IntegrityError, match="uq_delivery"), transaction(world.work) as session:
        record_rows(session)
        session.add(Delivery(**twice, channel="desk", state="due", due_at=to_tsb.due_at))


def test_what_a_worker_of_the_version_before_released_is_found(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    outputs = [release_to(world, meeting, release_store), world.released(meeting, release_store)]
    database.run_as_superuser("DELETE FROM portal.delivery")
    with transaction(world.work) as session:
        assert queries.list_outputs_without_deliveries(session) == [outputs[0].id]
        making.create_deliveries(session, outputs[0].id)
    assert list_stored(world, outputs[0]) == [("unit:tsb", "desk", "due")]


def test_what_was_to_be_handed_over_before_there_were_deliveries_is_not_asked_for(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    with clock.shifted_clock(timedelta(days=-8)):
        output = release_to(world, world.meeting(opens_in=-1, number=20), release_store, frozenset(), **LIAISON)
    database.run_as_superuser("DELETE FROM portal.delivery")
    with transaction(world.work) as session:
        record_rows(session)
        assert queries.list_outputs_without_deliveries(session) == []
        assert making.create_deliveries(session, output.id) == 0


def test_only_an_officer_of_the_unit_acknowledges_and_once(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = release_to(world, meeting, release_store, {"tsb", "br"})
    to_br, to_tsb = sorted(world.deliver(output), key=lambda each: each.recipient)
    for who in ("ines", "laurent", "amina", "chen"):
        with pytest.raises(Forbidden):
            world.acknowledge(to_tsb, by=who)
    with pytest.raises(Forbidden):
        world.acknowledge(to_br)

    world.acknowledge(to_tsb)

    assert ("unit:tsb", "desk", "acknowledged") in list_stored(world, output)
    assert list_events(world)[-1] == ("acknowledged", "unit:tsb")
    with transaction(world.read) as session:
        assert session.get_one(Delivery, to_tsb.id).settled_by == world.person("olga").id
    with pytest.raises(Conflict, match="already been answered"):
        world.acknowledge(to_tsb)


def test_each_sees_what_was_sent_to_them_or_by_them(world: World, meeting: Meeting, release_store: Store) -> None:
    output = release_to(world, meeting, release_store, {"tsb", "br"}, **LIAISON)
    deliveries = world.deliver(output)
    seen = {"ines": 4, "olga": 1, "amina": 0, "laurent": 0, "chen": 0}
    with transaction(world.read) as session:
        for who, count in seen.items():
            actor, found = world.actor(who), 0
            for each in deliveries:
                try:
                    found += bool(queries.get_visible_delivery(session, actor, each.id))
                except NotFound:
                    continue
            assert (who, found) == (who, count)


def test_a_unit_sees_a_delivery_only_once_it_is_sent(world: World, meeting: Meeting, release_store: Store) -> None:
    output = release_to(world, meeting, release_store)
    (to_tsb,) = world.deliver(output)
    with transaction(world.write) as session:
        record_rows(session)
        stored = session.get_one(Delivery, to_tsb.id)
        stored.state, stored.sent_at = "due", None

    with pytest.raises(NotFound), transaction(world.read) as session:
        queries.get_visible_delivery(session, world.actor("olga"), to_tsb.id)


def test_a_secretary_notes_when_and_how_a_text_was_handed_over(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = release_to(world, meeting, release_store, frozenset(), **LIAISON)
    first, second = world.deliver(output)
    now = clock.now().astimezone(ZoneInfo(meeting.zone))

    def note(delivery: Delivery, *, by: str = "ines", hours: float = 0) -> None:
        at = now + timedelta(hours=hours)
        handover = HandoverNote(on=at.date(), at=at.time().replace(second=0, microsecond=0), note="By a courier")
        with world.acting(by) as (session, actor):
            answers.note_delivery_by_hand(session, actor, session.get_one(Delivery, delivery.id), handover)

    for who in ("olga", "laurent", "amina"):
        with pytest.raises(Forbidden):
            note(first, by=who)
    for hours in (-2, 2):
        with pytest.raises(BadRequest, match="between the release"):
            note(first, hours=hours)
    with pytest.raises(Forbidden):
        world.acknowledge(first)

    note(first)

    assert list_stored(world, output) == [("words:1", "hand", "sent"), ("words:2", "hand", "due")]
    with transaction(world.read) as session:
        stored = session.get_one(Delivery, first.id)
        assert (stored.note, stored.settled_by) == ("By a courier", world.person("ines").id)
    with pytest.raises(Conflict):
        note(first)
    assert second.note is None


def test_a_withdrawal_calls_every_delivery_back_and_keeps_what_was_done(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = release_to(world, meeting, release_store, {"tsb", "br"}, **LIAISON)
    to_tsb = next(each for each in world.deliver(output) if each.recipient == "tsb")
    world.acknowledge(to_tsb)
    with transaction(world.work) as session:
        record_rows(session)
        assert making.call_back_deliveries(session, output.id) == 0  # it is not withdrawn

    world.withdrawn(output)

    assert {state for _, _, state in list_stored(world, output)} == {"called-back"}
    with transaction(world.read) as session:
        stored = session.get_one(Delivery, to_tsb.id)
        assert stored.settled_at
        assert stored.called_back_at
        assert queries.list_delivered_texts(session, session.get_one(Output, output.id)) == []
        assert queries.list_outputs_to_call_back(session) == []
    assert [event for event, _ in list_events(world)].count("called-back") == 4
    with pytest.raises(Conflict):
        world.acknowledge(to_tsb)
