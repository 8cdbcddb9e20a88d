"""Translations that are due: what a body wants, what lost its translation by a revision, and for whom it is listed."""

import pytest

from app.core.db import transaction
from app.core.errors import BadRequest, Forbidden
from app.core.journal import JournalLine
from app.domain.bodies.actions import seats as bodies
from app.domain.bodies.models import Body
from app.domain.documents.models import EditionStep
from app.domain.documents.queries import translations_due
from tests.document_history import added, translated, voided, withdrawn
from tests.world import World


def wants(world: World, *languages: str, by: str = "ines") -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Body, world.body().id)
        bodies.set_languages(session, actor, there, languages)


def missing(world: World, language: str, *, by: str = "ines") -> list[str]:
    with world.acting(by) as (session, actor):
        rows = translations_due.list_translations_due(session, actor, language, limit=50)
        return [f"{row.symbol}{' was there' if row.was_there else ''}" for row in rows]


def counts(world: World, *, by: str = "ines") -> dict[str, tuple[int, int]]:
    with world.acting(by) as (session, actor):
        return translations_due.count_translations_due_by_language(session, actor)


def test_a_body_wants_nothing_beyond_the_original_until_it_says_so(world: World) -> None:
    _, document = world.registered(world.meeting())
    assert world.body().languages == []
    assert counts(world) == {}

    wants(world, "fr", "en", "es")
    translated(world, document, "es")

    assert world.body().languages == ["en", "fr", "es"]
    assert counts(world) == {"fr": (1, 0)}
    assert missing(world, "fr") == ["CWG-Internet 22/1"]
    assert missing(world, "en") == missing(world, "es") == missing(world, "ru") == []
    with transaction(world.read) as session:
        last = session.query(JournalLine).where(JournalLine.event == "body:languages-set").one()
        assert (last.facts, last.body) == ({"languages": "en fr es"}, world.body().id)


def test_a_revision_makes_its_translations_due_whatever_the_body_wants(world: World) -> None:
    _, document = world.registered(world.meeting())
    translated(world, document, "fr")
    assert counts(world) == {}

    added(world, document, EditionStep.REVISION)
    assert missing(world, "fr") == ["CWG-Internet 22/1 (Rev.1) was there"]
    wants(world, "fr")
    assert missing(world, "fr") == ["CWG-Internet 22/1 (Rev.1) was there"]
    translated(world, document, "fr")
    assert counts(world) == {}


def test_addenda_and_corrigenda_of_the_text_in_force_are_due_too(world: World) -> None:
    _, document = world.registered(world.meeting())
    added(world, document, EditionStep.CORRIGENDUM)
    added(world, document, EditionStep.ADDENDUM)
    added(world, document, EditionStep.CORRIGENDUM, language="es", only_language="es")
    wants(world, "fr")
    assert missing(world, "fr") == ["CWG-Internet 22/1", "CWG-Internet 22/1 (Corr.1)", "CWG-Internet 22/1 (Add.1)"]

    added(world, document, EditionStep.REVISION)

    assert missing(world, "fr") == ["CWG-Internet 22/1 (Add.1)", "CWG-Internet 22/1 (Rev.1)"]


def test_the_oldest_stands_first_with_the_pages_of_its_original(world: World) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    _, other = world.registered(meeting, by="rafael")
    added(world, other, EditionStep.REVISION, "Another text of it")
    world.rendered(world.file().sha256, "A text of one paragraph.")
    wants(world, "fr", "ru")

    with world.acting("daniel") as (session, actor):
        rows = translations_due.list_translations_due(session, actor, "ru", limit=50)

    assert [(row.symbol, row.pages) for row in rows] == [("CWG-Internet 22/1", 2), ("CWG-Internet 22/2 (Rev.1)", None)]
    assert counts(world) == {"fr": (2, 2), "ru": (2, 2)}


def test_what_ended_or_is_another_secretariats_is_not_due(world: World) -> None:
    meeting = world.meeting()
    wants(world, "fr")
    for end in (withdrawn, voided):
        _, document = world.registered(meeting)
        end(world, document)
    assert counts(world) == {}
    world.registered(meeting)

    assert counts(world) == {"fr": (1, 0)}
    for who in ("amina", "laurent", "joseph", "olga", "chen"):
        assert counts(world, by=who) == {}
        assert missing(world, "fr", by=who) == []


def test_only_a_secretary_of_the_body_sets_its_languages_from_the_six(world: World) -> None:
    for who in ("amina", "laurent", "joseph", "olga"):
        with pytest.raises(Forbidden):
            wants(world, "fr", by=who)
    with pytest.raises(BadRequest):
        wants(world, "fr", "de")

    assert world.body().languages == []
