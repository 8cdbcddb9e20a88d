"""The time plan through HTTP: hours, totals, overruns; and planning in one action that loses nothing."""

import re
from collections.abc import Callable
from datetime import timedelta

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


def test_readers_of_agenda_and_meeting_see_how_full_each_session_is(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Contributions")
    full = world.session(meeting, starts_in=timedelta(days=30))
    world.session(meeting, starts_in=timedelta(days=30, hours=5))
    delegate, pages = english("amina"), (f"/meetings/{meeting.id}/agenda", f"/meetings/{meeting.id}")
    plan(world, meeting, item, full, 60)
    sub_item = add_sub_item(world, meeting, item, "Connectivity")
    plan(world, meeting, sub_item, None, 180)
    assert all("Planned:" not in delegate.get(page).text for page in pages)  # only the draft has it
    world.agenda_released(meeting)

    for page in pages:
        sessions = delegate.get(page).text.split('<ol class="dates gauges">')[1].split("</ol>")[0]
        assert sessions.count("<li>") == 2
        assert re.findall(r"Planned: [^<]+h", sessions) == ["Planned: 4 h; available: 3 h"]
        assert "Overrun: 1 h" in sessions
        assert re.findall(r'<rect(?: class="(\w+)")? x="([\d.]+)" y="0" width="([\d.]+)"', sessions) == [
            ("length", "0", "75.0"),
            ("", "0", "75.0"),
            ("beyond", "75.0", "25.0"),
        ]


def test_only_the_chair_edits_the_plan_and_only_seats_see_it(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    url = f"/meetings/{meeting.id}/plan"

    assert [english(who).get(f"{url}/edit").status_code for who in ("laurent", "ines", "amina")] == [200, 200, 403]
    assert english("wambui").get(url).status_code == 404
    typed = {"version": "1", f"minutes_{item.id}": "30"}
    assert english("amina").post(f"{url}/edit", typed).status_code == 403
    assert get_plan(world, item) == (None, None)
    assert english("laurent").post(f"{url}/edit", typed).status_code == 303
    assert get_plan(world, item) == (None, 30)


def read_form(page: str) -> dict[str, str]:
    """The fields of the form of the whole plan, as a browser would send them."""
    form = page.split('/plan/edit">')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input[^>]* name="((?:version|was_|minutes_)[^"]*)"[^>]* value="([^"]*)"', form))
    for name, choices in re.findall(r'<select[^>]* name="([^"]*)">(.*?)</select>', form, re.DOTALL):
        fields[name] = "".join(re.findall(r'value="([^"]*)" selected', choices))
    return fields


def test_one_button_saves_all_items_in_one_change_that_one_undo_reverts(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second, third = (world.item(meeting, title) for title in ("First", "Second", "Third"))
    session = world.session(meeting)
    plan(world, meeting, third, session, 15)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/plan"
    fields = read_form(chair.get(f"{url}/edit").text)
    typed = {f"minutes_{first.id}": "30", f"session_{first.id}": str(session.id), f"minutes_{second.id}": "45"}

    assert chair.post(f"{url}/edit", fields).headers["Location"] == f"{url}/edit"
    done = chair.post(f"{url}/edit", fields | typed)

    assert [get_plan(world, each) for each in (first, second, third)] == [
        (session.id, 30),
        (None, 45),
        (session.id, 15),
    ]
    version = int(fields["version"]) + 1
    assert done.headers["Location"] == f"{url}/edit?did={version}"
    assert chair.post(f"{url}/undo", {"version": str(version)}).status_code == 303
    assert [get_plan(world, each) for each in (first, second, third)] == [(None, None), (None, None), (session.id, 15)]


def test_a_stale_plan_is_refused_and_sends_only_its_own_changes_again(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second = (world.item(meeting, title) for title in ("First", "Second"))
    session = world.session(meeting)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/plan"
    fields = read_form(chair.get(f"{url}/edit").text)
    plan(world, meeting, second, session, 50)

    stale = chair.post(f"{url}/edit", fields | {f"minutes_{first.id}": "77"})

    assert stale.status_code == 409
    assert "You wanted to change the time plan:" in stale.text
    again = stale.text.split("Apply to the current draft")[0].rpartition("<form")[2]
    sent = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', again))
    assert str(second.id) not in again
    assert chair.post(f"{url}/edit", sent).status_code == 303
    assert [get_plan(world, each) for each in (first, second)] == [(None, 77), (session.id, 50)]


def test_a_wrong_number_saves_nothing_and_everything_typed_is_shown_again(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second = (world.item(meeting, title) for title in ("First", "Second"))
    chair, url = english("laurent"), f"/meetings/{meeting.id}/plan"
    fields = read_form(chair.get(f"{url}/edit").text)

    wrong = chair.post(f"{url}/edit", fields | {f"minutes_{first.id}": "many", f"minutes_{second.id}": "45"})

    assert wrong.status_code == 400
    assert f'href="#f-minutes_{first.id}"' in wrong.text
    shown = read_form(wrong.text)
    assert (shown[f"minutes_{first.id}"], shown[f"minutes_{second.id}"]) == ("many", "45")
    assert get_plan(world, second) == (None, None)
    other_meeting = world.meeting(number=23)
    theirs = world.item(other_meeting, "Of another meeting")
    assert chair.post(f"{url}/edit", fields | {f"minutes_{theirs.id}": "5"}).status_code == 404


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
    edited = english("laurent").get(f"/meetings/{meeting.id}/plan/edit").text

    for page in (seen, edited):
        assert "Session cancelled" in page
        assert HOUR.findall(page) == []
        assert "First" in page
        assert list_pieces(page) == []
    assert f'<option value="{session.id}" selected>Session cancelled</option>' in edited


def test_an_item_moves_to_the_next_session_by_one_button_and_back_by_undo(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    former, _, latter = (
        world.session_of(meeting, day=0),
        cancelled_session(world, meeting),
        world.session_of(meeting, day=2),
    )
    plan(world, meeting, item, former, 30)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/plan"
    page = chair.get(f"{url}/edit").text
    assert page.count("Move item 1 to the next session") == 1
    assert "to the previous session" not in page
    fields = read_form(page)
    button = {"move": re.findall(r'name="move" value="([^"]*)"', page)[0], f"minutes_{item.id}": "35"}

    done = chair.post(f"{url}/edit", fields | button)

    assert get_plan(world, item) == (latter.id, 35)
    after = chair.get(done.headers["Location"].split("#")[0]).text
    assert 'Planned</b>: <span class="num">1</span>' in after
    assert "to the next session" not in after
    assert chair.post(f"{url}/undo", {"version": "1"}).status_code == 409
    version = int(fields["version"]) + 1
    undone = chair.post(f"{url}/undo", {"version": str(version)})
    assert undone.headers["Location"] == f"{url}/edit?did={version + 1}"
    assert get_plan(world, item) == (former.id, 30)


def cancelled_session(world: World, meeting: Meeting) -> MeetingSession:
    meeting_session = world.session_of(meeting, day=1)
    with world.acting("ines") as (writing, actor):
        session_row = writing.get_one(MeetingSession, meeting_session.id)
        sessions.cancel_session(writing, actor, session_row, version=session_row.version)
    return meeting_session


def test_after_the_adoption_planning_can_be_undone_and_other_changes_cannot(world: World, english: Open) -> None:
    meeting = world.meeting()
    item, session = world.item(meeting, "First"), world.session_of(meeting)
    world.agenda_released(meeting)
    with world.acting("laurent") as (writing, actor):
        release.adopt_agenda(writing, actor, writing.get_one(Meeting, meeting.id), number=1)
    plan(world, meeting, item, session, 30)
    chair, url = english("laurent"), f"/meetings/{meeting.id}/plan"
    assert "Undo" in chair.get(f"{url}/edit").text

    done = chair.post(f"{url}/undo", {"version": "2"})

    assert done.status_code == 303
    assert get_plan(world, item) == (None, None)
    assert ">Undo<" not in chair.get(f"{url}/edit").text  # the last change added the item
    refused = chair.post(f"{url}/undo", {"version": "3"})
    assert refused.status_code == 409
    assert "The meeting has adopted this agenda." in refused.text
    assert get_plan(world, item) == (None, None)


def test_a_plan_needs_as_many_statements_for_many_items_as_for_one(world: World, english: Open) -> None:
    meeting = world.meeting()
    for day in (0, 1):
        world.session_of(meeting, day=day)
    chair, pages = english("laurent"), [f"/meetings/{meeting.id}/plan{end}" for end in ("", "/edit")]
    world.item(meeting)
    world.agenda_released(meeting)
    one = [count_statements(chair, page) for page in pages]

    for hour in (10, 11, 12):
        session = world.session_of(meeting, day=2, starts=f"{hour}:00", ends=f"{hour}:30")
        plan(world, meeting, world.item(meeting), session, 5)
    world.agenda_released(meeting)

    assert [count_statements(chair, page) for page in pages] == one
