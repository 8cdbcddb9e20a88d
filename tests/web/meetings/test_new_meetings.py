"""A new meeting through HTTP: filled in from the last one, its deadlines shown before it is saved, what it copies."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from app.core.db import transaction
from app.domain.agendas.queries import agenda_drafts
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import list_sessions
from tests.browser import Browser
from tests.web.meetings.test_meetings import FORM
from tests.world import World

Open = Callable[..., Browser]
NEW = "/meetings/new?body=cwg-internet"


def read_fields(page: str) -> dict[str, str]:
    form = page.split('action="/meetings"')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input[^>]* name="([a-z_]+)"[^>]* value="([^"]*)"', form))
    return fields | {"zone": re.findall(r'value="([^"]*)" selected', form)[0], "token": ""}


def get_meeting(world: World, number: int) -> Meeting:
    with transaction(world.read) as session:
        return session.scalars(select(Meeting).where(Meeting.number == number)).one()


def test_a_new_meeting_is_filled_in_from_the_last_one_with_its_deadlines(world: World, english: Open) -> None:
    assert 'name="like"' not in english("ines").get(NEW).text
    former, last = world.meeting(number=21, opens_in=10), world.meeting(number=22, opens_in=94)

    page = english("ines").get(NEW).text

    fields, opens_on = read_fields(page), last.opens_on + timedelta(days=84)
    assert (fields["number"], fields["place"], fields["zone"]) == ("23", "Geneva", "Europe/Zurich")
    assert (fields["opens_on"], fields["closes_on"]) == (
        opens_on.isoformat(),
        (opens_on + (last.closes_on - last.opens_on)).isoformat(),
    )
    due_on = opens_on - timedelta(days=12)
    shown = page.split('data-deadline="contributions_due_on"')[1].split("</p>")[0]
    assert f"{due_on.day} {due_on:%B %Y}" in shown
    assert f'value="{last.id}" selected' in page
    followed = english("ines").get(f"{NEW}&like={former.id}").text
    assert date.fromisoformat(read_fields(followed)["opens_on"]).weekday() == former.opens_on.weekday()


def test_the_deadlines_are_computed_without_saving_anything(world: World, english: Open) -> None:
    page = english("ines").post("/meetings", FORM | {"show": "yes", "place": ""})

    assert page.status_code == 200
    assert "29 January 2031" in page.text.split('data-deadline="contributions_due_on"')[1].split("</p>")[0]
    assert "This day has passed" not in page.text
    with transaction(world.read) as session:
        assert session.scalars(select(Meeting)).all() == []


def test_a_deadline_that_has_passed_is_warned_of_and_confirmed(world: World, english: Open) -> None:
    ines, opens = english("ines"), date.today() + timedelta(days=8)
    soon = FORM | {"opens_on": opens.isoformat(), "closes_on": (opens + timedelta(days=1)).isoformat()}

    asked = ines.post("/meetings", soon)

    assert asked.status_code == 400
    assert "This day has passed. Enter a later day" in asked.text
    assert 'id="f-contributions_due_on-error"' in asked.text
    assert 'id="f-posting_due_on-error"' not in asked.text or "posting" in asked.text
    assert 'name="past"' in asked.text
    with transaction(world.read) as session:
        assert session.scalars(select(Meeting)).all() == []
    assert ines.post("/meetings", soon | {"past": "yes"}).status_code == 303


def test_a_new_meeting_copies_sessions_and_items_of_another(world: World, english: Open) -> None:
    model = world.meeting(number=22)
    world.allocated(model, world.registered(model)[1], world.item(model, "Opening"))
    world.session_of(model, day=1)
    world.session_of(model, day=2)
    world.agenda_released(model)
    ines = english("ines")
    copied = FORM | {"number": "23", "like": str(model.id), "copy": ["sessions", "items"]}
    assert ines.post("/meetings", copied | {"closes_on": "2031-02-11"}).status_code == 303

    meeting = get_meeting(world, 23)
    with transaction(world.read) as session:
        days = [each.starts_at.date() for each in list_sessions(session, meeting)]
        titles = [item.titles for item in agenda_drafts.list_draft_items(session, meeting)]
        assert agenda_drafts.list_draft_allocations(session, meeting) == []
    assert days == [date(2031, 2, 11)]  # the third day of the model is after the last one
    assert titles == [{"en": "Opening"}]

    bare = world.meeting(number=24)
    refused = ines.post("/meetings", FORM | {"number": "25", "like": str(bare.id), "copy": "items"})
    assert (refused.status_code, "No agenda of that meeting has been released" in refused.text) == (409, True)
    with transaction(world.read) as session:
        assert session.scalars(select(Meeting.number).where(Meeting.number == 25)).all() == []


def test_an_empty_agenda_begins_with_the_items_of_another_meeting(world: World, english: Open) -> None:
    model, meeting = world.meeting(number=22), world.meeting(number=23)
    world.item(model, "Opening")
    world.agenda_released(model)
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    assert "Copy the agenda of another meeting" in chair.get(f"{url}/edit").text

    copy = {"act": "copy", "version": "0", "source": str(model.id)}
    assert english("amina").post(f"{url}/act", copy).status_code == 403
    assert chair.post(f"{url}/act", copy | {"source": "none"}).status_code == 404
    assert chair.post(f"{url}/act", copy).headers["Location"] == f"{url}/edit?did=1"

    page = chair.get(f"{url}/edit?did=1").text
    assert "Copied from another meeting" in page
    assert "Opening" in page
    assert "Copy the agenda of another meeting" not in page


def test_a_session_on_another_day_is_an_error_of_the_day(world: World, english: Open) -> None:
    meeting = world.meeting()
    day = (meeting.closes_on + timedelta(days=1)).isoformat()

    answer = english("ines").post(f"/meetings/{meeting.id}/sessions", {"on": day, "starts": "09:30", "ends": "12:30"})

    assert answer.status_code == 400
    assert 'id="f-on-error"' in answer.text
    assert 'id="f-starts-error"' not in answer.text
