"""Action points through HTTP: added to decisions, noted by their owners, and carried over while open."""

import re
from collections.abc import Callable
from datetime import timedelta

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
    earlier = (clock.now() - timedelta(days=3)).date().isoformat()
    following, before = world.meeting(opens_in=200, number=23), world.meeting(opens_in=-90, number=21)
    assert chair.get(action_address).status_code == 200
    assert kenya.post(action_address, {"text": "Draft a paper.", "state": "KEN"}).status_code == 403
    assert chair.post(action_address, {"text": "Draft a paper."}).status_code == 400
    assert chair.post(action_address, {"text": "Draft it.", "state": "KEN", "due_on": "soon"}).status_code == 400
    assert chair.post(action_address, {"text": "Draft a paper.", "state": "KEN", "due_on": earlier}).status_code == 303

    url, action_id = f"/meetings/{meeting.id}/actions", f"{get_action_point(world).id}"
    assert "Draft a paper. Overdue Kenya" in visible_text(brazil.get(url).text)
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


def test_an_owner_may_be_named_in_free_text(world: World, meeting: Meeting, action_address: str, english: Open) -> None:
    chair, kenya = english("laurent"), english("amina")
    assert chair.post(action_address, {"text": "Publish it.", "owner": "The secretariat"}).status_code == 303

    url = f"/meetings/{meeting.id}/actions"
    assert "Publish it. Not completed The secretariat" in visible_text(kenya.get(url).text)
    assert kenya.get(f"{url}/{get_action_point(world).id}").status_code == 403
    assert chair.get(f"{url}/{get_action_point(world).id}").status_code == 200
