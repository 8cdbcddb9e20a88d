"""The draft of an agenda and its releases, through the actions: no edit is lost, and the draft stays hidden."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import WriteSession, transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.agendas.actions import allocation, editing, release
from app.domain.agendas.inputs import ItemSchedule, NewAgendaItem
from app.domain.agendas.models import AgendaChange, AgendaItem
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.agendas.rules.time_plan import compute_session_loads
from app.domain.document_outcomes.queries.outcomes import index_outcomes_of_documents
from app.domain.documents.models import Document
from app.domain.meetings.actions.sessions import cancel_session
from app.domain.meetings.models import Meeting, MeetingSession
from tests.document_history import withdraw_document
from tests.world import World, record_rows

Verb = Callable[[WriteSession, Actor, Meeting, int], object]


def list_lines(world: World, meeting: Meeting) -> list[str]:
    """Return the lines of the draft: number and title."""
    with transaction(world.read) as session:
        stored_meeting = session.get_one(Meeting, meeting.id)
        ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, stored_meeting))
        return [f"{format_item_number(stored_meeting.numbering, path)} {item.titles['en']}" for item, path in ordered]


def list_allocations(world: World, meeting: Meeting) -> list[tuple[object, object, int, int | None]]:
    with transaction(world.read) as session:
        return [
            (a.document_id, a.item_id, a.position, a.together)
            for a in agenda_drafts.list_draft_allocations(session, meeting)
        ]


def apply_to_draft(world: World, meeting: Meeting, verb: Verb, *, by: str = "laurent") -> None:
    """Apply a change to the current version of the draft."""
    with world.acting(by) as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        verb(session, actor, stored_meeting, stored_meeting.agenda_version)


def allocate(world: World, meeting: Meeting, document: Document, item: AgendaItem, position: int = 99) -> None:
    def verb(session: WriteSession, actor: Actor, stored_meeting: Meeting, version: int) -> None:
        place, paper = session.get_one(AgendaItem, item.id), session.get_one(Document, document.id)
        allocation.allocate_document(session, actor, stored_meeting, paper, place, version=version, position=position)

    apply_to_draft(world, meeting, verb)


def undo_last(world: World, meeting: Meeting) -> None:
    apply_to_draft(
        world,
        meeting,
        lambda session, actor, stored, version: editing.undo_last_change(session, actor, stored, version=version),
    )


def step_item(world: World, meeting: Meeting, item: AgendaItem, direction: str) -> None:
    def verb(session: WriteSession, actor: Actor, stored_meeting: Meeting, version: int) -> None:
        editing.move_agenda_item_one_step(
            session, actor, stored_meeting, session.get_one(AgendaItem, item.id), direction, version=version
        )

    apply_to_draft(world, meeting, verb)


def remove_item(world: World, meeting: Meeting, item: AgendaItem) -> None:
    def verb(session: WriteSession, actor: Actor, stored_meeting: Meeting, version: int) -> None:
        editing.remove_agenda_item(
            session, actor, stored_meeting, session.get_one(AgendaItem, item.id), version=version
        )

    apply_to_draft(world, meeting, verb)


def test_items_move_and_close_the_gap_of_one_that_was_removed(world: World) -> None:
    meeting = world.meeting()
    one, two, three = (world.item(meeting, title) for title in ("One", "Two", "Three"))

    step_item(world, meeting, three, "up")
    assert list_lines(world, meeting) == ["1 One", "2 Three", "3 Two"]
    step_item(world, meeting, two, "in")
    assert list_lines(world, meeting) == ["1 One", "2 Three", "2.1 Two"]
    with pytest.raises(Conflict, match="This item has sub-items"):
        remove_item(world, meeting, three)
    remove_item(world, meeting, one)
    assert list_lines(world, meeting) == ["1 Three", "1.1 Two"]


def test_a_new_item_comes_behind_those_of_its_session_and_at_the_end_without_one(world: World) -> None:
    meeting = world.meeting()
    morning, afternoon, evening = (world.session_of(meeting, day=day) for day in range(3))

    def add(title: str, planned: MeetingSession | None) -> None:
        content = NewAgendaItem(title=title, session=planned.id if planned else None)
        apply_to_draft(
            world,
            meeting,
            lambda session, actor, stored, version: editing.add_agenda_item(
                session, actor, stored, content, "en", version=version
            ),
        )

    for title, planned in (("One", morning), ("Two", afternoon), ("Three", morning), ("Four", evening), ("Five", None)):
        add(title, planned)
    assert list_lines(world, meeting) == ["1 One", "2 Three", "3 Two", "4 Four", "5 Five"]


def list_sessions_of_items(world: World, meeting: Meeting) -> dict[str, object]:
    """Return the sessions that items of the draft have themselves, by title."""
    with transaction(world.read) as session:
        items = session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
        return {item.titles["en"]: item.session_id for item in items}


def test_an_item_that_passes_one_of_another_session_goes_to_that_session_with_its_sub_items(world: World) -> None:
    meeting = world.meeting()
    morning, afternoon = (world.session_of(meeting, day=day).id for day in range(2))
    one, two, below, three, four = (world.item(meeting, title) for title in ("One", "Two", "Below", "Three", "Four"))
    step_item(world, meeting, below, "in")
    schedules = dict.fromkeys((one.id, two.id, below.id), morning) | dict.fromkeys((three.id, four.id), afternoon)

    def plan(session: WriteSession, actor: Actor, stored: Meeting, version: int) -> None:
        wanted = {item: ItemSchedule(minutes=None, session=planned) for item, planned in schedules.items()}
        editing.schedule_agenda_items(session, actor, stored, wanted, version=version)

    apply_to_draft(world, meeting, plan)
    planned = list_sessions_of_items(world, meeting)

    step_item(world, meeting, two, "down")
    assert list_lines(world, meeting) == ["1 One", "2 Three", "3 Two", "3.1 Below", "4 Four"]
    assert list_sessions_of_items(world, meeting) == planned | {"Two": afternoon, "Below": afternoon}
    undo_last(world, meeting)
    assert list_lines(world, meeting) == ["1 One", "2 Two", "2.1 Below", "3 Three", "4 Four"]
    assert list_sessions_of_items(world, meeting) == planned

    step_item(world, meeting, three, "up")
    assert list_sessions_of_items(world, meeting) == planned | {"Three": morning}
    undo_last(world, meeting)
    step_item(world, meeting, three, "in")
    assert list_lines(world, meeting)[3] == "2.2 Three"
    assert list_sessions_of_items(world, meeting) == planned | {"Three": None}  # that of the item above it
    step_item(world, meeting, three, "out")
    assert list_sessions_of_items(world, meeting) == planned | {"Three": morning}


def test_an_item_that_is_moved_to_a_position_goes_to_the_session_of_those_around_it(world: World) -> None:
    meeting = world.meeting()
    morning, afternoon, evening = (world.session_of(meeting, day=day).id for day in range(3))
    plan = {"One": morning, "Two": morning, "Below": morning, "Three": afternoon, "Four": afternoon, "Five": evening}
    items = {title: world.item(meeting, title) for title in plan}
    step_item(world, meeting, items["Below"], "in")
    schedules = {items[title].id: ItemSchedule(minutes=None, session=planned) for title, planned in plan.items()}
    apply_to_draft(
        world,
        meeting,
        lambda session, actor, stored, version: editing.schedule_agenda_items(
            session, actor, stored, schedules, version=version
        ),
    )

    def move(title: str, position: int, parent: str | None = None) -> dict[str, object]:
        """Return the sessions that changed by a move, which is undone."""

        def verb(session: WriteSession, actor: Actor, stored: Meeting, version: int) -> None:
            item, parent_id = session.get_one(AgendaItem, items[title].id), items[parent].id if parent else None
            editing.move_agenda_item(
                session, actor, stored, item, parent_id=parent_id, position=position, version=version
            )

        apply_to_draft(world, meeting, verb)
        now = list_sessions_of_items(world, meeting)
        undo_last(world, meeting)
        assert list_sessions_of_items(world, meeting) == plan
        return {each: planned for each, planned in now.items() if planned != plan[each]}

    assert move("Two", 2) == {"Two": afternoon, "Below": afternoon}
    assert move("Two", 1) == move("Two", 0) == {}
    assert move("Two", 4) == {"Two": evening, "Below": evening}
    assert move("Four", 2) == {}  # between two sessions it stays in its own
    assert move("Five", 4) == {}  # where it was, with no other of its session
    assert move("Five", 0) == {"Five": morning}
    assert move("Five", 0, "Three") == move("Five", 0, "Two") == {"Five": None}  # that of the item above


def test_an_item_that_is_moved_keeps_the_sessions_that_another_person_chose_meanwhile(world: World) -> None:
    meeting = world.meeting()
    morning, afternoon, evening = (world.session_of(meeting, day=day).id for day in range(3))
    one, below, two = (world.item(meeting, title) for title in ("One", "Below", "Two"))
    step_item(world, meeting, below, "in")

    def plan(sessions: dict[UUID, UUID]) -> None:
        wanted = {item: ItemSchedule(minutes=None, session=planned) for item, planned in sessions.items()}
        apply_to_draft(
            world,
            meeting,
            lambda session, actor, stored, version: editing.schedule_agenda_items(
                session, actor, stored, wanted, version=version
            ),
        )

    def step_as_seen_before(direction: str) -> None:
        with world.acting("layla") as (session, actor):
            stored = session.get_one(Meeting, meeting.id)
            seen, moved = stored.agenda_version - 1, session.get_one(AgendaItem, one.id)
            editing.move_agenda_item_one_step(session, actor, stored, moved, direction, version=seen)

    plan({one.id: morning, below.id: evening, two.id: afternoon})
    plan({below.id: morning})
    step_as_seen_before("down")
    assert list_sessions_of_items(world, meeting) == {"One": afternoon, "Below": morning, "Two": afternoon}

    plan({two.id: morning, below.id: afternoon})
    plan({one.id: evening})
    step_as_seen_before("up")
    assert list_lines(world, meeting) == ["1 One", "1.1 Below", "2 Two"]
    assert list_sessions_of_items(world, meeting) == {"One": evening, "Below": afternoon, "Two": morning}

    plan({one.id: morning, below.id: evening})
    plan({one.id: evening})
    step_as_seen_before("down")
    assert list_lines(world, meeting) == ["1 Two", "2 One", "2.1 Below"]
    assert list_sessions_of_items(world, meeting) == {"One": evening, "Below": evening, "Two": morning}


def test_a_document_is_under_one_item_in_its_order_and_can_be_moved_to_another(world: World) -> None:
    meeting = world.meeting()
    first, second = world.item(meeting, "First"), world.item(meeting, "Second")
    documents = [world.registered(meeting, title=f"Paper {number}")[1] for number in range(3)]

    for document in documents:
        allocate(world, meeting, document, first)
    allocate(world, meeting, documents[2], first, position=0)
    allocate(world, meeting, documents[1], second)

    assert sorted(list_allocations(world, meeting), key=str) == sorted(
        [
            (documents[2].id, first.id, 0, None),
            (documents[0].id, first.id, 1, None),
            (documents[1].id, second.id, 0, None),
        ],
        key=str,
    )


def test_all_documents_in_the_tray_are_allocated_as_requested_and_one_undo_takes_them_back(world: World) -> None:
    meeting = world.meeting()
    first, second, gone = (world.item(meeting, title) for title in ("First", "Second", "Gone"))
    elsewhere = world.registered(world.meeting(number=23))[1]
    papers = [world.registered(meeting, title=f"Paper {number}")[1] for number in range(6)]
    allocate(world, meeting, papers[0], second)
    withdraw_document(world, papers[5])
    remove_item(world, meeting, gone)
    asked = [first, first, second, first, gone, first]
    requested = {paper.id: item.id for paper, item in zip(papers, asked, strict=True)} | {elsewhere.id: first.id}
    before = list_allocations(world, meeting)

    def put_all(session: WriteSession, actor: Actor, stored_meeting: Meeting, version: int) -> None:
        allocation.allocate_documents_as_requested(session, actor, stored_meeting, requested, version=version)

    with pytest.raises(Forbidden):
        apply_to_draft(world, meeting, put_all, by="amina")
    apply_to_draft(world, meeting, put_all)

    assert sorted(list_allocations(world, meeting), key=str) == sorted(
        [
            (papers[0].id, second.id, 0, None),
            (papers[1].id, first.id, 0, None),
            (papers[2].id, second.id, 1, None),
            (papers[3].id, first.id, 1, None),
        ],
        key=str,
    )
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine.event).order_by(JournalLine.seq.desc()).limit(4)).all()
        assert lines == ["document:allocated"] * 3 + ["agenda:changed"]
    with pytest.raises(Conflict, match="no document to allocate as requested"):
        apply_to_draft(world, meeting, put_all)
    undo_last(world, meeting)
    assert list_allocations(world, meeting) == before


def test_documents_are_discussed_together_until_one_is_taken_out(world: World) -> None:
    meeting = world.meeting()
    item = world.item(meeting)
    documents = [world.registered(meeting, title=f"Paper {number}")[1] for number in range(3)]
    for document in documents:
        allocate(world, meeting, document, item)

    def group(*chosen: Document) -> None:
        keys = [document.id for document in chosen]
        apply_to_draft(
            world,
            meeting,
            lambda session, actor, stored, version: allocation.group_documents_for_discussion(
                session, actor, stored, session.get_one(AgendaItem, item.id), keys, version=version
            ),
        )

    group(documents[0], documents[2])
    assert [together for *_, together in list_allocations(world, meeting)] == [1, None, 1]
    group(documents[2])
    assert [together for *_, together in list_allocations(world, meeting)][1:] == [None, None]
    with pytest.raises(NotFound):
        group(world.registered(meeting)[1])


def test_a_document_of_another_meeting_is_not_taken_off_through_this_agenda(world: World) -> None:
    own_meeting, other_meeting = world.meeting(), world.meeting(number=23)
    _, document = world.registered(other_meeting)

    with pytest.raises(NotFound):
        apply_to_draft(
            world,
            own_meeting,
            lambda session, actor, stored, version: allocation.unallocate_document(
                session, actor, stored, session.get_one(Document, document.id), version=version
            ),
        )


def test_an_item_with_documents_is_not_removed(world: World) -> None:
    meeting = world.meeting()
    item = world.item(meeting)
    allocate(world, meeting, world.registered(meeting)[1], item)

    with pytest.raises(Conflict, match="Documents are allocated to this item"):
        remove_item(world, meeting, item)


def test_undo_restores_each_earlier_state_exactly(world: World) -> None:
    meeting = world.meeting()
    first, second = world.item(meeting, "First"), world.item(meeting, "Second")
    allocate(world, meeting, world.registered(meeting)[1], second)
    states = [(list_lines(world, meeting), list_allocations(world, meeting))]
    for item, direction in ((second, "up"), (first, "in")):
        step_item(world, meeting, item, direction)
        states.append((list_lines(world, meeting), list_allocations(world, meeting)))
    assert states[-1][0] == ["1 Second", "1.1 First"]

    for before in states[-2::-1]:
        undo_last(world, meeting)
        assert (list_lines(world, meeting), list_allocations(world, meeting)) == before

    for _ in range(3):
        undo_last(world, meeting)
    assert list_lines(world, meeting) == []
    with pytest.raises(Conflict, match="nothing to undo"):
        undo_last(world, meeting)


def test_only_the_latest_changes_can_be_undone_and_the_journal_has_all(world: World, monkeypatch) -> None:
    monkeypatch.setattr("app.domain.agendas.actions.draft_lock.MAX_UNDO_STEPS", 2)
    meeting = world.meeting()
    for number in range(4):
        world.item(meeting, str(number))

    with transaction(world.read) as session:
        assert session.scalars(select(AgendaChange.version).order_by(AgendaChange.version)).all() == [3, 4]


def test_a_release_is_a_copy_independent_of_the_draft(world: World) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    _, document = world.registered(meeting)
    allocate(world, meeting, document, item)
    first = world.agenda_released(meeting)
    world.item(meeting, "Second")
    with transaction(world.read) as session:
        assert [each.titles["en"] for each in agenda_releases.list_current_released_items(session, meeting)] == [
            "First"
        ]

    second = world.agenda_released(meeting)

    with transaction(world.read) as session:
        assert (first.number, second.number, agenda_releases.find_current_release(session, meeting).id) == (
            1,
            2,
            second.id,
        )
        agenda_release = agenda_releases.get_agenda_release(session, meeting, 1)
        assert [each.titles["en"] for each in agenda_releases.list_release_items(session, agenda_release)] == ["First"]
        assert [each.document_id for each in agenda_releases.list_release_allocations(session, agenda_release)] == [
            document.id
        ]


def test_an_adopted_agenda_is_frozen_but_for_its_documents(world: World) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    released = world.agenda_released(meeting)

    def adopt(session: WriteSession, actor: Actor, stored_meeting: Meeting, _: int) -> None:
        release.adopt_agenda(session, actor, stored_meeting, number=released.number)

    world.item(meeting, "Not released")
    with pytest.raises(Conflict, match="changes that have not been released"):
        apply_to_draft(world, meeting, adopt)
    undo_last(world, meeting)
    released = world.agenda_released(meeting)
    apply_to_draft(world, meeting, adopt)

    with pytest.raises(Conflict, match="can no longer be changed"):
        world.item(meeting, "Too late")
    with pytest.raises(Conflict, match="already been adopted"):
        apply_to_draft(world, meeting, adopt)
    _, document = world.registered(meeting)
    allocate(world, meeting, document, item)
    assert world.agenda_released(meeting).adopted_at is not None


@pytest.mark.parametrize("who", ["amina", "joseph", "olga", "chen"])
def test_only_chairs_and_the_secretariat_edit_the_agenda(world: World, who: str) -> None:
    meeting = world.meeting()

    with pytest.raises(Forbidden), world.acting(who) as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        editing.add_agenda_item(session, actor, stored_meeting, NewAgendaItem(title="Mine"), "en", version=0)


def test_a_document_is_taken_up_in_the_session_of_the_item_above_and_in_none_that_is_cancelled(world: World) -> None:
    meeting = world.meeting()
    document = world.registered(meeting)[1]
    planned, above, item = world.session(meeting), world.item(meeting, "Above"), world.item(meeting, "Below")
    with transaction(world.write) as writing:
        writing.get_one(AgendaItem, above.id).session_id = planned.id
        writing.get_one(AgendaItem, item.id).parent_id = above.id
        record_rows(writing)
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)

    def find_start() -> datetime | None:
        with world.acting("amina") as (session, actor):
            return index_outcomes_of_documents(session, actor, [document.id])[document.id].items[0].starts_at

    assert find_start() == planned.starts_at
    with world.acting("ines") as (session, actor):
        cancel_session(session, actor, session.get_one(MeetingSession, planned.id), version=planned.version)
    assert find_start() is None


def test_the_hour_of_each_document_is_that_which_the_agenda_shows_for_its_item(world: World) -> None:
    meeting = world.meeting()
    morning, afternoon = (world.session_of(meeting, day=day) for day in range(2))
    plan = {
        "One": (morning, 20),
        "Two": (morning, 30),
        "Below without minutes": (None, None),
        "Below": (None, 15),
        "Lowest": (None, 10),
        "Later": (afternoon, None),
        "Early again": (morning, 10),
        "Unplanned": (None, 5),
    }
    items = {title: world.item(meeting, title) for title in plan}
    documents = {title: world.registered(meeting)[1] for title in plan}
    with transaction(world.write) as writing:
        for title, (planned, minutes) in plan.items():
            stored = writing.get_one(AgendaItem, items[title].id)
            stored.session_id, stored.minutes = planned.id if planned else None, minutes
            if title.startswith("Below"):
                stored.parent_id, stored.position = items["Two"].id, list(plan).index(title) - 2
            elif title == "Lowest":
                stored.parent_id, stored.position = items["Below"].id, 0
        record_rows(writing)
    for title, item in items.items():
        world.allocated(meeting, documents[title], item)
    for _version in range(2):
        world.agenda_released(meeting)

    with world.acting("amina") as (session, actor):
        loads = compute_session_loads(agenda_releases.list_released_item_plans(session, meeting), [morning, afternoon])
        shown = {each.item_id: each.hour for load in loads for each in load.items}
        placed = index_outcomes_of_documents(session, actor, [document.id for document in documents.values()])
        hours = {title: placed[document.id].items[0].hour for title, document in documents.items()}
        of_pages = {
            title: index_outcomes_of_documents(session, actor, [document.id])[document.id].items[0].hour
            for title, document in documents.items()
        }

    assert hours == {title: shown.get(item.id) for title, item in items.items()}
    assert hours == of_pages
    start = morning.starts_at
    assert [(title, hour - start) for title, hour in hours.items() if hour and title != "Later"] == [
        ("One", timedelta(0)),
        ("Two", timedelta(minutes=20)),
        ("Below", timedelta(minutes=50)),
        ("Lowest", timedelta(minutes=65)),
        ("Early again", timedelta(minutes=75)),
    ]
    assert hours["Later"] == afternoon.starts_at
