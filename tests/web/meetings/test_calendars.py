"""Calendar files: by the rules of RFC 5545, before and after a move and a cancellation; and people's own calendars."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select, update

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.actions import item_proposals
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.bodies.models import Accreditation
from app.domain.identity.models.tables import CalendarAddress, Person
from app.domain.identity.queries import hash_secret
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeeting, NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.web.agendas.test_time_plan import below, plan
from tests.web.meetings.test_meetings import statements
from tests.world import World

Open = Callable[..., Browser]
LONG = "Réunion; première, \\ 会议 " * 8
DUE = ("contributions", "posting", "proposals", "registration")


def valid(content: bytes) -> Calendar:
    """The calendar of a file, if it is one by RFC 5545: lines, what each part must hold, and each once."""
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


def fetched(browser: Browser, path: str, **headers: str) -> dict[str, Event]:
    """The events of a valid file, by their kind; of several of one kind, the last."""
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    return {str(each["UID"]).split("-")[0]: each for each in events_of(valid(answer.content))}


def moved(world: World, meeting: Meeting, session: MeetingSession, *, starts: str, ends: str) -> None:
    new = NewMeetingSession(on=meeting.opens_on, starts=starts, ends=ends)
    with world.acting("ines") as (writing, actor):
        there = writing.get_one(MeetingSession, session.id)
        sessions.move_session(writing, actor, there, new, version=there.version)


def cancelled(world: World, session: MeetingSession) -> None:
    with world.acting("ines") as (writing, actor):
        there = writing.get_one(MeetingSession, session.id)
        sessions.cancel_session(writing, actor, there, version=there.version)


def postponed(world: World, meeting: Meeting, days: int, *, place: str = "Geneva") -> None:
    """The meeting, and its sessions with it; by no days, only its place changes."""
    opens = meeting.opens_on + timedelta(days=days)
    new = NewMeeting(
        number=meeting.number, place=place, zone=meeting.zone, opens_on=opens, closes_on=opens + timedelta(days=2)
    )
    with world.acting("ines") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        meetings.change_meeting(writing, actor, there, new, "en", version=there.version)


def test_a_file_stays_right_through_moves_and_cancellations(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, LONG)
    session = world.session_of(meeting)
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    delegate, path = english("amina"), f"/meetings/{meeting.id}/calendar.ics"

    steps = [fetched(delegate, path)]
    moved(world, meeting, session, starts="10:30", ends="13:30")
    steps.append(fetched(delegate, path))
    postponed(world, meeting, 7)
    steps.append(fetched(delegate, path))
    postponed(world, meeting, 7, place="Nairobi")
    steps.append(fetched(delegate, path))
    cancelled(world, session)
    steps.append(fetched(delegate, path))
    world.moved(meeting, "cancel")
    steps.append(fetched(delegate, path))

    before, later, postponed_one, elsewhere, _, _ = (each["session"] for each in steps)
    for kind in ("session", "meeting"):
        assert len({str(each[kind]["UID"]) for each in steps}) == 1
    sequences = [each["session"]["SEQUENCE"] for each in steps]
    assert all(former < latter for former, latter in pairwise(sequences))
    assert [each["meeting"]["SEQUENCE"] for each in steps] == [0, 0, 1, 2, 2, 3]
    assert [str(each["session"]["STATUS"]) for each in steps] == ["CONFIRMED"] * 4 + ["CANCELLED"] * 2
    assert [str(each["meeting"]["STATUS"]) for each in steps] == ["CONFIRMED"] * 5 + ["CANCELLED"]
    assert later["DTSTART"].dt - before["DTSTART"].dt == timedelta(hours=1)
    assert postponed_one["DTSTART"].dt.date() - later["DTSTART"].dt.date() == timedelta(days=7)
    assert (elsewhere["DTSTART"].dt, str(elsewhere["LOCATION"])) == (postponed_one["DTSTART"].dt, "Nairobi")
    assert before["DTSTART"].dt == session.starts_at
    assert before["DTSTART"].dt.utcoffset() == timedelta(0)
    assert LONG.strip() in str(before["DESCRIPTION"])
    assert steps[0]["meeting"]["DTEND"].dt - steps[0]["meeting"]["DTSTART"].dt == timedelta(days=3)
    assert str(steps[0]["meeting"]["URL"]).endswith(f"/meetings/{meeting.id}")


def test_a_session_has_a_file_of_its_own_and_drafts_are_in_none(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Only planned")
    session, later = (world.session_of(meeting, day=day) for day in (0, 1))
    plan(world, meeting, item, session, 30)
    path = f"/sessions/{session.id}/calendar.ics"

    seen = fetched(english("amina"), path)

    assert list(seen) == ["session"]
    assert str(later.id) not in str(seen["session"]["UID"])
    assert "Only planned" not in str(seen["session"]["DESCRIPTION"])
    for note in ("", "Nothing new."):
        world.agenda_released(meeting, note=note)
    assert str(fetched(english("amina"), path)["session"]["DESCRIPTION"]).count("1 Only planned") == 1
    assert english("wambui").get(path).status_code == 404


def test_a_restricted_item_has_only_its_number_in_a_file(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    item = world.item(meeting, "To be restricted")
    with world.acting("laurent") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        new = NewAgendaItem(title="Canary", restricted=True, notes="Canary", responsible="Canary", session=session.id)
        mine = writing.get_one(AgendaItem, item.id)
        agendas.change_agenda_item(writing, actor, there, mine, new, "en", version=there.agenda_version)
    world.agenda_released(meeting)
    delegate = english("amina")
    mine = own(world, delegate)

    files = [
        delegate.get(f"/{path}/calendar.ics").text for path in (f"meetings/{meeting.id}", f"sessions/{session.id}")
    ]

    assert "Canary" in delegate.get(f"/meetings/{meeting.id}/plan").text
    for text in [*files, english().get(mine).text]:
        assert "1 Restricted item" in text.replace("\r\n ", "")
        assert "Canary" not in text


def test_what_stands_under_a_restricted_item_is_restricted_too(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    with world.acting("laurent") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        new, version = NewAgendaItem(title="Above", restricted=True, session=session.id), there.agenda_version
        above = agendas.add_agenda_item(writing, actor, there, new, "en", version=version)
    for title in ("Canary", "Canary too"):
        above = below(world, meeting, above, title)
    world.agenda_released(meeting)

    text = english("amina").get(f"/meetings/{meeting.id}/calendar.ics").text.replace("\r\n ", "")

    assert text.count("Restricted item") == 3
    assert "Canary" not in text


def test_the_last_day_for_proposals_moves_in_calendars_too(world: World, english: Open) -> None:
    meeting = world.meeting()
    mine, nobody = own(world, english("amina")), english()
    before = fetched(nobody, mine)["proposals"]

    with world.acting("laurent") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        item_proposals.set_item_proposal_deadline(writing, actor, there, clock.now().date() + timedelta(days=5))

    after = fetched(nobody, mine)["proposals"]
    assert after["DTSTART"].dt != before["DTSTART"].dt
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_planned_meeting_is_tentative_for_those_who_see_it(world: World, english: Open) -> None:
    path = f"/meetings/{world.planned().id}/calendar.ics"

    assert str(fetched(english("ines"), path)["meeting"]["STATUS"]) == "TENTATIVE"
    assert english("amina").get(path).status_code == 404


def test_a_file_speaks_the_language_of_its_reader(world: World, browser: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)

    reader = browser("amina")
    reader.client.cookies.set("cwg_lang", "fr")

    event = fetched(reader, f"/sessions/{session.id}/calendar.ics")["session"]

    assert str(event["SUMMARY"]).startswith("Séance de ")


def own(world: World, browser: Browser) -> str:
    """The path of a new calendar, as the page shows it once."""
    with transaction(world.write) as session:  # the cast was enrolled, and never went through the provider
        session.execute(update(Person).where(Person.signed_in_at.is_(None)).values(signed_in_at=clock.now()))
    page = browser.post("/account/calendar")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    address = page.text.split('id="f-address"')[1].split(">")[1].split("<")[0]
    assert address.startswith(f"{browser.origin}/calendars/")
    return address.removeprefix(browser.origin)


def test_a_calendar_of_ones_own_shows_what_one_may_see_without_signing_in(world: World, english: Open) -> None:
    world.seat("ines", "secretary", body="wg-wsis")
    meeting, planned, foreign = world.meeting(), world.planned(number=40), world.meeting(body="wg-wsis", number=3)
    session = world.session_of(meeting)
    amina, ines = (own(world, english(who)) for who in ("amina", "ines"))
    nobody = english()

    seen = fetched(nobody, amina)
    uids = [str(each["UID"]) for each in events_of(valid(nobody.get(amina).content))]

    assert sorted(uids) == sorted(
        [f"meeting-{meeting.id}", f"session-{session.id}", *(f"{name}-{meeting.id}" for name in DUE)]
    )
    assert seen["contributions"]["DTSTART"].dt == meeting.contributions_due_at
    assert str(seen["contributions"]["SUMMARY"]).startswith("Contributions due: CWG-Internet")
    theirs = nobody.get(ines).text
    assert f"meeting-{planned.id}" in theirs
    assert f"meeting-{foreign.id}" in theirs
    postponed(world, meeting, 7)
    assert fetched(nobody, amina)["contributions"]["SEQUENCE"] == seen["contributions"]["SEQUENCE"] + 1
    world.moved(meeting, "cancel")
    assert {str(each["STATUS"]) for each in events_of(valid(nobody.get(amina).content))} == {"CANCELLED"}


def test_rights_are_asked_at_each_fetch(world: World, english: Open) -> None:
    meeting = world.meeting()
    mine, nobody = own(world, english("amina")), english()
    assert f"meeting-{meeting.id}" in nobody.get(mine).text

    with transaction(world.write) as session:
        hers = update(Accreditation).where(Accreditation.person_id == world.person("amina").id)
        session.execute(hers.values(ended_at=clock.now()))

    assert fetched(nobody, mine) == {}
    with transaction(world.write) as session:
        session.execute(hers.values(ended_at=None))
    assert f"meeting-{meeting.id}" in nobody.get(mine).text


def test_an_address_is_renewed_and_revoked_and_only_its_digest_is_kept(world: World, english: Open) -> None:
    world.meeting()
    amina, nobody = english("amina"), english()
    assert "Revoke the address" not in amina.get("/account").text

    first, second = own(world, amina), own(world, amina)

    assert nobody.get(first).status_code == 404
    assert nobody.get(second).status_code == 200
    secret = second.removeprefix("/calendars/").split(".")[0]
    assert len(secret) >= 43  # 256 bits
    with transaction(world.read) as session:
        kept = session.scalars(select(CalendarAddress)).all()
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event.like("calendar:%"))).all()
    assert [each.secret_digest for each in kept] == [hash_secret(secret)]
    assert secret not in str(facts)
    account = amina.get("/account").text
    assert "Revoke the address" in account
    assert secret not in account
    revoked = amina.post("/account/calendar/revoke")
    assert revoked.headers["Location"] == "/account?done=calendar-revoked"
    gone, never = nobody.get(second), nobody.get("/calendars/never-there.ics")
    assert (gone.status_code, gone.content) == (404, never.content)
    assert amina.post("/account/calendar/revoke").status_code == 303
    assert "Revoke the address" not in amina.get("/account").text
    with transaction(world.read) as session:
        told = session.scalars(select(JournalLine.event).where(JournalLine.event.like("calendar:%"))).all()
    assert sorted(told) == ["calendar:made", "calendar:made", "calendar:revoked"]


def test_an_address_rests_when_its_person_stays_away_for_a_year(world: World, english: Open) -> None:
    mine, nobody = own(world, english("amina")), english()

    def last_here(days: int) -> int:
        with transaction(world.write) as session:
            person = session.get_one(Person, world.person("amina").id)
            person.signed_in_at = clock.now() - timedelta(days=days)
        return nobody.get(mine).status_code

    assert [last_here(days) for days in (365, 367, 0)] == [200, 404, 200]


def test_who_has_the_file_is_not_sent_it_again(world: World, english: Open) -> None:
    meeting = world.meeting()
    session = world.session_of(meeting)
    amina, nobody = english("amina"), english()
    mine = own(world, amina)
    for reader, path in ((nobody, mine), (amina, f"/meetings/{meeting.id}/calendar.ics")):
        tag = reader.get(path).headers["ETag"]

        again = reader.get(path, headers={"If-None-Match": f'"another", {tag}'})

        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == "private, no-cache"
    moved(world, meeting, session, starts="14:00", ends="15:00")
    for reader, path in ((nobody, mine), (amina, f"/meetings/{meeting.id}/calendar.ics")):
        assert reader.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_tag_does_not_change_with_the_hour(world: World, english: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    world.meeting()
    mine, nobody = own(world, english("amina")), english()
    before, then = nobody.get(mine), clock.now()

    monkeypatch.setattr(clock, "now", lambda: then + timedelta(hours=1))

    after = nobody.get(mine)
    assert after.content != before.content
    assert after.headers["ETag"] == before.headers["ETag"]


def test_a_calendar_needs_as_many_statements_for_many_meetings_as_for_one(world: World, english: Open) -> None:
    filled(world, [22])
    mine, nobody = own(world, english("amina")), english()
    one = statements(nobody, mine)

    filled(world, [23, 24])

    assert statements(nobody, mine) == one


def filled(world: World, numbers: Sequence[int]) -> None:
    for number in numbers:
        meeting = world.meeting(number=number, opens_in=10 * number)
        for day in (0, 1):
            plan(world, meeting, world.item(meeting), world.session_of(meeting, day=day), 30)
        world.agenda_released(meeting)


def test_what_closed_long_ago_is_left_out(world: World, english: Open) -> None:
    meeting = world.meeting()
    mine, nobody = own(world, english("amina")), english()

    def closed(days: int) -> dict[str, Event]:
        with transaction(world.write) as session:
            there, on = session.get_one(Meeting, meeting.id), clock.now().date() - timedelta(days=days)
            there.opens_on, there.closes_on = on, on
        return fetched(nobody, mine)

    assert "meeting" in closed(360)
    assert closed(370) == {}
