"""The life of a meeting: its moves, what may be changed in which state, its deadlines and its sessions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden, NotFound, Stale
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.agendas.actions import release as agenda_releases
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.actions import late_submissions
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.floor.actions import session as floor
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle, sessions
from app.domain.meetings.inputs import NewMeeting, NewMeetingSession, PracticalInformation
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.participants.actions import attendance
from app.domain.participants.queries import list_participants
from app.domain.reports.actions import drafting as reports
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import ReportStage
from app.domain.silence.actions import draft_texts
from tests.domain.test_concurrency import run_overlapping
from tests.world import GRACE, World

STEPS = {  # the states from which a move can be made
    "convene": {"planned"},
    "open": {"convened"},
    "begin": {"convened", "open"},
    "undo-begin": set(),  # only as long as nothing was done in it: below
    "close": {"in_session"},
    "cancel": {"planned", "convened", "open", "in_session"},
}


def reload_meeting(world: World, meeting: Meeting) -> Meeting:
    with world.acting("ines") as (session, _):
        return session.get_one(Meeting, meeting.id)


def unchanged_values(meeting: Meeting, **more: object) -> NewMeeting:
    """Return the values of the unchanged form, except for `more`."""
    values = {"number": meeting.number, "place": "Geneva", "zone": meeting.zone}
    return NewMeeting(**values | {"opens_on": meeting.opens_on, "closes_on": meeting.closes_on} | more)


def change_meeting(world: World, meeting: Meeting, new: NewMeeting, *, version: int | None = None) -> Meeting:
    with world.acting("ines") as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        life_cycle.change_meeting(session, actor, stored_meeting, new, "en", version=version or stored_meeting.version)
        return stored_meeting


def local_start(meeting: Meeting, meeting_session: MeetingSession) -> tuple[int, str]:
    """Return the day of the meeting and the local time at which a session begins."""
    begins = meeting_session.starts_at.astimezone(zone_of(meeting))
    return (begins.date() - meeting.opens_on).days, begins.strftime("%H:%M")


def zone_of(meeting: Meeting) -> ZoneInfo:
    return ZoneInfo(meeting.zone)


@pytest.mark.parametrize("life", list(MeetingLife))
def test_the_moves_match_the_life_of_a_meeting(life: MeetingLife) -> None:
    meeting = Meeting(life=life)

    possible = {
        name for name, move in rules.MOVES.items() if move.permission.state_rule.objection_to(None, meeting) is None
    }

    assert possible == {name for name, lives in STEPS.items() if life in lives}


def test_a_meeting_passes_through_every_state(world: World) -> None:
    meeting = world.planned()
    lives = [meeting.life]

    for name, who in (("convene", "ines"), ("open", "ines"), ("begin", "laurent"), ("close", "layla")):
        lives.append(world.moved(meeting, name, by=who).life)

    assert lives == ["planned", "convened", "open", "in_session", "closed"]


@pytest.mark.parametrize(("name", "who"), [("convene", "laurent"), ("cancel", "laurent"), ("convene", "rafael")])
def test_each_step_is_taken_only_by_those_who_may(world: World, name: str, who: str) -> None:
    meeting = world.planned()

    with pytest.raises(Forbidden):
        world.moved(meeting, name, by=who)
    assert reload_meeting(world, meeting).life == "planned"


def test_a_step_decided_on_an_outdated_version_is_refused(world: World) -> None:
    meeting = world.planned()
    seen = reload_meeting(world, meeting).version
    change_meeting(world, meeting, unchanged_values(meeting, place="Nairobi"))

    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        life_cycle.change_meeting_life(session, actor, session.get_one(Meeting, meeting.id), "convene", version=seen)
    assert reload_meeting(world, meeting).life == "planned"


def test_a_cancelled_meeting_has_a_reason_and_no_sessions(world: World) -> None:
    meeting = world.meeting()
    world.session_of(meeting)

    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        life_cycle.change_meeting_life(session, actor, session.get_one(Meeting, meeting.id), "cancel", version=1)
    world.moved(meeting, "cancel")

    now = reload_meeting(world, meeting)
    assert (now.life, now.cancelled_because) == ("cancelled", "There is no quorum.")
    with world.acting("ines") as (session, _):
        assert [each.cancelled for each in queries.list_sessions(session, now)] == [True]
    for name in rules.MOVES:
        with pytest.raises(Conflict):
            world.moved(meeting, name)


def test_deadlines_are_counted_back_from_the_opening_by_the_rules_of_the_body(world: World) -> None:
    meeting = world.meeting(opens_in=60)
    dues = (
        meeting.proposals_due_at,
        meeting.contributions_due_at,
        meeting.posting_due_at,
        meeting.registration_due_at,
    )

    days = [(meeting.opens_on - due.astimezone(zone_of(meeting)).date()).days for due in dues]

    assert days == [21, 12, 7, 7]
    assert {due.astimezone(zone_of(meeting)).strftime("%H:%M:%S") for due in dues} == {"23:59:59"}


def test_one_deadline_is_moved_and_the_others_follow_the_opening(world: World) -> None:
    meeting = world.meeting(opens_in=60)
    later = meeting.opens_on + timedelta(days=7)
    own_deadline = later - timedelta(days=2)

    new = unchanged_values(
        meeting, opens_on=later, closes_on=later + timedelta(days=1), registration_due_on=own_deadline
    )
    now = change_meeting(world, meeting, new)

    zone = zone_of(now)
    assert now.registration_due_at.astimezone(zone).date() == own_deadline
    assert (later - now.posting_due_at.astimezone(zone).date()).days == 7


def test_in_session_only_place_and_last_day_change(world: World) -> None:
    meeting = world.moved(world.meeting(), "begin")
    longer = meeting.closes_on + timedelta(days=1)
    new = unchanged_values(meeting, place="Room B", closes_on=longer)

    assert change_meeting(world, meeting, new).closes_on == longer
    for more in (
        {"opens_on": meeting.opens_on - timedelta(days=1)},
        {"zone": "Africa/Nairobi"},
        {"registration_due_on": meeting.opens_on},
    ):
        with pytest.raises(Conflict, match="in session"):
            change_meeting(world, meeting, unchanged_values(meeting, closes_on=longer, **more))
    assert reload_meeting(world, meeting).place["en"] == "Room B"


@pytest.mark.parametrize("end", [("begin", "close"), ("cancel",)])
def test_nothing_of_an_ended_meeting_changes(world: World, end: tuple[str, ...]) -> None:
    meeting = world.meeting()
    meeting_session = world.session_of(meeting)
    world.moved(meeting, *end)

    with pytest.raises(Conflict):
        change_meeting(world, meeting, unchanged_values(meeting, place="Elsewhere"))
    with pytest.raises(Conflict), world.acting("ines") as (session, actor):
        stored = session.get_one(Meeting, meeting.id)
        life_cycle.set_practical_information(
            session, actor, stored, PracticalInformation(texts={"en": "By tram."}), version=stored.version
        )
    with pytest.raises(Conflict):
        world.session_of(meeting, day=1)
    with pytest.raises(Conflict), world.acting("ines") as (session, actor):
        sessions.cancel_session(
            session, actor, session.get_one(MeetingSession, meeting_session.id), version=meeting_session.version
        )


def test_a_planned_meeting_is_shown_only_to_secretariat_and_chairs(world: World) -> None:
    meeting = world.planned()

    def seen(who: str) -> bool:
        with world.acting(who) as (session, actor):
            try:
                return queries.get_visible_meeting(session, actor, meeting.id).id == meeting.id
            except NotFound:
                return False

    people = ("ines", "laurent", "layla", "amina", "joseph", "rafael", "chen", "wambui")
    assert [who for who in people if seen(who)] == ["ines", "laurent", "layla"]
    world.moved(meeting, "convene")
    assert [who for who in people if seen(who)] == ["ines", "laurent", "layla", "amina", "joseph", "rafael"]


def test_drafting_starts_at_the_invitation_and_submission_at_the_opening(world: World) -> None:
    meeting = world.planned()
    with pytest.raises(Conflict, match="not been convened"):
        world.draft(meeting)
    world.moved(meeting, "convene")
    contribution = world.draft(meeting)

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            stored_contribution = session.get_one(Contribution, contribution.id)
            contributions.submit_contribution(
                session,
                actor,
                load_submission(session, stored_contribution),
                version=stored_contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )

    with pytest.raises(DomainError, match="not open"):
        submit()
    world.moved(meeting, "open")
    submit()
    other = world.draft(meeting, by="rafael")
    world.moved(meeting, "begin", "close")
    with pytest.raises(DomainError, match="no longer accepts"), world.acting("rafael") as (session, actor):
        stored_contribution = session.get_one(Contribution, other.id)
        contributions.submit_contribution(
            session,
            actor,
            load_submission(session, stored_contribution),
            version=stored_contribution.version,
            grace=GRACE,
            accepts_lateness=True,
        )
    with pytest.raises(Conflict):
        world.draft(meeting)


def test_a_held_contribution_is_taken_up_at_a_meeting_that_takes_contributions(world: World) -> None:
    first, planned, cancelled = world.meeting(opens_in=5), world.planned(number=23), world.meeting(number=24)
    world.moved(cancelled, "cancel")
    held = world.held(first)

    def take_up(meeting: Meeting) -> str:
        with world.acting("ines") as (session, actor):
            contribution = session.get_one(Contribution, held.id)
            late_submissions.take_up_held_contribution(
                session, actor, contribution, session.get_one(Meeting, meeting.id), version=contribution.version
            )
            return contribution.status

    for closed in (planned, cancelled):
        with pytest.raises(Conflict):
            take_up(closed)
    with world.acting("ines") as (session, actor):
        assert queries.list_later_meetings(session, actor, first) == []
    world.moved(planned, "convene")
    assert take_up(planned) == "submitted"


def test_sessions_are_on_days_of_the_meeting_and_do_not_overlap(world: World) -> None:
    meeting = world.meeting()
    world.session_of(meeting, by="laurent")
    world.session_of(meeting, starts="12:30", ends="14:00", by="layla")

    for day, starts, ends, words in (
        (3, "09:30", "12:30", "not a day"),
        (-1, "09:30", "12:30", "not a day"),
        (0, "12:00", "13:00", "another session at that time"),
        (0, "08:00", "18:00", "another session at that time"),
    ):
        with pytest.raises(BadRequest, match=words):
            world.session_of(meeting, day=day, starts=starts, ends=ends)
    for who in ("amina", "joseph", "olga"):
        with pytest.raises(Forbidden):
            world.session_of(meeting, day=1, by=who)
    with world.acting("amina") as (session, _):
        planned_sessions = queries.list_sessions(session, meeting)
    assert [local_start(meeting, each) for each in planned_sessions] == [(0, "09:30"), (0, "12:30")]


def test_a_session_is_moved_or_cancelled_only_in_its_current_version(world: World) -> None:
    meeting = world.meeting()
    meeting_session = world.session_of(meeting)
    new = NewMeetingSession(on=meeting.opens_on, starts="10:00", ends="13:00")
    with world.acting("laurent") as (session, actor):
        sessions.move_session(session, actor, session.get_one(MeetingSession, meeting_session.id), new, version=1)

    for outdated_act in (
        lambda session, actor, stored: sessions.move_session(session, actor, stored, new, version=1),
        lambda session, actor, stored: sessions.cancel_session(session, actor, stored, version=1),
    ):
        with pytest.raises(Stale), world.acting("ines") as (session, actor):
            outdated_act(session, actor, session.get_one(MeetingSession, meeting_session.id))
    with world.acting("ines") as (session, actor):
        sessions.cancel_session(session, actor, session.get_one(MeetingSession, meeting_session.id), version=2)
    taken_up = world.session_of(meeting, starts="10:00", ends="11:00")
    assert (taken_up.id, taken_up.cancelled) == (meeting_session.id, False)


@pytest.mark.parametrize("by", [-1, 1])
def test_sessions_move_with_the_first_day(world: World, by: int) -> None:
    meeting = world.meeting()
    for day in (0, 1, 2):
        world.session_of(meeting, day=day)
    opens = meeting.opens_on + timedelta(days=by)

    now = change_meeting(world, meeting, unchanged_values(meeting, opens_on=opens, closes_on=opens + timedelta(days=2)))

    with world.acting("ines") as (session, _):
        assert [local_start(now, each) for each in queries.list_sessions(session, now)] == [
            (day, "09:30") for day in (0, 1, 2)
        ]
    with pytest.raises(Conflict, match="outside"):
        change_meeting(world, now, unchanged_values(now, closes_on=opens))


def test_a_session_keeps_its_time_of_the_day_in_another_zone(world: World) -> None:
    meeting = world.meeting()
    world.session_of(meeting)

    now = change_meeting(world, meeting, unchanged_values(meeting, zone="Asia/Tokyo"))

    with world.acting("ines") as (session, _):
        (moved,) = queries.list_sessions(session, now)
    assert moved.starts_at.astimezone(UTC).hour == 0
    assert local_start(now, moved) == (0, "09:30")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_session_may_move_to_the_place_of_the_next_one(world: World, zone: str) -> None:
    meeting = world.meeting()
    apart = zone_of(meeting).utcoffset(datetime.combine(meeting.opens_on, datetime.min.time()))
    offset = ZoneInfo(zone).utcoffset(datetime.combine(meeting.opens_on, datetime.min.time()))
    hours = abs(int((apart - offset).total_seconds())) // 3600
    for hour in (8, 8 + hours):
        world.session_of(meeting, starts=f"{hour:02}:00", ends=f"{hour:02}:50")

    now = change_meeting(world, meeting, unchanged_values(meeting, zone=zone))

    with world.acting("ines") as (session, _):
        starts = [local_start(now, each) for each in queries.list_sessions(session, now)]
    assert starts == [(0, "08:00"), (0, f"{8 + hours:02}:00")]


def test_a_deadline_moved_while_the_meeting_is_planned_is_not_notified(world: World) -> None:
    planned, convened = world.planned(), world.meeting(opens_in=60)
    for meeting in (planned, convened):
        change_meeting(
            world, meeting, unchanged_values(meeting, contributions_due_on=meeting.opens_on - timedelta(days=5))
        )

    with world.acting("ines") as (session, _):
        moved = queries.find_last_deadline_moves(session, [planned, convened], clock.now() - timedelta(days=1))
    assert set(moved) == {convened.id}


def test_the_convening_of_a_meeting_is_dated(world: World) -> None:
    meeting = world.planned()
    with world.acting("ines") as (session, _):
        assert queries.find_convening_time(session, meeting) is None
    before = datetime.now(UTC)
    world.moved(meeting, "convene")

    with world.acting("ines") as (session, _):
        assert queries.find_convening_time(session, meeting) >= before


def test_a_blank_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        ReasonInput(reason="x")


def begin(world: World, meeting: Meeting, *, early: bool) -> Meeting:
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        life_cycle.change_meeting_life(session, actor, row, "begin", version=row.version, moves_first_day=early)
        return row


def test_a_meeting_begins_on_its_first_day_or_its_first_day_moves_to_today(world: World) -> None:
    coming, due = world.meeting(opens_in=25), world.meeting(opens_in=0, number=23)

    with pytest.raises(Conflict, match="first day of the meeting has not come"):
        begin(world, coming, early=False)
    assert reload_meeting(world, coming).life == "open"
    assert begin(world, due, early=False).opens_on == due.opens_on
    assert begin(world, coming, early=True).opens_on == rules.get_today_at_meeting(coming)


def adopt_agenda(world: World, meeting: Meeting) -> None:
    world.item(meeting)
    released = world.agenda_released(meeting)
    with world.acting("laurent") as (session, actor):
        agenda_releases.adopt_agenda(session, actor, session.get_one(Meeting, meeting.id), number=released.number)


def note_attendance(session: WriteSession, actor: Actor, meeting_id: UUID) -> None:
    row = session.get_one(Meeting, meeting_id)
    came = {each.id for each in list_participants(session, actor, row)}
    attendance.note_attendance(session, actor, row, came, listed=came, previously_present=set())


def attend(world: World, meeting: Meeting) -> None:
    with world.acting("ines") as (session, actor):
        note_attendance(session, actor, meeting.id)


def move_session(world: World, meeting: Meeting) -> None:
    with world.acting("ines") as (session, actor):
        [planned] = queries.list_sessions(session, session.get_one(Meeting, meeting.id))
        new = NewMeetingSession(on=meeting.opens_on, starts=time(14), ends=time(15))
        sessions.move_session(session, actor, planned, new, version=planned.version)


FIRST_ACTS: Mapping[str, Callable[[World, Meeting], object]] = {
    "a session is opened": lambda world, meeting: world.sitting(meeting),
    "the agenda is adopted": adopt_agenda,
    "attendance is noted": attend,
    "a text is adopted": lambda world, meeting: world.adopted(meeting),
    "the report is drafted": lambda world, meeting: world.reported(meeting, ReportStage.DRAFT),
    # Its days would no longer fit the first day that was planned.
    "the last day is moved": lambda world, meeting: change_meeting(
        world, meeting, unchanged_values(meeting, closes_on=meeting.opens_on)
    ),
    "a session is added": lambda world, meeting: world.session_of(meeting),
    "a session is moved": move_session,
}


@pytest.mark.parametrize("act", FIRST_ACTS)
def test_a_beginning_is_undone_until_the_first_act(world: World, act: str) -> None:
    meeting = world.meeting(opens_in=25)
    planned = meeting.opens_on
    world.participant(meeting)
    if act == "a session is moved":
        world.session_of(meeting)
    begin(world, meeting, early=True)

    change_meeting(world, meeting, unchanged_values(reload_meeting(world, meeting), place="Nairobi"))
    undone = world.moved(meeting, "undo-begin", by="laurent")
    assert (undone.life, undone.opens_on) == ("open", planned)
    FIRST_ACTS[act](world, begin(world, meeting, early=True))

    with pytest.raises(Conflict, match="Something has already been done"):
        world.moved(meeting, "undo-begin", by="laurent")
    assert reload_meeting(world, meeting).life == "in_session"


def test_no_first_act_happens_while_the_beginning_is_undone(world: World) -> None:
    planned = world.meeting(opens_in=25)
    world.participant(planned)
    meeting, output = begin(world, planned, early=True), world.output(planned)

    def undo(session: WriteSession, actor: Actor) -> None:
        row = session.get_one(Meeting, meeting.id)
        life_cycle.change_meeting_life(session, actor, row, "undo-begin", version=row.version)

    def adopt(session: WriteSession, actor: Actor) -> None:
        row = session.get_one(Output, output.id)
        adoption = Adoption(
            adopted_on=meeting.opens_on, without_pdf=True, text=outputs.compute_text_digest(session, row)
        )
        draft_texts.adopt_draft(session, actor, row, adoption)

    def attend_meanwhile(session: WriteSession, actor: Actor) -> None:
        note_attendance(session, actor, meeting.id)

    with pytest.raises(BadRequest, match="one of the days of the meeting"):
        run_overlapping(world, ("ines", undo), ("laurent", adopt))
    begin(world, reload_meeting(world, meeting), early=True)
    with pytest.raises(Conflict, match="after the meeting has begun"):
        run_overlapping(world, ("ines", undo), ("ines", attend_meanwhile))


def test_a_meeting_has_sessions_and_a_report_from_its_first_day(world: World) -> None:
    meeting = world.meeting(opens_in=25)
    planned = world.session(meeting)

    def open_session() -> None:
        with world.acting("laurent") as (session, actor):
            row = session.get_one(Meeting, meeting.id)
            floor.open_meeting_session(session, actor, row, session.get_one(MeetingSession, planned.id))

    def draft_report() -> None:
        with world.acting("laurent") as (session, actor):
            row, content = session.get_one(Meeting, meeting.id), NewReportDraft(attribution="named", lang="en")
            reports.save_report_draft(session, actor, row, content, [])

    for act in (open_session, draft_report):
        with pytest.raises(Conflict, match="first day of the meeting has not come"):
            act()
    begin(world, meeting, early=True)
    for act in (open_session, draft_report):
        act()


def test_a_day_of_a_held_meeting_is_counted_in_its_own_zone() -> None:
    late_evening = datetime(2031, 2, 9, 23, 30, tzinfo=UTC)
    first = datetime(2031, 2, 10, tzinfo=UTC).date()
    meeting = Meeting(zone="Europe/Zurich", opens_on=first, closes_on=first + timedelta(days=2))

    with clock.shifted_clock(late_evening - clock.now()):
        assert rules.is_day_of_held_meeting(meeting, meeting.opens_on)  # it is the tenth in Zurich
        assert not rules.is_day_of_held_meeting(meeting, meeting.opens_on + timedelta(days=1))


def test_a_meeting_was_held_on_no_day_before_its_first_or_after_its_last() -> None:
    first = clock.now().date() - timedelta(days=9)
    meeting = Meeting(zone="Europe/Zurich", opens_on=first, closes_on=first + timedelta(days=2))

    days = [first + timedelta(days=number) for number in range(-1, 5)]

    assert [rules.is_day_of_held_meeting(meeting, day) for day in days] == [False, True, True, True, False, False]
    assert rules.get_latest_day_of_held_meeting(meeting) == meeting.closes_on
    assert rules.is_first_day_reached(meeting)
