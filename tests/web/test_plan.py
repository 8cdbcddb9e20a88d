"""The time plan through HTTP: hours, totals, overruns; and planning as one act that loses nothing."""

from collections.abc import Callable
from datetime import timedelta

from app.core.db import transaction
from app.domain.agendas import actions
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def plan(world: World, meeting: Meeting, item: AgendaItem, session: MeetingSession | None, minutes: int) -> None:
    with world.acting("laurent") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        draft = writing.get_one(AgendaItem, item.id)
        planned = session.id if session else None
        actions.plan_item(writing, actor, there, draft, planned=planned, minutes=minutes, version=there.agenda_version)


def test_items_stand_at_their_hours_and_overruns_are_told(world: World, english: Open) -> None:
    meeting = world.meeting()
    first, second, third = (world.item(meeting, title) for title in ("First", "Second", "Third"))
    session = world.session(meeting, starts_in=timedelta(days=30))
    plan(world, meeting, first, session, 150)
    plan(world, meeting, second, session, 45)
    delegate, here = english("amina"), f"/meetings/{meeting.id}/plan"
    assert "First" not in delegate.get(here).text
    world.agenda_released(meeting)

    page = delegate.get(here).text

    begins = [session.starts_at + timedelta(minutes=minutes) for minutes in (0, 150)]
    assert all(f'datetime="{each.isoformat()}"' in page for each in begins)
    assert "Planned: 195 minutes; available: 180 minutes" in page
    assert "Overrun: 15 minutes" in page
    assert page.count("Beyond the end of the session") == 1
    assert "Third" in page.split("Not planned yet")[1]
    assert third.id is not None
    assert "Edit the time plan" not in page


def test_the_plan_is_kept_by_the_chair_and_seen_only_by_seats(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    here = f"/meetings/{meeting.id}/plan"

    assert [english(who).get(f"{here}/edit").status_code for who in ("laurent", "ines", "amina")] == [200, 200, 403]
    assert english("wambui").get(here).status_code == 404
    assert english("amina").post(f"{here}/items/{item.id}", {"version": "1"}).status_code == 403


def test_an_item_moves_in_one_act_and_a_stale_one_is_refused_with_both_shown(world: World, english: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "First")
    session = world.session(meeting)
    chair, here = english("laurent"), f"/meetings/{meeting.id}/plan"
    data = {"version": "1", "session": str(session.id), "minutes": "30"}

    done = chair.post(f"{here}/items/{item.id}", data)
    stale = chair.post(f"{here}/items/{item.id}", data | {"minutes": "77"})

    assert done.headers["Location"] == f"{here}/edit?did=2#item-{item.id}"
    assert stale.status_code == 409
    assert "You wanted to plan an item:" in stale.text
    assert 'name="minutes" value="77"' in stale.text
    assert "Do it on the draft as it is now" in stale.text
    assert chair.post(f"{here}/items/{item.id}", data | {"version": "2", "minutes": "many"}).status_code == 400
    with transaction(world.read) as reading:
        there = reading.get_one(AgendaItem, item.id)
        assert (there.session_id, there.minutes) == (session.id, 30)
