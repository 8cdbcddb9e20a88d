"""The private notes of a delegation: who sees them, that a stale save is refused, and where they are not."""

from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update

from app.core.db import WriteSession, transaction
from app.core.errors import Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.actions import seats
from app.domain.bodies.models import Accreditation, Capacity
from app.domain.briefings import queries
from app.domain.briefings.actions import keep_delegation_note
from app.domain.briefings.inputs import DelegationNoteInput
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.package.tables import ROW_CONDITIONS
from tests.domain.test_concurrency import run_overlapping
from tests.world import PLAYERS, World, record_rows

NOTE = "We can accept the text of Brazil."
OTHERS = sorted(PLAYERS.keys() - {"amina", "wambui"})


class BriefedMeeting:
    """A meeting with one item on its released agenda and one document, and short names for notes of Kenya on them."""

    def __init__(self, world: World) -> None:
        self.world, self.meeting = world, world.meeting()
        world.seat("wambui", Capacity.DELEGATE)
        world.item(self.meeting, "First")
        world.agenda_released(self.meeting)
        self.document: Document = world.registered(self.meeting)[1]
        with transaction(world.read) as session:
            self.item: UUID = agenda_releases.list_current_released_items(session, self.meeting)[0].item_id

    def keep(self, words: str = NOTE, *, by: str = "amina", version: int = 0, about: UUID | None = None) -> int:
        with self.world.acting(by) as (session, actor):
            there = session.get_one(Meeting, self.meeting.id)
            note = DelegationNoteInput(text=words)
            return keep_delegation_note(session, actor, there, about or self.item, note, version=version).version

    def list_as(self, who: str) -> dict[UUID, str]:
        with self.world.acting(who) as (session, actor):
            notes = queries.list_own_notes(session, actor, session.get_one(Meeting, self.meeting.id))
            return {subject: note.text for subject, note in notes.items()}

    def read_table_as(self, who: str) -> list[str]:
        with self.world.acting(who) as (session, _actor):
            return list(session.scalars(text("SELECT text FROM delegation_note")))


@pytest.fixture
def briefed(world: World) -> BriefedMeeting:
    return BriefedMeeting(world)


def test_a_delegation_shares_its_notes_on_items_and_documents(briefed: BriefedMeeting) -> None:
    assert briefed.keep() == 1
    assert briefed.keep("Read it.", by="wambui", about=briefed.document.id) == 1

    for who in ("amina", "wambui"):
        assert briefed.list_as(who) == {briefed.item: NOTE, briefed.document.id: "Read it."}


@pytest.mark.parametrize("who", OTHERS)
def test_no_one_else_sees_or_changes_them(briefed: BriefedMeeting, who: str) -> None:
    briefed.keep()
    assert briefed.list_as("wambui") == {briefed.item: NOTE}

    assert briefed.list_as(who) == {}
    if PLAYERS[who].entity != "KEN":
        assert briefed.read_table_as(who) == []
    with suppress(Forbidden):  # a delegate of another State keeps a note of that State
        briefed.keep("Mine.", by=who)
    assert briefed.list_as("amina") == {briefed.item: NOTE}


def test_the_database_shows_notes_to_their_state_alone(briefed: BriefedMeeting) -> None:
    briefed.keep()

    assert briefed.read_table_as("amina") == [NOTE]
    for who in ("rafael", "laurent", "ines"):
        assert briefed.read_table_as(who) == []


def test_who_loses_the_seat_reads_them_no_longer_and_they_stay_with_the_delegation(briefed: BriefedMeeting) -> None:
    briefed.keep()
    with briefed.world.acting("ines") as (session, actor):
        of_amina = select(Accreditation).where(Accreditation.person_id == briefed.world.person("amina").id)
        seats.end_accreditation(session, actor, session.scalars(of_amina).one(), ReasonInput(reason="Because."))

    assert briefed.list_as("amina") == {}
    with pytest.raises(Forbidden):
        briefed.keep("Mine.", version=1)
    assert briefed.list_as("wambui") == {briefed.item: NOTE}


def test_who_acts_for_another_state_reads_them_no_longer(briefed: BriefedMeeting) -> None:
    briefed.keep()
    with transaction(briefed.world.write) as session:
        record_rows(session)
        amina = briefed.world.person("amina").id
        session.execute(update(Person).where(Person.id == amina).values(entity="DEU"))

    assert briefed.list_as("amina") == {}
    assert briefed.list_as("wambui") == {briefed.item: NOTE}


def test_a_note_that_a_colleague_changed_meanwhile_is_not_replaced(briefed: BriefedMeeting) -> None:
    briefed.keep()
    briefed.keep("Only with the amendment.", by="wambui", version=1)

    with pytest.raises(Stale):
        briefed.keep("As it is.", version=1)
    assert briefed.keep("Only with the amendment.", version=1) == 2, "the same text is no conflict"
    assert briefed.list_as("amina") == {briefed.item: "Only with the amendment."}


def test_of_two_colleagues_who_save_at_once_neither_replaces_the_other(briefed: BriefedMeeting) -> None:
    briefed.keep()

    def save(session: WriteSession, actor: Actor) -> None:
        there, note = session.get_one(Meeting, briefed.meeting.id), DelegationNoteInput(text=f"By {actor.person}.")
        keep_delegation_note(session, actor, there, briefed.item, note, version=1)

    with pytest.raises(Stale):
        run_overlapping(briefed.world, ("amina", save), ("wambui", save))

    assert briefed.list_as("amina") == {briefed.item: f"By {briefed.world.person('amina').id}."}


def test_two_delegations_have_each_a_note_on_the_same_item(briefed: BriefedMeeting) -> None:
    briefed.keep()
    briefed.keep("Brazil insists.", by="rafael")

    assert briefed.list_as("amina") == {briefed.item: NOTE}
    assert briefed.list_as("rafael") == {briefed.item: "Brazil insists."}


def test_a_note_is_about_an_item_or_a_document_of_this_meeting(briefed: BriefedMeeting, world: World) -> None:
    _, elsewhere = world.registered(world.meeting(number=23))

    for subject in (uuid4(), elsewhere.id):
        with pytest.raises(NotFound):
            briefed.keep(about=subject)


def test_notes_are_neither_on_record_nor_in_the_package(briefed: BriefedMeeting) -> None:
    def count_lines() -> int:
        with transaction(briefed.world.read) as session:
            return len(session.scalars(select(JournalLine.seq)).all())

    before = count_lines()
    briefed.keep()

    assert count_lines() == before
    assert "delegation_note" not in ROW_CONDITIONS
