"""Due translations: which languages a body wants, what a revision makes due, and for whom it is listed."""

import pytest

from app.core.db import transaction
from app.core.errors import Forbidden
from app.core.journal import JournalLine
from app.domain.documents.models import EditionStep
from app.domain.translations.inputs import DueTranslationFilter
from app.domain.translations.queries import due
from tests.document_history import add_edition, add_translation, void_document, withdraw_document
from tests.world import World


def set_languages(world: World, *languages: str) -> None:
    world.change_body(languages=list(languages))


def list_due(world: World, language: str, *, by: str = "ines") -> list[str]:
    with world.acting(by) as (session, actor):
        rows = due.list_due_translations(session, actor, DueTranslationFilter(language=language), limit=50)
        return [f"{row.symbol}{' was there' if row.was_there else ''}" for row in rows]


def count_due(world: World, *, by: str = "ines") -> dict[str, tuple[int, int]]:
    """Texts and pages by language."""
    with world.acting(by) as (session, actor):
        rows = due.count_due_translations(session, actor, DueTranslationFilter())
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        texts, pages = counts.get(row.language, (0, 0))
        counts[row.language] = (texts + row.texts, pages + row.pages)
    return counts


def test_a_body_wants_only_the_original_until_it_sets_its_languages(world: World) -> None:
    _, document = world.registered(world.meeting())
    assert world.body().languages == []
    assert count_due(world) == {}

    set_languages(world, "fr", "en", "es")
    add_translation(world, document, "es")

    assert world.body().languages == ["en", "fr", "es"]
    assert count_due(world) == {"fr": (1, 0)}
    assert list_due(world, "fr") == ["CWG-Internet 22/1"]
    assert list_due(world, "en") == list_due(world, "es") == list_due(world, "ru") == []
    with transaction(world.read) as session:
        last = session.query(JournalLine).where(JournalLine.event == "body:languages-set").one()
        assert (last.facts, last.body) == ({"was": "", "languages": "en fr es"}, world.body().id)


def test_a_revision_makes_existing_translations_due_in_any_case(world: World) -> None:
    _, document = world.registered(world.meeting())
    add_translation(world, document, "fr")
    assert count_due(world) == {}

    add_edition(world, document, EditionStep.REVISION)
    assert list_due(world, "fr") == ["CWG-Internet 22/1 (Rev.1) was there"]
    set_languages(world, "fr")
    assert list_due(world, "fr") == ["CWG-Internet 22/1 (Rev.1) was there"]
    add_translation(world, document, "fr")
    assert count_due(world) == {}


def test_addenda_and_corrigenda_of_the_text_in_force_are_due_too(world: World) -> None:
    _, document = world.registered(world.meeting())
    add_edition(world, document, EditionStep.CORRIGENDUM)
    add_edition(world, document, EditionStep.ADDENDUM)
    add_edition(world, document, EditionStep.CORRIGENDUM, language="es", only_language="es")
    set_languages(world, "fr")
    assert list_due(world, "fr") == ["CWG-Internet 22/1", "CWG-Internet 22/1 (Corr.1)", "CWG-Internet 22/1 (Add.1)"]

    add_edition(world, document, EditionStep.REVISION)

    assert list_due(world, "fr") == ["CWG-Internet 22/1 (Add.1)", "CWG-Internet 22/1 (Rev.1)"]


def test_the_oldest_is_first_with_the_page_count_of_its_original(world: World) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    _, other = world.registered(meeting, by="rafael")
    add_edition(world, other, EditionStep.REVISION, "Another text of it")
    world.rendered(world.file().sha256, "A text of one paragraph.")
    set_languages(world, "fr", "ru")

    with world.acting("daniel") as (session, actor):
        rows = due.list_due_translations(session, actor, DueTranslationFilter(language="ru"), limit=50)

    assert [(row.symbol, row.pages) for row in rows] == [("CWG-Internet 22/1", 2), ("CWG-Internet 22/2 (Rev.1)", None)]
    assert count_due(world) == {"fr": (2, 2), "ru": (2, 2)}


def test_ended_documents_and_those_of_another_secretariat_are_not_due(world: World) -> None:
    meeting = world.meeting()
    set_languages(world, "fr")
    for end in (withdraw_document, void_document):
        _, document = world.registered(meeting)
        end(world, document)
    assert count_due(world) == {}
    world.registered(meeting)

    assert count_due(world) == {"fr": (1, 0)}
    for who in ("amina", "laurent", "joseph", "olga", "chen"):
        assert count_due(world, by=who) == {}
        assert list_due(world, "fr", by=who) == []


def test_only_a_secretary_of_the_body_proposes_its_languages_from_the_six(world: World) -> None:
    for who in ("amina", "laurent", "joseph", "olga"):
        with pytest.raises(Forbidden):
            world.change_body(by=who, languages=["fr"])
    with pytest.raises(ValueError, match="languages"):
        world.change_body(languages=["fr", "de"])

    assert world.body().languages == []
