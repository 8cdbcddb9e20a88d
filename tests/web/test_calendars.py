"""Calendar files: by the rules of RFC 5545, before and after a move and a cancellation."""

from collections.abc import Callable
from datetime import timedelta

from icalendar import Calendar, Event

from app.core.db import transaction
from app.domain.meetings.models import Life, Meeting, MeetingSession
from tests.browser import Browser
from tests.web.test_plan import plan
from tests.world import World

Open = Callable[..., Browser]
LONG = "Réunion; première, \\ 会议 " * 8


def fetched(browser: Browser, path: str) -> dict[str, Event]:
    """The events of a valid file, by their kind."""
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    read = Calendar.from_ical(answer.content)
    assert (read["VERSION"], read["METHOD"]) == ("2.0", "PUBLISH")
    events = [each for each in read.walk("VEVENT") if isinstance(each, Event)]
    assert len({str(each["UID"]) for each in events}) == len(events)
    assert all(each["DTSTAMP"].dt.utcoffset() == timedelta(0) for each in events)
    return {str(each["UID"]).split("-")[0]: each for each in events}


def test_a_file_stays_right_through_a_move_and_a_cancellation(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, LONG)
    session = world.session(meeting, starts_in=timedelta(days=30))
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    delegate, path = english("amina"), f"/meetings/{meeting.id}/calendar.ics"

    before = fetched(delegate, path)
    with transaction(world.write) as writing:
        moved = writing.get_one(MeetingSession, session.id)
        moved.starts_at += timedelta(hours=1)
        moved.version += 1
    after = fetched(delegate, path)
    with transaction(world.write) as writing:
        gone = writing.get_one(MeetingSession, session.id)
        gone.cancelled = True
        gone.version += 1
    cancelled = fetched(delegate, path)
    with transaction(world.write) as writing:
        over = writing.get_one(Meeting, meeting.id)
        over.life = Life.CANCELLED
        over.version += 1
    whole = fetched(delegate, path)

    steps = [each["session"] for each in (before, after, cancelled, whole)]
    assert len({str(each["UID"]) for each in steps}) == 1
    assert [each["SEQUENCE"] for each in steps] == [0, 1, 2, 3]
    assert [str(each["STATUS"]) for each in steps] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED"]
    assert after["session"]["DTSTART"].dt - before["session"]["DTSTART"].dt == timedelta(hours=1)
    assert before["session"]["DTSTART"].dt == session.starts_at.replace(microsecond=0)
    assert before["session"]["DTSTART"].dt.utcoffset() == timedelta(0)
    assert LONG.strip() in str(before["session"]["DESCRIPTION"])
    assert before["meeting"]["DTEND"].dt - before["meeting"]["DTSTART"].dt == timedelta(days=3)
    assert [str(each["meeting"]["STATUS"]) for each in (cancelled, whole)] == ["CONFIRMED", "CANCELLED"]
    assert str(before["meeting"]["URL"]).endswith(f"/meetings/{meeting.id}")


def test_a_session_has_a_file_of_its_own_and_drafts_are_in_none(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Only planned")
    session, later = (world.session(meeting, starts_in=timedelta(days=days)) for days in (30, 31))
    plan(world, meeting, item, session, 30)
    path = f"/sessions/{session.id}/calendar.ics"

    seen = fetched(english("amina"), path)

    assert list(seen) == ["session"]
    assert str(later.id) not in str(seen["session"]["UID"])
    assert "Only planned" not in str(seen["session"]["DESCRIPTION"])
    world.agenda_released(meeting)
    assert "Only planned" in str(fetched(english("amina"), path)["session"]["DESCRIPTION"])
    assert english("wambui").get(path).status_code == 404


def test_a_file_speaks_the_language_of_its_reader(world: World, browser: Open) -> None:
    meeting = world.meeting()
    session = world.session(meeting)

    reader = browser("amina")
    reader.client.cookies.set("cwg_lang", "fr")

    event = fetched(reader, f"/sessions/{session.id}/calendar.ics")["session"]

    assert str(event["SUMMARY"]).startswith("Séance de ")
