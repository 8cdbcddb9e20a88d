"""Action points through HTTP: added to decisions, noted by their owners, and carried over while open."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import ActionPoint, Decision
from app.domain.floor import queries as floors
from app.domain.floor.actions import session as floor
from app.domain.meetings.models import Meeting
from app.domain.reports.actions import action_points
from app.domain.reports.inputs import NewActionPoint
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


@pytest.fixture
def meeting(world: World) -> Meeting:
    new_meeting = world.meeting(opens_in=0)
    world.sitting(new_meeting)
    with world.acting("laurent") as (session, actor):
        meeting_row = session.get_one(Meeting, new_meeting.id)
        now = floors.find_open_sitting(session, meeting_row)
        assert now
        new = NewDecision(text="The group agreed to go on.", lang="en")
        floor.record_decision(session, actor, meeting_row, new, version=now.version)
    return new_meeting


@pytest.fixture
def action_address(world: World, meeting: Meeting) -> str:
    with transaction(world.read) as session:
        decision = session.scalars(select(Decision.id).where(Decision.meeting_id == meeting.id)).one()
    return f"/meetings/{meeting.id}/decisions/{decision}/action"


def get_action_point(world: World) -> ActionPoint:
    with transaction(world.read) as session:
        return session.scalars(select(ActionPoint)).one()


def visible_text(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("<main")[2]).split())


def test_an_action_point_is_carried_over_until_it_is_done(
    world: World, meeting: Meeting, action_address: str, english: Open
) -> None:
    chair, kenya, brazil = english("laurent"), english("amina"), english("rafael")
    earlier, due = ((clock.now() + timedelta(days=days)).date().isoformat() for days in (-3, 5))
    following, before = world.meeting(opens_in=200, number=23), world.meeting(opens_in=-90, number=21)
    assert chair.get(action_address).status_code == 200
    assert kenya.post(action_address, {"text": "Draft a paper.", "owner": "KEN"}).status_code == 403
    assert chair.post(action_address, {"text": "Draft a paper."}).status_code == 400
    assert chair.post(action_address, {"text": "Draft it.", "owner": "KEN", "due_on": "soon"}).status_code == 400
    past = chair.post(action_address, {"text": "Draft a paper.", "owner": "KEN", "due_on": earlier})
    assert past.status_code == 400
    assert "The due date is in the past." in past.text.partition('id="f-due_on-error"')[2].partition("</p>")[0]
    assert f'value="{earlier}"' in past.text
    assert '<option value="KEN" selected>' in past.text
    with transaction(world.read) as session:
        assert session.scalars(select(ActionPoint)).all() == []
    assert chair.post(action_address, {"text": "Draft a paper.", "owner": "KEN", "due_on": due}).status_code == 303

    url, action_id = f"/meetings/{meeting.id}/actions", f"{get_action_point(world).id}"
    assert "Draft a paper. Not completed Kenya" in visible_text(brazil.get(url).text)
    with clock.shifted_clock(timedelta(days=7)):
        assert "Draft a paper. Overdue Kenya" in visible_text(english("rafael").get(url).text)
    assert "Record progress" not in visible_text(brazil.get(url).text)
    assert "Record progress" in visible_text(kenya.get(url).text)
    assert "Draft a paper." in visible_text(kenya.get(f"/meetings/{following.id}/actions").text)
    assert "Draft a paper." not in visible_text(kenya.get(f"/meetings/{before.id}/actions").text)

    assert brazil.get(f"{url}/{action_id}").status_code == 403
    assert kenya.get(f"{url}/{action_id}").status_code == 200
    assert kenya.get(f"/meetings/{following.id}/actions/{action_id}").status_code == 404
    assert kenya.post(f"{url}/{action_id}", {"progress": "done", "note": "", "version": "1"}).status_code == 400
    assert (
        kenya.post(f"{url}/{action_id}", {"progress": "done", "note": "It is sent.", "version": "0"}).status_code == 409
    )
    assert (
        kenya.post(f"{url}/{action_id}", {"progress": "done", "note": "It is sent.", "version": "1"}).status_code == 303
    )

    assert "Done Kenya" in visible_text(brazil.get(url).text)
    assert "It is sent." in visible_text(brazil.get(url).text)
    assert "Draft a paper." not in visible_text(kenya.get(f"/meetings/{following.id}/actions").text)
    with transaction(world.read) as session:
        of_actions = select(JournalLine).where(JournalLine.event.startswith("action:"))
        noted = session.scalars(of_actions.order_by(JournalLine.seq)).all()
        assert [line.event for line in noted] == ["action:added", "action:moved"]


def test_an_owner_who_was_named_in_free_text_is_still_shown(
    world: World, meeting: Meeting, action_address: str, english: Open
) -> None:
    chair, kenya = english("laurent"), english("amina")
    refused = chair.post(action_address, {"text": "Publish it.", "owner": "The editing group"})
    assert refused.status_code == 400
    assert "Select who is responsible." in refused.text
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        decision = session.scalars(select(Decision).where(Decision.meeting_id == meeting.id)).one()
        before = NewActionPoint(text="Publish it.", lang="en", owner="The editing group")
        action_points.add_action_point(session, actor, row, decision, before)

    url = f"/meetings/{meeting.id}/actions"
    assert "Publish it. Not completed The editing group" in visible_text(kenya.get(url).text)
    assert kenya.get(f"{url}/{get_action_point(world).id}").status_code == 403
    assert chair.get(f"{url}/{get_action_point(world).id}").status_code == 200


def test_an_office_that_was_typed_is_named_in_the_language_of_the_page_and_offered_once(
    world: World, meeting: Meeting, browser: Open
) -> None:
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        decision = session.scalars(select(Decision).where(Decision.meeting_id == meeting.id)).one()
        for owner in ("Secretariat", "secretariat", "Chair", "The editing group"):
            new = NewActionPoint(text=f"By {owner}.", lang="en", owner=owner)
            action_points.add_action_point(session, actor, row, decision, new)

    url, amina = f"/meetings/{meeting.id}/actions", browser("amina")
    page = amina.get(f"{url}?lang=ar").text
    assert "<bdi>الأمانة</bdi>" in page
    assert "<bdi>Secretariat</bdi>" not in page
    assert "<bdi>الرئيس</bdi>" in page
    offered = re.findall(r"<option[^>]*>([^<]+)", page.partition('name="owner"')[2].partition("</select>")[0])
    assert [offered.count(name) for name in ("الأمانة", "الرئيس", "The editing group")] == [1, 1, 1]
    narrowed = visible_text(amina.get(f"{url}?owner=secretariat&lang=en").text)
    assert [f"By {owner}." in narrowed for owner in ("Secretariat", "secretariat", "Chair")] == [True, True, False]


def test_a_person_of_the_group_is_chosen_and_updates_the_progress(
    world: World, meeting: Meeting, action_address: str, english: Open
) -> None:
    chair, secretary, brazil = english("laurent"), english("daniel"), english("rafael")
    form = chair.get(action_address).text
    people = form.partition('<optgroup label="People">')[2].partition("</optgroup>")[0]
    chosen = re.findall(r'<option value="([^"]+)">Rafael Nogueira Campos \(Brazil\)', people)
    assert len(chosen) == 1
    assert "Olga" not in people
    assert chair.post(action_address, {"text": "Draft a paper.", "owner": str(uuid4())}).status_code == 400
    assert chair.post(action_address, {"text": "Draft a paper.", "owner": chosen[0]}).status_code == 303

    url = f"/meetings/{meeting.id}/actions"
    assert "Draft a paper. Not completed Rafael Nogueira Campos (Brazil)" in visible_text(secretary.get(url).text)
    own = f"{url}/{get_action_point(world).id}"
    assert own in brazil.get("/").text
    assert own not in secretary.get("/").text
    assert "Rafael Nogueira Campos" in brazil.get(own).text
    assert brazil.post(own, {"progress": "done", "note": "It is sent.", "version": "1"}).status_code == 303
    assert own not in brazil.get("/").text
