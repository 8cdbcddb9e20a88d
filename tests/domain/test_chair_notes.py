"""The chair's private notes: who sees them, that a stale save is refused, and where they are not."""

from collections.abc import Iterable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from app.core.db import transaction
from app.core.errors import Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.domain.agendas.actions import editing
from app.domain.agendas.queries import agenda_releases
from app.domain.floor import queries
from app.domain.floor.actions import notes
from app.domain.floor.inputs import ChairNoteInput
from app.domain.meetings.models import Meeting
from app.package.tables import ROW_CONDITIONS
from tests.world import World

NOTE = "Ghana asked for a glossary."


class NotedMeeting:
    """A meeting with one item on its released agenda, and short names for notes on it."""

    def __init__(self, world: World) -> None:
        self.world, self.meeting = world, world.meeting()
        world.item(self.meeting, "First")
        world.agenda_released(self.meeting)
        with transaction(world.read) as session:
            self.item: UUID = agenda_releases.list_current_released_items(session, self.meeting)[0].item_id

    def keep(self, words: str = NOTE, *, by: str = "laurent", version: int = 0, item: UUID | None = None) -> int:
        with self.world.acting(by) as (session, actor):
            there = session.get_one(Meeting, self.meeting.id)
            kept = notes.keep_note(
                session, actor, there, item or self.item, ChairNoteInput(text=words), version=version
            )
            return kept.version

    def list_as(self, who: str) -> Iterable[tuple[UUID, str]]:
        with self.world.acting(who) as (session, actor):
            return queries.list_chair_notes(session, actor, self.meeting.id)

    def read_table_as(self, who: str) -> list[str]:
        with self.world.acting(who) as (session, _actor):
            return list(session.scalars(text("SELECT text FROM chair_note")))


@pytest.fixture
def noted(world: World) -> NotedMeeting:
    return NotedMeeting(world)


def test_the_chairs_side_shares_its_notes_and_no_delegate_sees_them(noted: NotedMeeting) -> None:
    assert noted.keep() == 1

    for who in ("laurent", "ines"):
        assert noted.list_as(who) == [(noted.item, NOTE)]
    for who in ("amina", "rafael"):
        assert noted.list_as(who) == []
        with pytest.raises(Forbidden):
            noted.keep("Mine.", by=who, version=1)


def test_offices_that_the_chair_did_not_choose_see_no_notes(noted: NotedMeeting) -> None:
    noted.keep()
    with noted.world.acting("laurent") as (session, actor):
        editing.choose_deputy_offices(session, actor, session.get_one(Meeting, noted.meeting.id), [])

    assert noted.list_as("ines") == []
    assert noted.list_as("laurent") == [(noted.item, NOTE)]
    with pytest.raises(Forbidden):
        noted.keep("Mine.", by="ines", version=1)


def test_the_database_shows_notes_to_offices_alone(noted: NotedMeeting) -> None:
    noted.keep()

    assert noted.read_table_as("laurent") == [NOTE]
    assert noted.read_table_as("amina") == []


def test_a_note_that_somebody_else_changed_meanwhile_is_not_replaced(noted: NotedMeeting) -> None:
    noted.keep()
    noted.keep("Ghana and Brazil.", by="ines", version=1)

    with pytest.raises(Stale):
        noted.keep("Ghana alone.", version=1)
    assert noted.keep("Ghana and Brazil.", version=1) == 2, "the same text is no conflict"
    assert noted.list_as("laurent") == [(noted.item, "Ghana and Brazil.")]


def test_an_emptied_note_is_gone(noted: NotedMeeting) -> None:
    noted.keep()
    noted.keep("", version=1)

    assert noted.list_as("laurent") == []


def test_a_note_is_about_an_item_of_this_agenda_and_a_meeting_that_one_sees(noted: NotedMeeting) -> None:
    with pytest.raises(NotFound):
        noted.keep(item=uuid4())
    with noted.world.acting("laurent") as (session, actor), pytest.raises(NotFound):
        queries.list_chair_notes(session, actor, uuid4())


def test_notes_are_neither_on_record_nor_in_the_package(noted: NotedMeeting) -> None:
    def count_lines() -> int:
        with transaction(noted.world.read) as session:
            return len(session.scalars(select(JournalLine.seq)).all())

    before = count_lines()
    noted.keep()

    assert count_lines() == before
    assert "chair_note" not in ROW_CONDITIONS
