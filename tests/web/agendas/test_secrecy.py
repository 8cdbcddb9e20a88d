"""A draft agenda is invisible to delegates: every page is byte for byte the same, whatever changes in the draft."""

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
from tests.sampling import CaseSampler
from tests.web.agendas.test_time_plan import plan
from tests.web.meetings.test_calendars import create_calendar
from tests.world import World

Open = Callable[..., Browser]
CANARY = "Canary of the draft"
KEY_FIELD = re.compile(rb'name="key" value="[^"]+"')  # each new form has its own key


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock: no page may differ because a second passed."""
    at = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: at)


def list_addresses(
    meeting: Meeting, document: Document, draft: object, item: AgendaItem, session: MeetingSession
) -> list[str]:
    url = f"/meetings/{meeting.id}"
    return [
        "/",
        "/meetings",
        url,
        f"{url}/agenda",
        f"{url}/agenda/versions",
        f"{url}/agenda/versions/1",
        f"{url}/agenda/versions/2",
        f"{url}/agenda/differences",
        f"{url}/agenda/edit",
        f"{url}/agenda/release",
        f"{url}/agenda/items/{item.id}",
        f"{url}/agenda/proposals",
        f"{url}/plan",
        f"{url}/plan/edit",
        f"{url}/calendar.ics",
        f"/sessions/{session.id}/calendar.ics",
        f"{url}/floor",
        f"{url}/floor/screen",
        f"{url}/decisions",
        f"{url}/report",
        f"{url}/report/revisions",
        f"{url}/actions",
        f"{url}/participants",
        f"{url}/proposals",
        f"{url}/documents",
        f"{url}/documents?item=none",
        f"{url}/documents?item={item.id}",
        f"{url}/documents.csv",
        f"{url}/contributions/new",
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


def test_changes_in_a_draft_agenda_change_no_response_to_a_delegate(
    world: World, english: Open, frozen: None, case_sampler: CaseSampler
) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Released item")
    _, document = world.registered(meeting)
    _, loose = world.registered(meeting, title="Another registered title")
    world.allocated(meeting, document, item)
    session = world.session_of(meeting)
    plan(world, meeting, item, session, 30)
    world.agenda_released(meeting)
    draft = world.draft(meeting).id
    readers = {who: english(who) for who in ("amina", *case_sampler.take(("rafael", "joseph"), one_of=2))}
    addresses = [*list_addresses(meeting, document, draft, item, session), create_calendar(world, readers["amina"])]

    def answers() -> dict[tuple[str, str], tuple[int, bytes]]:
        responses = {(who, path): reader.get(path) for who, reader in readers.items() for path in addresses}
        return {key: (answer.status_code, KEY_FIELD.sub(b"", answer.content)) for key, answer in responses.items()}

    for reader in readers.values():
        reader.get("/")  # the first visit of a day is recorded
    before = answers()

    second = world.item(meeting, CANARY)
    world.allocated(meeting, document, second)
    world.allocated(meeting, loose, item)
    plan(world, meeting, second, session, 45)
    plan(world, meeting, item, None, 60)
    with world.acting("laurent") as (writing, actor):
        meeting_row = writing.get_one(Meeting, meeting.id)
        moved = writing.get_one(AgendaItem, second.id)
        editing.move_agenda_item_one_step(writing, actor, meeting_row, moved, "up", version=meeting_row.agenda_version)
        allocation.unallocate_document(
            writing, actor, meeting_row, writing.get_one(Document, document.id), version=meeting_row.agenda_version
        )
        editing.set_numbering_style(writing, actor, meeting_row, "roman", version=meeting_row.agenda_version)

    assert answers() == before
    assert CANARY in english("laurent").get(f"/meetings/{meeting.id}/agenda/edit").text
    assert before["amina", f"/meetings/{meeting.id}/agenda"][0] == 200
    with transaction(world.read) as reading:
        assert reading.scalar(select(Meeting.agenda_version)) > 2
    world.agenda_released(meeting)
    agenda = readers["amina"].get(f"/meetings/{meeting.id}/agenda")
    assert CANARY in agenda.text
    assert KEY_FIELD.sub(b"", agenda.content) != before["amina", f"/meetings/{meeting.id}/agenda"][1]
