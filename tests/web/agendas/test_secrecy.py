"""An agenda's draft is invisible to delegates: every page answers, byte for byte, as if nothing had changed in it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.agendas.actions import allocation, editing
from app.domain.agendas.models import AgendaItem
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.web.agendas.test_time_plan import plan
from tests.web.meetings.test_calendars import own
from tests.world import World

Open = Callable[..., Browser]
CANARY = "Canary of the draft"
A_KEY = re.compile(rb'name="key" value="[^"]+"')  # each new form has one of its own


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page may differ because a second passed."""
    at = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: at)


def pages(meeting: Meeting, document: Document, draft: object, item: AgendaItem, session: MeetingSession) -> list[str]:
    here = f"/meetings/{meeting.id}"
    return [
        "/",
        "/meetings",
        here,
        f"{here}/agenda",
        f"{here}/agenda/versions",
        f"{here}/agenda/versions/1",
        f"{here}/agenda/versions/2",
        f"{here}/agenda/differences",
        f"{here}/agenda/edit",
        f"{here}/agenda/release",
        f"{here}/agenda/items/{item.id}",
        f"{here}/agenda/proposals",
        f"{here}/plan",
        f"{here}/plan/edit",
        f"{here}/calendar.ics",
        f"/sessions/{session.id}/calendar.ics",
        f"{here}/floor",
        f"{here}/floor/screen",
        f"{here}/decisions",
        f"{here}/report",
        f"{here}/report/revisions",
        f"{here}/actions",
        f"{here}/participants",
        f"{here}/proposals",
        f"{here}/documents",
        f"{here}/documents?item=none",
        f"{here}/documents?item={item.id}",
        f"{here}/documents.csv",
        f"{here}/contributions/new",
        f"/contributions/{draft}",
        f"/contributions/{draft}/edit",
        "/contributions",
        "/documents",
        "/documents.csv",
        f"/documents/{document.id}",
        "/outputs",
        "/search?q=canary",
        f"/search?q={document.symbol}",
    ]


def test_what_is_changed_in_a_draft_changes_no_answer_to_a_delegate(world: World, english: Open, frozen: None) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Released item")
    _, document = world.registered(meeting)
    _, loose = world.registered(meeting, title="Another registered title")
    world.allocated(meeting, document, item)
    session = world.session_of(meeting)
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    draft = world.draft(meeting).id
    readers = {who: english(who) for who in ("amina", "rafael", "joseph")}
    addresses = [*pages(meeting, document, draft, item, session), own(world, readers["amina"])]

    def answers() -> dict[tuple[str, str], tuple[int, bytes]]:
        found = {(who, path): reader.get(path) for who, reader in readers.items() for path in addresses}
        return {key: (answer.status_code, A_KEY.sub(b"", answer.content)) for key, answer in found.items()}

    answers()  # the first visit of a day is noted
    before = answers()

    second = world.item(meeting, CANARY)
    world.allocated(meeting, document, second)
    world.allocated(meeting, loose, item)
    plan(world, meeting, second, session, 45)
    plan(world, meeting, item, None, 60)
    with world.acting("laurent") as (writing, actor):
        there = writing.get_one(Meeting, meeting.id)
        moved = writing.get_one(AgendaItem, second.id)
        editing.move_agenda_item_one_step(writing, actor, there, moved, "up", version=there.agenda_version)
        allocation.unallocate_document(
            writing, actor, there, writing.get_one(Document, document.id), version=there.agenda_version
        )
        editing.set_numbering_style(writing, actor, there, "roman", version=there.agenda_version)

    assert answers() == before
    assert CANARY in english("laurent").get(f"/meetings/{meeting.id}/agenda/edit").text
    assert before["amina", f"/meetings/{meeting.id}/agenda"][0] == 200
    with transaction(world.read) as reading:
        assert reading.scalar(select(Meeting.agenda_version)) > 2
    world.agenda_released(meeting)
    assert answers() != before
    assert CANARY in readers["amina"].get(f"/meetings/{meeting.id}/agenda").text
