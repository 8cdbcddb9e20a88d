"""The time plan through HTTP: hours, totals, overruns; and planning in one action that loses nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.agendas.actions import editing, release
from app.domain.agendas.inputs import ItemSchedule, NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.actions import sessions
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.web.meetings.test_meetings import count_statements
from tests.world import World

Open = Callable[..., Browser]
STRIP_PIECE = re.compile(r'class="(room|taken|beyond)" x="([0-9.]+)" y="0" width="([0-9.]+)"')


def plan(world: World, meeting: Meeting, item: AgendaItem, session: MeetingSession | None, minutes: int) -> None:
    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        schedules = {item.id: ItemSchedule(session=session.id if session else None, minutes=minutes)}
        editing.schedule_agenda_items(writing, actor, meeting_row, schedules, version=meeting_row.agenda_version)


def add_sub_item(world: World, meeting: Meeting, item: AgendaItem, title: str) -> AgendaItem:
    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        new, version = NewAgendaItem(title=title), meeting_row.agenda_version
        return editing.add_agenda_item(writing, actor, meeting_row, new, "en", version=version, parent_id=item.id)


def get_plan(world: World, item: AgendaItem) -> tuple[object, int | None]:
    with transaction(world.read) as reading:
        item_row = reading.get_one(AgendaItem, item.id)
        return item_row.session_id, item_row.minutes


HOUR = re.compile(r"<time [^>]*>\d\d:\d\d</time>")


def list_pieces(page: str) -> list[tuple[str, float, float]]:
    """The pieces of the strips: kind, start and width."""
    return [(kind, float(x), float(width)) for kind, x, width in STRIP_PIECE.findall(page)]


def test_items_are_shown_with_their_hours_and_overruns_are_reported(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second, third = (world.item(meeting, title) for title in ("First", "Second", "Third"))
    session = world.session(meeting, starts_in=timedelta(days=30))
    plan(world, meeting, first, session, 150)
    plan(world, meeting, second, session, 45)
    delegate, url = english("amina"), f"/meetings/{meeting.id}/plan"
    assert "First" not in delegate.get(url).text
    world.agenda_released(meeting)

    page = delegate.get(url).text

    begins = [session.starts_at + timedelta(minutes=minutes) for minutes in (0, 150)]
    assert all(f'datetime="{each.isoformat()}"' in page for each in begins)
    assert "Planned: 3 h 15 min; available: 3 h" in page
    assert "Overrun: 15 min" in page
    assert page.count("After the end of the session") == 1
    assert "Third" in page.split("Not planned yet")[1]
    assert third.id is not None
    assert "Edit the time plan" not in page


def test_readers_of_agenda_and_meeting_see_how_full_each_session_is_and_when_items_begin(
    world: World, english: Open
) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Contributions")
    full = world.session(meeting, starts_in=timedelta(days=30))
    world.session(meeting, starts_in=timedelta(days=30, hours=5))
    delegate, pages = english("amina"), (f"/meetings/{meeting.id}/agenda", f"/meetings/{meeting.id}")
    plan(world, meeting, item, full, 60)
    sub_item = add_sub_item(world, meeting, item, "Connectivity")
    plan(world, meeting, sub_item, None, 180)
    add_sub_item(world, meeting, item, "Without minutes, so without an hour")
    assert all("Planned:" not in delegate.get(page).text for page in pages)  # only the draft has it
    world.agenda_released(meeting)

    agenda, overview = (delegate.get(page).text for page in pages)
    first_session, second_session = agenda.split('class="sitting"')[1:]
    assert all("Without minutes, so without an hour" in page for page in (first_session, overview))
    starts = [full.starts_at + timedelta(minutes=minutes) for minutes in (0, 60)]
    assert re.findall('<span class="begins"><span[^>]*><time datetime="([^"]+)"', first_session) == [
        each.isoformat() for each in starts
    ]
    assert "No items are planned for this session." in second_session
    linked = re.findall(
        r'/agenda#item-([\w-]+)"><span>[^<]+</span></a></span><small class="meta">[^<]+, (\d\d:\d\d)<', overview
    )
    zone = ZoneInfo(meeting.zone)
    assert linked == [
        (str(each), f"{start.astimezone(zone):%H:%M}")
        for each, start in zip((item.id, sub_item.id), starts, strict=True)
    ]
    gauges = overview.split('<ol class="dates gauges">')[1].split("</ol>")[0]
    assert gauges.count("<li>") == 2
    for shown in (first_session, gauges):
        assert re.findall(r"Planned: [^<]+h", shown) == ["Planned: 4 h; available: 3 h"]
        assert "Overrun: 1 h" in shown
        assert re.findall(r'<rect(?: class="(\w+)")? x="([\d.]+)" y="0" width="([\d.]+)"', shown) == [
            ("length", "0", "75.0"),
            ("", "0", "75.0"),
            ("beyond", "75.0", "25.0"),
        ]


def test_only_the_chair_edits_the_plan_and_only_seats_see_it(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    url, act = f"/meetings/{meeting.id}/plan", f"/meetings/{meeting.id}/agenda/act"

    moved = [english(who).get(f"{url}/edit") for who in ("laurent", "ines")]
    assert [page.headers["Location"] for page in moved] == [f"/meetings/{meeting.id}/agenda/edit"] * 2
    assert english("amina").get(f"{url}/edit").status_code == 403
    assert english("wambui").get(url).status_code == 404
    typed = {"act": "save", "version": "1", f"m-{item.id.hex[:6]}": "30"}
    assert english("amina").post(act, typed).status_code == 403
    assert get_plan(world, item) == (None, None)
    assert english("laurent").post(act, typed).status_code == 303
    assert get_plan(world, item) == (None, 30)


def read_form(page: str) -> dict[str, str]:
    """The fields of the rows of the editor with their version, as a browser would send them."""
    form = page.split('id="agenda"')[1].split("</form>")[0]
    return dict(
        re.findall(r'<input[^>]* ?name="((?:version$|version|sessions|[ms]-)[^"]*)"[^>]* ?value="([^"]*)"', form)
    )


def row(kind: str, item: AgendaItem) -> str:
    return f"{kind}-{item.id.hex[:6]}"


def test_one_button_saves_the_rows_and_a_new_item_and_undo_reverts_each(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second, third = (world.item(meeting, title) for title in ("First", "Second", "Third"))
    session = world.session(meeting)
    plan(world, meeting, third, session, 15)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/agenda"
    fields = read_form(chair.get(f"{url}/edit").text) | {"act": "save"}
    assert (fields[row("m", third)], fields[row("s", third)]) == ("15", "1")
    typed = {row("m", first): "30", row("s", first): "1", row("m", second): "45"}

    assert chair.post(f"{url}/act", fields).headers["Location"] == f"{url}/edit"
    new = {"title": "Fourth", "minutes": "20", "session": str(session.id)}
    done = chair.post(f"{url}/act", fields | typed | new)

    assert [get_plan(world, each) for each in (first, second, third)] == [
        (session.id, 30),
        (None, 45),
        (session.id, 15),
    ]
    with transaction(world.read) as reading:
        fourth = reading.scalars(select(AgendaItem).where(AgendaItem.position == 3)).one()
        assert (fourth.titles, fourth.session_id, fourth.minutes) == ({"en": "Fourth"}, session.id, 20)
    version = int(fields["version"]) + 2
    assert done.headers["Location"] == f"{url}/edit?did={version}"
    for number in (0, 1):
        assert chair.post(f"{url}/act", {"act": "undo", "version": str(version + number)}).status_code == 303
    assert [get_plan(world, each) for each in (first, second, third)] == [(None, None), (None, None), (session.id, 15)]


def test_every_act_saves_the_rows_and_removing_an_item_does_not_need_its_row(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second = (world.item(meeting, title) for title in ("First", "Second"))
    chair, url = english("laurent"), f"/meetings/{meeting.id}/agenda"
    typed = {"version": "2", row("m", first): "5", row("m", second): "10"}

    assert chair.post(f"{url}/act", typed | {"act": f"remove:{first.id.hex[:6]}"}).status_code == 303

    assert get_plan(world, second) == (None, 10)
    with transaction(world.read) as reading:
        assert reading.get(AgendaItem, first.id) is None


def test_a_wrong_number_names_its_item_and_saves_nothing(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second = (world.item(meeting, title) for title in ("First", "Second"))
    world.session(meeting)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/agenda"
    fields = read_form(chair.get(f"{url}/edit").text) | {"act": "save"}
    typed = {row("m", first): "many", row("s", first): "7", row("m", second): "45", "title": "A new one"}

    wrong = chair.post(f"{url}/act", fields | typed)

    assert wrong.status_code == 400
    assert f'<a href="#f-{row("m", first)}">Item 1: ' in wrong.text
    assert f'<a href="#f-{row("s", first)}">Item 1: Enter the number of a session' in wrong.text
    shown = read_form(wrong.text)
    assert [shown[name] for name in (row("m", first), row("s", first), row("m", second))] == ["many", "7", "45"]
    assert 'value="A new one"' in wrong.text
    assert get_plan(world, second) == (None, None)
    theirs = world.item(world.meeting(number=23), "Of another meeting")
    assert chair.post(f"{url}/act", fields | {row("m", theirs): "5"}).status_code == 404


def test_a_session_is_the_one_that_had_the_number_on_the_page(world: World, english: Open) -> None:
    meeting = world.meeting()
    item, late = world.item(meeting, "First"), world.session_of(meeting, day=1)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/agenda"
    fields = read_form(chair.get(f"{url}/edit").text) | {"act": "save", row("s", item): "1"}
    early = world.session_of(meeting, day=0)

    assert chair.post(f"{url}/act", fields).status_code == 303

    assert get_plan(world, item) == (late.id, None) != (early.id, None)


def test_the_rows_of_a_page_that_is_too_old_are_refused(
    world: World, english: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.agendas.actions.draft_lock.MAX_UNDO_STEPS", 1)
    meeting = world.meeting()
    item, other = (world.item(meeting, title) for title in ("First", "Second"))
    for minutes in (5, 10):
        plan(world, meeting, other, None, minutes)

    typed = {"act": "save", "version": "2", row("m", item): "30"}
    assert english("laurent").post(f"/meetings/{meeting.id}/agenda/act", typed).status_code == 409

    assert get_plan(world, item) == (None, None)


def test_a_strip_shows_the_planned_part_of_the_available_time(world: World, browser: Open) -> None:
    meeting = world.meeting()
    first, second = (world.item(meeting, title) for title in ("First", "Second"))
    long, short = world.session_of(meeting, day=0), world.session_of(meeting, day=1, starts="10:00", ends="11:00")
    plan(world, meeting, first, long, 45)
    plan(world, meeting, second, short, 80)
    world.agenda_released(meeting)
    reader, url = browser("amina"), f"/meetings/{meeting.id}/plan"

    strips = {language: list_pieces(reader.get(f"{url}?lang={language}").text) for language in ("en", "ar")}

    assert strips["en"] == [
        ("room", 0, 1000),
        ("taken", 0, 250),
        ("room", 0, 750),
        ("taken", 0, 1000),
        ("beyond", 750, 250),
    ]
    assert strips["ar"] == [(kind, 1000 - x - width, width) for kind, x, width in strips["en"]]
    assert "Planned: 2 h 5 min; available: 4 h" in reader.get(f"{url}?lang=en").text


def test_a_sub_item_follows_its_parent_and_has_no_hour_without_minutes(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Above")
    with_it, apart = add_sub_item(world, meeting, item, "With it"), add_sub_item(world, meeting, item, "Apart")
    morning, afternoon = world.session_of(meeting), world.session_of(meeting, starts="14:30", ends="17:30")
    plan(world, meeting, item, morning, 60)
    plan(world, meeting, apart, afternoon, 30)
    world.agenda_released(meeting)

    page = english("amina").get(f"/meetings/{meeting.id}/plan").text

    early, _, late = page.partition("14:30–17:30")
    assert ("Above" in early, "With it" in early, "Apart" in early, "Apart" in late) == (True, True, False, True)
    assert [len(HOUR.findall(each)) for each in (early, late)] == [1, 1]
    assert with_it.id is not None


def test_items_of_a_cancelled_session_have_no_hour_and_are_planned_again(world: World, english: Open) -> None:
    meeting = world.meeting()
    item, session = world.item(meeting, "First"), world.session_of(meeting)
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    with world.acting("ines") as (writing, actor):
        meeting_session = writing.get_one(MeetingSession, session.id)
        sessions.cancel_session(writing, actor, meeting_session, version=meeting_session.version)

    seen = english("amina").get(f"/meetings/{meeting.id}/plan").text
    edited = english("laurent").get(f"/meetings/{meeting.id}/agenda/edit").text

    assert HOUR.findall(seen) == []
    assert list_pieces(seen) == []
    for page in (seen, edited):
        assert "Session cancelled" in page
        assert "First" in page
    assert read_form(edited)[row("s", item)] == "1"
    assert '<option value="1">' not in edited


def test_after_the_adoption_planning_can_be_undone_and_other_changes_cannot(world: World, english: Open) -> None:
    meeting = world.meeting()
    item, session = world.item(meeting, "First"), world.session_of(meeting)
    world.agenda_released(meeting)
    with world.acting("laurent") as (writing, actor):
        release.adopt_agenda(writing, actor, writing.get_one(Meeting, meeting.id), number=1)
    plan(world, meeting, item, session, 30)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/agenda"

    done = chair.post(f"{url}/act", {"act": "undo", "version": "2"})

    assert done.status_code == 303
    assert get_plan(world, item) == (None, None)
    refused = chair.post(f"{url}/act", {"act": "undo", "version": "3"})  # the last change added the item
    assert refused.status_code == 409
    assert "The meeting has adopted this agenda." in refused.text
    assert get_plan(world, item) == (None, None)


def test_a_plan_needs_as_many_statements_for_many_items_as_for_one(world: World, english: Open) -> None:
    meeting = world.meeting()
    for day in (0, 1):
        world.session_of(meeting, day=day)
    chair, pages = english("laurent"), [f"/meetings/{meeting.id}/{end}" for end in ("plan", "agenda/edit")]
    world.item(meeting)
    world.agenda_released(meeting)
    one = [count_statements(chair, page) for page in pages]

    for hour in (10, 11, 12):
        session = world.session_of(meeting, day=2, starts=f"{hour}:00", ends=f"{hour}:30")
        plan(world, meeting, world.item(meeting), session, 5)
    world.agenda_released(meeting)

    assert [count_statements(chair, page) for page in pages] == one
