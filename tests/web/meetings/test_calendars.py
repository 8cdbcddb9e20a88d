"""Calendar files: valid by RFC 5545, before and after a move and a cancellation; and personal calendars."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select, update

from app.core import clock
from app.core.db import transaction
from app.core.hashing import hash_secret
from app.core.journal import JournalLine
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.actions import item_proposals
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.bodies.models import Accreditation
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from app.domain.identity.models.tables import CalendarAddress, Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeeting, NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from tests.browser import Browser
from tests.web.agendas.test_time_plan import add_sub_item, plan
from tests.web.meetings.test_meetings import count_statements
from tests.world import World, record_rows

Open = Callable[..., Browser]
LONG = "Réunion; première, \\ 会议 " * 8
DUE = ("contributions", "posting", "proposals")


def parse_valid_calendar(content: bytes) -> Calendar:
    """Parse a calendar file and check it against RFC 5545: line length, required properties, each at most once."""
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    (read,) = Calendar.from_ical(content, multiple=True)
    assert read.errors == []
    assert (read["VERSION"], read["METHOD"], read["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert read["PRODID"]
    assert len(read.subcomponents) > 0
    events = events_of(read)
    assert len({str(each["UID"]) for each in events}) == len(events)
    for each in events:
        assert each.errors == []
        assert each["DTSTAMP"].dt.utcoffset() == timedelta(0)
        assert each["STATUS"] in ("TENTATIVE", "CONFIRMED", "CANCELLED")
        assert each["SEQUENCE"] >= 0
        assert each["SUMMARY"]
        assert "DTEND" not in each or each["DTEND"].dt > each["DTSTART"].dt
    return read


def events_of(read: Calendar) -> list[Event]:
    return [each for each in read.walk("VEVENT") if isinstance(each, Event)]


def fetch_events(browser: Browser, path: str, **headers: str) -> dict[str, Event]:
    """The events of a valid file by kind; of several of one kind, the last."""
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    return {str(each["UID"]).split("-")[0]: each for each in events_of(parse_valid_calendar(answer.content))}


def move_session(world: World, meeting: Meeting, session: MeetingSession, *, starts: str, ends: str) -> None:
    new = NewMeetingSession(on=meeting.opens_on, starts=starts, ends=ends)
    with world.acting("ines") as (writing, actor):
        meeting_session = writing.get_one(MeetingSession, session.id)
        sessions.move_session(writing, actor, meeting_session, new, version=meeting_session.version)


def cancel_session(world: World, session: MeetingSession) -> None:
    with world.acting("ines") as (writing, actor):
        meeting_session = writing.get_one(MeetingSession, session.id)
        sessions.cancel_session(writing, actor, meeting_session, version=meeting_session.version)


def postpone_meeting(world: World, meeting: Meeting, days: int, *, place: str = "Geneva") -> None:
    """Move the meeting with its sessions; with `days=0` only its place changes."""
    opens = meeting.opens_on + timedelta(days=days)
    new = NewMeeting(
        number=meeting.number, place=place, zone=meeting.zone, opens_on=opens, closes_on=opens + timedelta(days=2)
    )
    with world.acting("ines") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        meetings.change_meeting(writing, actor, meeting_row, new, "en", version=meeting_row.version)


def test_a_calendar_file_stays_valid_through_moves_and_cancellations(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, LONG)
    session = world.session_of(meeting)
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    delegate, path = english("amina"), f"/meetings/{meeting.id}/calendar.ics"

    steps = [fetch_events(delegate, path)]
    move_session(world, meeting, session, starts="10:30", ends="13:30")
    steps.append(fetch_events(delegate, path))
    postpone_meeting(world, meeting, 7)
    steps.append(fetch_events(delegate, path))
    postpone_meeting(world, meeting, 7, place="Nairobi")
    steps.append(fetch_events(delegate, path))
    cancel_session(world, session)
    steps.append(fetch_events(delegate, path))
    world.moved(meeting, "cancel")
    steps.append(fetch_events(delegate, path))

    before, later, postponed_one, relocated, _, _ = (each["session"] for each in steps)
    for kind in ("session", "meeting"):
        assert len({str(each[kind]["UID"]) for each in steps}) == 1
    sequences = [each["session"]["SEQUENCE"] for each in steps]
    assert all(former < latter for former, latter in pairwise(sequences))
    assert [each["meeting"]["SEQUENCE"] for each in steps] == [0, 0, 1, 2, 2, 3]
    assert [str(each["session"]["STATUS"]) for each in steps] == ["CONFIRMED"] * 4 + ["CANCELLED"] * 2
    assert [str(each["meeting"]["STATUS"]) for each in steps] == ["CONFIRMED"] * 5 + ["CANCELLED"]
    assert later["DTSTART"].dt - before["DTSTART"].dt == timedelta(hours=1)
    assert postponed_one["DTSTART"].dt.date() - later["DTSTART"].dt.date() == timedelta(days=7)
    assert (relocated["DTSTART"].dt, str(relocated["LOCATION"])) == (postponed_one["DTSTART"].dt, "Nairobi")
    assert before["DTSTART"].dt == session.starts_at
    assert before["DTSTART"].dt.utcoffset() == timedelta(0)
    assert LONG.strip() in str(before["DESCRIPTION"])
    assert steps[0]["meeting"]["DTEND"].dt - steps[0]["meeting"]["DTSTART"].dt == timedelta(days=3)
    assert str(steps[0]["meeting"]["URL"]).endswith(f"/meetings/{meeting.id}")


def test_a_session_has_its_own_file_and_drafts_are_in_no_file(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Only planned")
    session, later = (world.session_of(meeting, day=day) for day in (0, 1))
    plan(world, meeting, item, session, 30)
    path = f"/sessions/{session.id}/calendar.ics"

    seen = fetch_events(english("amina"), path)

    assert list(seen) == ["session"]
    assert str(later.id) not in str(seen["session"]["UID"])
    assert "Only planned" not in str(seen["session"]["DESCRIPTION"])
    for note in ("", "Nothing new."):
        world.agenda_released(meeting, note=note)
    assert str(fetch_events(english("amina"), path)["session"]["DESCRIPTION"]).count("1 Only planned") == 1
    assert english("wambui").get(path).status_code == 404


def test_a_calendar_file_shows_only_the_number_of_a_restricted_item(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    item = world.item(meeting, "To be restricted")
    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        new = NewAgendaItem(title="Canary", restricted=True, notes="Canary", responsible="Canary", session=session.id)
        calendar = writing.get_one(AgendaItem, item.id)
        agendas.change_agenda_item(writing, actor, meeting_row, calendar, new, "en", version=meeting_row.agenda_version)
    world.agenda_released(meeting)
    delegate = english("amina")
    calendar = create_calendar(world, delegate)

    files = [
        delegate.get(f"/{path}/calendar.ics").text for path in (f"meetings/{meeting.id}", f"sessions/{session.id}")
    ]

    assert "Canary" in delegate.get(f"/meetings/{meeting.id}/plan").text
    for text in [*files, english().get(calendar).text]:
        assert "1 Restricted item" in text.replace("\r\n ", "")
        assert "Canary" not in text


def test_items_below_a_restricted_item_are_restricted_too(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        new, version = NewAgendaItem(title="Above", restricted=True, session=session.id), meeting_row.agenda_version
        above = agendas.add_agenda_item(writing, actor, meeting_row, new, "en", version=version)
    for title in ("Canary", "Canary too"):
        above = add_sub_item(world, meeting, above, title)
    world.agenda_released(meeting)

    text = english("amina").get(f"/meetings/{meeting.id}/calendar.ics").text.replace("\r\n ", "")

    assert text.count("Restricted item") == 3
    assert "Canary" not in text


def test_the_last_day_for_proposals_moves_in_calendars_too(world: World, english: Open) -> None:
    meeting = world.meeting()
    calendar, anonymous = create_calendar(world, english("amina")), english()
    before = fetch_events(anonymous, calendar)["proposals"]

    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        item_proposals.set_item_proposal_deadline(writing, actor, meeting_row, clock.now().date() + timedelta(days=5))

    after = fetch_events(anonymous, calendar)["proposals"]
    assert after["DTSTART"].dt != before["DTSTART"].dt
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_planned_meeting_is_tentative_in_calendars(world: World, english: Open) -> None:
    path = f"/meetings/{world.planned().id}/calendar.ics"

    assert str(fetch_events(english("ines"), path)["meeting"]["STATUS"]) == "TENTATIVE"
    assert english("amina").get(path).status_code == 404


def test_a_calendar_file_is_in_the_language_of_its_reader(world: World, browser: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)

    reader = browser("amina")
    reader.client.cookies.set("cwg_lang", "fr")

    event = fetch_events(reader, f"/sessions/{session.id}/calendar.ics")["session"]

    assert str(event["SUMMARY"]).startswith("Séance de ")


def create_calendar(world: World, browser: Browser) -> str:
    """Create a personal calendar; returns its path, which the page shows only once."""
    with transaction(world.write) as session:  # the cast was enrolled without signing in at the provider
        record_rows(session)
        session.execute(update(Person).where(Person.signed_in_at.is_(None)).values(signed_in_at=clock.now()))
    page = browser.post("/account/calendar")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    address = page.text.split('id="f-address"')[1].split(">")[1].split("<")[0]
    assert address.startswith(f"{browser.origin}/calendars/")
    return address.removeprefix(browser.origin)


def test_a_personal_calendar_shows_what_its_owner_may_see_without_signing_in(world: World, english: Open) -> None:
    world.seat("ines", "secretary", body="wg-wsis")
    meeting, planned, foreign = world.meeting(), world.planned(number=40), world.meeting(body="wg-wsis", number=3)
    session = world.session_of(meeting)
    amina, ines, laurent = (create_calendar(world, english(who)) for who in ("amina", "ines", "laurent"))
    anonymous = english()

    seen = fetch_events(anonymous, amina)
    uids = [str(each["UID"]) for each in events_of(parse_valid_calendar(anonymous.get(amina).content))]

    assert sorted(uids) == sorted(
        [
            f"meeting-{meeting.id}",
            f"session-{session.id}",
            *(f"{name}-{meeting.id}" for name in DUE),
            f"pending-participant:register-delegation-{meeting.id}",
        ]
    )
    assert f"UID:registration-{meeting.id}" in anonymous.get(laurent).text  # he has no delegation to register
    assert seen["contributions"]["DTSTART"].dt == meeting.contributions_due_at
    assert str(seen["contributions"]["SUMMARY"]).startswith("Contributions due: CWG-Internet")
    content = anonymous.get(ines).text
    assert f"meeting-{planned.id}" in content
    assert f"meeting-{foreign.id}" in content
    postpone_meeting(world, meeting, 7)
    assert fetch_events(anonymous, amina)["contributions"]["SEQUENCE"] == seen["contributions"]["SEQUENCE"] + 1
    world.moved(meeting, "cancel")
    assert {str(each["STATUS"]) for each in events_of(parse_valid_calendar(anonymous.get(amina).content))} == {
        "CANCELLED"
    }


def test_a_personal_calendar_has_what_is_due_on_the_desk_of_its_owner_without_titles(
    world: World, english: Open
) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting, title="Canary")
    asked = world.asked(meeting, "BRA", title="Canary")
    world.submitted(meeting, by="haruka", title="Canary")
    amina, rafael, ines = (create_calendar(world, english(who)) for who in ("amina", "rafael", "ines"))

    def find_pending(path: str) -> dict[str, Event]:
        content = english().get(path).content
        assert b"Canary" not in content
        events = {str(each["UID"]): each for each in events_of(parse_valid_calendar(content))}
        return {key.removeprefix("pending-"): each for key, each in events.items() if key.startswith("pending-")}

    due = find_pending(amina)[f"contribution:draft-{draft.id}"]
    assert (due["DTSTART"].dt, str(due["SUMMARY"])) == (meeting.contributions_due_at, "A draft has not been submitted")
    assert str(due["URL"]).endswith(f"/contributions/{draft.id}/edit")
    ((key, invitation),) = find_pending(rafael).items()
    assert key.startswith("contribution:cosponsor-")
    assert str(invitation["URL"]).endswith(f"/contributions/{asked.id}/sponsors")
    queue = next(each for key, each in find_pending(ines).items() if key.startswith("contribution:register-"))
    assert (queue["DTSTART"].dt, str(queue["SUMMARY"])) == (meeting.posting_due_at, "To be registered: 1")
    with world.acting("amina") as (session, actor):
        drafting.delete_draft_contribution(session, actor, session.get_one(Contribution, draft.id))
    assert f"contribution:draft-{draft.id}" not in find_pending(amina)


def test_permissions_are_checked_at_each_fetch(world: World, english: Open) -> None:
    meeting = world.meeting()
    calendar, anonymous = create_calendar(world, english("amina")), english()
    assert f"meeting-{meeting.id}" in anonymous.get(calendar).text

    with transaction(world.write) as session:
        record_rows(session)
        her_seats = update(Accreditation).where(Accreditation.person_id == world.person("amina").id)
        session.execute(her_seats.values(ended_at=clock.now()))

    assert fetch_events(anonymous, calendar) == {}
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(her_seats.values(ended_at=None))
    assert f"meeting-{meeting.id}" in anonymous.get(calendar).text


def test_a_calendar_address_is_renewed_and_revoked_and_only_its_digest_is_stored(world: World, english: Open) -> None:
    world.meeting()
    amina, anonymous = english("amina"), english()
    assert "Revoke the calendar link" not in amina.get("/account").text

    first, second = create_calendar(world, amina), create_calendar(world, amina)

    assert anonymous.get(first).status_code == 404
    assert anonymous.get(second).status_code == 200
    secret = second.removeprefix("/calendars/").split(".")[0]
    assert len(secret) >= 43  # 256 bits
    with transaction(world.read) as session:
        stored = session.scalars(select(CalendarAddress)).all()
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event.like("calendar:%"))).all()
    assert [each.secret_digest for each in stored] == [hash_secret(secret)]
    assert secret not in str(facts)
    account = amina.get("/account").text
    assert "Revoke the calendar link" in account
    assert secret not in account
    revoked = amina.post("/account/calendar/revoke")
    assert revoked.headers["Location"] == "/account?done=calendar-revoked"
    replaced, never = anonymous.get(second), anonymous.get("/calendars/never-there.ics")
    assert (replaced.status_code, replaced.content) == (404, never.content)
    assert amina.post("/account/calendar/revoke").status_code == 303
    assert "Revoke the calendar link" not in amina.get("/account").text
    with transaction(world.read) as session:
        recorded = session.scalars(select(JournalLine.event).where(JournalLine.event.like("calendar:%"))).all()
    assert sorted(recorded) == ["calendar:made", "calendar:made", "calendar:revoked"]


def test_a_calendar_address_is_suspended_when_its_owner_stays_away_for_a_year(world: World, english: Open) -> None:
    calendar, anonymous = create_calendar(world, english("amina")), english()

    def status_after_visit(days: int) -> int:
        with transaction(world.write) as session:
            record_rows(session)
            person = session.get_one(Person, world.person("amina").id)
            person.signed_in_at = clock.now() - timedelta(days=days)
        return anonymous.get(calendar).status_code

    assert [status_after_visit(days) for days in (365, 367, 0)] == [200, 404, 200]


def test_an_unchanged_calendar_is_not_sent_again(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    amina, anonymous = english("amina"), english()
    calendar = create_calendar(world, amina)
    for reader, path in ((anonymous, calendar), (amina, f"/meetings/{meeting.id}/calendar.ics")):
        tag = reader.get(path).headers["ETag"]

        again = reader.get(path, headers={"If-None-Match": f'"another", {tag}'})

        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == "private, no-cache"
    move_session(world, meeting, session, starts="14:00", ends="15:00")
    for reader, path in ((anonymous, calendar), (amina, f"/meetings/{meeting.id}/calendar.ics")):
        assert reader.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_entity_tag_does_not_change_with_the_time(
    world: World, english: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.meeting()
    calendar, anonymous = create_calendar(world, english("amina")), english()
    before, then = anonymous.get(calendar), clock.now()

    monkeypatch.setattr(clock, "now", lambda: then + timedelta(hours=1))

    after = anonymous.get(calendar)
    assert after.content != before.content
    assert after.headers["ETag"] == before.headers["ETag"]


def test_a_calendar_needs_as_many_statements_for_many_meetings_as_for_one(world: World, english: Open) -> None:
    fill_with_meetings(world, [22])
    calendar, anonymous = create_calendar(world, english("amina")), english()
    one = count_statements(anonymous, calendar)

    fill_with_meetings(world, [23, 24])

    assert count_statements(anonymous, calendar) == one


def fill_with_meetings(world: World, numbers: Sequence[int]) -> None:
    for number in numbers:
        meeting = world.meeting(number=number, opens_in=10 * number)
        for day in (0, 1):
            plan(world, meeting, world.item(meeting), world.session_of(meeting, day=day), 30)
        world.agenda_released(meeting)


def test_meetings_that_closed_long_ago_are_left_out(world: World, english: Open) -> None:
    meeting = world.meeting()
    calendar, anonymous = create_calendar(world, english("amina")), english()

    def closed(days: int) -> dict[str, Event]:
        with transaction(world.write) as session:
            record_rows(session)
            meeting_row, on = session.get_one(Meeting, meeting.id), clock.now().date() - timedelta(days=days)
            meeting_row.opens_on, meeting_row.closes_on, meeting_row.life = on, on, MeetingLife.CLOSED
        return fetch_events(anonymous, calendar)

    assert "meeting" in closed(360)
    assert closed(370) == {}
