"""Check-in and badges: once, with when and by whom; by the code of this meeting; and whose badge is to be made."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import BadRequest, Conflict, Forbidden, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting
from app.domain.participants import queries, rules
from app.domain.participants.actions import attendance, badges, registration
from app.domain.participants.inputs import BadgeChoice, NewParticipant
from app.domain.participants.models import Participant
from tests.domain.test_concurrency import count_lines, run_overlapping
from tests.world import World

KEY = "a key of thirty-two characters …"


def check_in(world: World, participant: Participant, *, by: str = "ines") -> bool:
    with world.acting(by) as (session, actor):
        meeting = session.get_one(Meeting, participant.meeting_id)
        return attendance.check_in(session, actor, meeting, session.get_one(Participant, participant.id))


def undo(world: World, participant: Participant, *, by: str = "ines") -> None:
    with world.acting(by) as (session, actor):
        meeting = session.get_one(Meeting, participant.meeting_id)
        attendance.undo_check_in(session, actor, meeting, session.get_one(Participant, participant.id))


def make(world: World, meeting: Meeting, which: str, *selected: Participant, by: str = "ines") -> set[str]:
    """Make badges; returns the names on the sheet."""
    choice = BadgeChoice(which=which, selected=frozenset(each.id for each in selected))
    with world.acting(by) as (session, actor):
        made_at = badges.make_badges(session, actor, session.get_one(Meeting, meeting.id), choice)
    return {each.name for each in list_participants(world, meeting) if each.badge_made_at == made_at}


def change(world: World, participant: Participant, **changed: object) -> None:
    new = NewParticipant(**{"name": participant.name, "capacity": "delegate", "mode": "on_site"} | changed)
    with world.acting("ines") as (session, actor):
        row = session.get_one(Participant, participant.id)
        registration.change_participant(session, actor, row, new, version=row.version)


def list_participants(world: World, meeting: Meeting) -> list[Participant]:
    with world.acting("ines") as (session, actor):
        return list(queries.list_participants(session, actor, meeting))


def test_a_participant_is_checked_in_once_with_when_and_by_whom(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    with pytest.raises(Conflict, match="begun"):
        check_in(world, participant)
    world.moved(meeting, "begin")

    assert check_in(world, participant) is True
    (came,) = list_participants(world, meeting)
    with clock.shifted_clock(timedelta(hours=1)):
        assert check_in(world, participant, by="daniel") is False

    (now,) = list_participants(world, meeting)
    assert (now.attended, now.attendance_noted_by) == (True, world.person("ines").id)
    assert now.attendance_noted_at == came.attendance_noted_at
    undo(world, participant, by="daniel")
    undo(world, participant)
    assert list_participants(world, meeting)[0].attended is None
    with world.acting("ines") as (session, _actor):
        kept = session.scalars(
            select(JournalLine.event).where(JournalLine.event.contains(":check")).order_by("seq")
        ).all()
    assert kept == ["participant:checked-in", "participant:check-in-undone"]


def test_of_two_desks_that_scan_one_badge_at_once_one_checks_in(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    world.moved(meeting, "begin")
    outcomes = []

    def scan(session: WriteSession, actor: Actor) -> None:
        row = session.get_one(Participant, participant.id)
        outcomes.append(attendance.check_in(session, actor, session.get_one(Meeting, meeting.id), row))

    run_overlapping(world, ("ines", scan), ("daniel", scan))

    assert outcomes == [True, False]
    assert count_lines(world, "participant:checked-in") == 1
    assert list_participants(world, meeting)[0].attendance_noted_by == world.person("ines").id


def test_two_people_at_once_do_not_make_a_sheet_of_the_same_badges(world: World) -> None:
    meeting = world.meeting()
    world.participant(meeting)

    def make_all_without(session: WriteSession, actor: Actor) -> None:
        badges.make_badges(session, actor, session.get_one(Meeting, meeting.id), BadgeChoice(which="without"))

    with pytest.raises(BadRequest, match="every participant has one"):
        run_overlapping(world, ("ines", make_all_without), ("daniel", make_all_without))

    assert count_lines(world, "participant:badges-made") == 1


def test_only_the_secretariat_checks_in_and_no_one_who_was_cancelled(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    world.moved(meeting, "begin")

    for who in ("laurent", "joseph", "amina"):
        with pytest.raises(Forbidden):
            check_in(world, participant, by=who)
        with pytest.raises(Forbidden):
            undo(world, participant, by=who)
    with world.acting("ines") as (session, actor):
        registration.cancel_participant(session, actor, session.get_one(Participant, participant.id), version=1)
    with pytest.raises(Stale):
        check_in(world, participant)


def test_a_tick_in_the_list_keeps_when_and_by_whom_too(world: World) -> None:
    meeting = world.meeting()
    one = world.participant(meeting).id
    world.moved(meeting, "begin")
    with world.acting("ines") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        attendance.note_attendance(session, actor, row, {one}, listed={one}, previously_present=set())

    (noted,) = list_participants(world, meeting)
    assert noted.attendance_noted_by == world.person("ines").id
    assert noted.attendance_noted_at.astimezone(UTC) <= clock.now()


def test_a_code_is_valid_for_one_person_at_one_meeting(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=23, opens_in=60)
    here, there = world.participant(meeting), world.participant(other)
    code = rules.derive_badge_code(here, key=KEY)

    def find(place: Meeting, typed: str, key: str = KEY) -> object:
        found = rules.find_participant_by_code(list_participants(world, place), typed, key=key)
        return found and found.id

    assert find(meeting, code.lower()) == here.id
    assert find(other, code) is None
    assert find(meeting, rules.derive_badge_code(there, key=KEY)) is None
    assert find(meeting, code, key="another key of 32 characters …") is None
    amina = world.person("amina")
    change(world, here, name=amina.name)
    assert find(meeting, code) is None
    code = rules.derive_badge_code(list_participants(world, meeting)[0], key=KEY)
    change(world, here, name=None, person=amina.id)
    assert find(meeting, code) is None
    code = rules.derive_badge_code(list_participants(world, meeting)[0], key=KEY)
    change(world, here, name="Another Person")
    assert find(meeting, code) is None


def test_who_replaces_a_participant_is_not_present_yet(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    world.moved(meeting, "begin")

    def read_attendance() -> tuple[object, ...]:
        (row,) = list_participants(world, meeting)
        return row.attended, row.attendance_noted_by, row.attendance_noted_at

    check_in(world, participant)
    noted = read_attendance()
    change(world, participant, function="Director", mode="remote")
    change(world, participant, name=participant.name.upper())
    assert read_attendance() == noted
    amina = world.person("amina")
    change(world, participant, name=amina.name)
    assert read_attendance() == (None, None, None)
    check_in(world, participant)
    change(world, participant, name=None, person=amina.id)
    assert read_attendance() == (None, None, None)


def test_people_are_found_by_the_beginnings_of_their_names(world: World) -> None:
    meeting = world.meeting()
    for name in ("Zoë Müller", "Müge Zorlu", "Иван Ёлкин"):
        world.participant(meeting, name)

    def find(typed: str) -> set[str]:
        return {each.name for each in rules.filter_participants_by_name(list_participants(world, meeting), typed)}

    assert find("mu zo") == {"Zoë Müller", "Müge Zorlu"}
    assert find("MULLER") == {"Zoë Müller"}
    assert find("елкин") == {"Иван Ёлкин"}
    assert find("…") == find("uller") == set()


def test_badges_are_made_once_and_again_when_what_they_show_has_changed(world: World) -> None:
    meeting = world.meeting()
    one, two = (world.participant(meeting, name) for name in ("One", "Two"))

    assert make(world, meeting, "selected", one) == {"One"}
    assert make(world, meeting, "without") == {"Two"}
    with pytest.raises(BadRequest, match="every participant has one"):
        make(world, meeting, "without")
    change(world, one, mode="remote")
    for which in ("without", "selected"):
        with pytest.raises(BadRequest, match="every participant has one"):
            make(world, meeting, which, one)
    assert make(world, meeting, "all") == {"Two"}
    change(world, one, mode="on_site")
    change(world, two, function="Director")
    assert make(world, meeting, "without") == {"Two"}
    assert make(world, meeting, "all") == {"One", "Two"}
    with pytest.raises(ValueError, match="Select at least one"):
        BadgeChoice(which="selected")
    for who in ("joseph", "laurent"):
        with pytest.raises(Forbidden):
            make(world, meeting, "all", by=who)
