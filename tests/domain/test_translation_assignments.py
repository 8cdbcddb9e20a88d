"""Translations that are due, assigned: to whom, until when, what that changes in the list, and who may do it."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, NotFound
from app.core.journal import JournalLine
from app.domain.documents.models import EditionStep
from app.domain.translations.actions import assignments
from app.domain.translations.inputs import AssignmentInput, DueTranslationFilter, TranslationKey
from app.domain.translations.queries import due
from tests.document_history import add_edition, add_translation
from tests.world import World

ALL = DueTranslationFilter()


def list_lines(world: World, wanted: DueTranslationFilter = ALL, *, by: str = "ines") -> list[tuple[object, ...]]:
    with world.acting(by) as (session, actor):
        rows = due.list_due_translations(session, actor, wanted, limit=50)
        return [(row.symbol, row.language, str(row.state), row.translator, row.due_on) for row in rows]


def list_keys(world: World, wanted: DueTranslationFilter = ALL) -> list[TranslationKey]:
    with world.acting("ines") as (session, actor):
        return [due.get_key(row) for row in due.list_due_translations(session, actor, wanted, limit=50)]


def assign(world: World, keys: list[TranslationKey], *, by: str = "ines", **new: object) -> int:
    with world.acting(by) as (session, actor):
        return assignments.assign_translations(session, actor, keys, AssignmentInput(**new))


def test_several_are_assigned_at_once_to_a_person_or_a_name_until_a_day(world: World) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    world.works_in("en", "fr", "es")
    posted_by = meeting.posting_due_at.date()
    assert list_lines(world) == [("CWG-Internet 22/1", code, "unassigned", None, posted_by) for code in ("es", "fr")]

    assert assign(world, list_keys(world), translator=world.person("daniel").id) == 2
    french = [key for key in list_keys(world) if key.language == "fr"]
    assign(world, french, translator_name="Bureau Lefèvre", due_on=date(2026, 12, 1))

    assert list_lines(world) == [
        ("CWG-Internet 22/1", "fr", "assigned", "Bureau Lefèvre", date(2026, 12, 1)),  # the first that is due
        ("CWG-Internet 22/1", "es", "assigned", world.person("daniel").name, posted_by),
    ]
    assert list_lines(world, DueTranslationFilter(translator="Bureau Lefèvre")) == list_lines(world)[:1]
    assert [line[1] for line in list_lines(world, DueTranslationFilter(sort="-due"))] == ["es", "fr"]
    assign(world, french, due_on=date(2026, 12, 2))
    assert list_lines(world)[0][3:] == ("Bureau Lefèvre", date(2026, 12, 2)), "what is left out stays"


def test_an_assignment_is_on_record_with_its_text_and_both_days(world: World) -> None:
    world.registered(world.meeting())
    world.works_in("fr")
    (key,) = list_keys(world)

    assign(world, [key], translator=world.person("ines").id, due_on=date(2026, 12, 1))
    assign(world, [key], due_on=date(2026, 12, 3))

    with transaction(world.read) as session:
        lines = session.query(JournalLine).where(JournalLine.event == "translation:assigned").order_by(JournalLine.seq)
        first, second = (line.facts for line in lines)
    assert (first["edition"], first["language"], first["person"]) == (
        str(key.edition_id), "fr", str(world.person("ines").id)
    )  # fmt: skip
    assert (first.get("due_on_was"), first["due_on"]) == (None, "2026-12-01")
    assert (second["due_on_was"], second["due_on"]) == ("2026-12-01", "2026-12-03")


def test_what_is_overdue_is_found_and_comes_first(world: World) -> None:
    meeting = world.meeting()
    for _ in range(2):
        world.registered(meeting)
    world.works_in("fr")
    _, second = list_keys(world)

    assign(world, [second], due_on=clock.now().date() - timedelta(days=2))

    assert list_keys(world)[0] == second
    assert list_keys(world, DueTranslationFilter(overdue=True)) == [second]
    with clock.shifted_clock(timedelta(days=60)):
        assert len(list_keys(world, DueTranslationFilter(overdue=True))) == 2


def test_texts_of_a_closed_meeting_have_no_date_and_come_last(world: World) -> None:
    over = world.meeting(number=21)
    world.registered(over)
    world.moved(over, "begin", "close")
    world.registered(world.meeting())
    world.works_in("fr")

    lines = list_lines(world)
    assert [line[0] for line in lines] == ["CWG-Internet 22/1", "CWG-Internet 21/1"]
    assert lines[1][4] is None
    with clock.shifted_clock(timedelta(days=60)):
        assert list_lines(world, DueTranslationFilter(overdue=True)) == lines[:1]


def test_adopted_outputs_are_due_too_until_a_second_person_has_approved(world: World) -> None:
    world.works_in("en", "fr")
    output = world.adopted(world.meeting(opens_in=-1))
    assert list_lines(world) == [(output.symbol, "fr", "unassigned", None, None)]
    assign(world, list_keys(world), translator_name="Bureau Lefèvre")
    assert list_lines(world)[0][2:4] == ("assigned", "Bureau Lefèvre")

    world.translated(output, "fr", approved_by="")
    assert list_lines(world)[0][2] == "received"
    world.approve_translation(output, "fr", by="layla")

    assert list_lines(world) == []


def test_a_revision_is_assigned_by_itself(world: World) -> None:
    _, document = world.registered(world.meeting())
    world.works_in("fr")
    assign(world, list_keys(world), translator_name="Bureau Lefèvre")
    add_translation(world, document, "fr")
    assert list_lines(world) == []

    add_edition(world, document, EditionStep.REVISION)

    assert list_lines(world)[0][:4] == ("CWG-Internet 22/1 (Rev.1)", "fr", "unassigned", None)


def test_only_a_secretary_of_the_body_sees_and_assigns(world: World) -> None:
    world.registered(world.meeting())
    world.works_in("fr")
    keys = list_keys(world)
    for who in ("amina", "laurent", "joseph", "olga"):
        assert list_lines(world, by=who) == []
        with pytest.raises(NotFound):
            assign(world, keys, by=who, translator_name="Bureau Lefèvre")

    with pytest.raises(NotFound):
        assign(world, [TranslationKey(keys[0].kind, UUID(int=1), "fr")], translator_name="Bureau Lefèvre")
    with pytest.raises(BadRequest):
        assign(world, keys, translator=world.person("amina").id)
    assert list_lines(world)[0][2] == "unassigned"
