"""Titles in the six languages: asked for at the registration, entered by the secretariat, and listed while missing."""

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.documents.actions import registration
from app.domain.documents.models import Document, DocumentAccess, Edition
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.document_history import change_access
from tests.world import PARENT, World, record_rows

Open = Callable[..., Browser]
TITLES: Mapping[str, str] = {
    "title_ar": "تكاليف العبور",
    "title_zh": "转接成本",
    "title_fr": "Le coût du transit",
    "title_ru": "Стоимость транзита",
    "title_es": "Los costos del tránsito",
}


@pytest.fixture
def document(world: World) -> Document:
    return world.registered(world.meeting(), title="The costs of transit")[1]


def get_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def test_a_reader_sees_the_title_that_the_secretariat_entered(world: World, document: Document, browser: Open) -> None:
    ines, laurent, address = browser("ines"), browser("laurent"), f"/documents/{document.id}"
    assert f"{address}/titles" in ines.get(address).text
    assert "Le coût du transit" not in laurent.get("/documents?lang=fr").text

    answer = ines.post(f"{address}/titles", {**TITLES, "version": document.version})

    assert answer.headers["Location"] == f"{address}?done=titles"
    assert "Le coût du transit" in laurent.get("/documents?lang=fr").text
    assert f"{address}/titles" not in ines.get(address).text
    with transaction(world.read) as session:
        assert session.scalars(select(Edition.titles)).one() == {"en": "The costs of transit"}
        line = session.scalars(select(JournalLine).where(JournalLine.event == "document:titles-supplied")).one()
        assert line.facts == {"document": str(document.id), "languages": "ar zh fr ru es"}


def test_a_title_that_is_there_is_not_replaced(world: World, document: Document, english: Open) -> None:
    ines, address = english("ines"), f"/documents/{document.id}/titles"
    assert f'href="/documents/{document.id}/correct"' in ines.get(address).text, "where it is corrected"
    refused = ines.post(address, {"title_en": "Another", "title_fr": "Autre", "version": document.version})
    assert (refused.status_code, "already has a title in one of these languages" in refused.text) == (400, True)
    assert 'value="Autre"' in refused.text
    assert ines.post(address, {"title_fr": "Autre", "version": document.version + 1}).status_code == 409
    empty = ines.post(address, {"title_fr": "", "version": document.version})
    assert (empty.status_code, "Enter the title in at least one language." in empty.text) == (400, True)
    assert get_document(world, document).titles == {"en": "The costs of transit"}


def test_a_correction_begins_with_the_title_of_today_in_the_language_that_is_asked_for(
    world: World, document: Document, browser: Open
) -> None:
    ines, address = browser("ines"), f"/documents/{document.id}/correct"
    ines.post(f"/documents/{document.id}/titles", {**TITLES, "version": document.version})
    version = get_document(world, document).version

    assert ' value="The costs of transit"' in ines.get(address).text
    french = ines.get(f"{address}?language=fr").text
    assert ' value="Le coût du transit"' in french
    assert 'name="language" value="fr"' in french
    assert f'<a href="{address}?language=ar" lang="ar"' in french
    assert 'name="language" value="en"' in ines.get(f"{address}?language=xx").text
    same = {"language": "fr", "title": "Le coût du transit", "reason": "So.", "version": version}
    assert "No changes were made" in ines.post(address, same).text
    ines.post(address, same | {"title": "Les coûts du transit"})
    assert get_document(world, document).titles["fr"] == "Les coûts du transit"
    assert get_document(world, document).titles["en"] == "The costs of transit"


def test_only_the_secretariat_enters_titles(world: World, document: Document, browser: Open) -> None:
    address = f"/documents/{document.id}/titles"
    assert browser("ines").get(address).status_code == 200
    for who in ("amina", "laurent"):
        assert browser(who).get(address).status_code == 403
        assert browser(who).post(address, {"title_fr": "X", "version": document.version}).status_code == 403
        assert browser(who).get("/titles").status_code == 404


def test_the_first_line_of_a_text_is_proposed_and_not_saved(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting(), title="The costs of transit")
    translated = world.file("fr", "Le coût du transit")
    world.rendered(translated.sha256, "Le coût du transit", "Un paragraphe.")
    with world.acting("ines") as (session, actor):
        row = session.get_one(Document, document.id)
        registration.add_translation(session, actor, row, documents.get_edition_in_force(session, row), translated)

    page = english("ines").get(f"/documents/{document.id}/titles").text

    assert 'value="Le coût du transit"' in page
    assert "Check it." in page
    assert get_document(world, document).titles.keys() == {"en"}


def test_what_lacks_a_title_is_listed_until_it_has_all(world: World, document: Document, english: Open) -> None:
    ines = english("ines")
    item = world.item(world.meeting(number=23), "A point")
    output = world.output(world.meeting(number=24), title="A draft text")
    page = ines.get("/titles").text
    for title, address in (
        ("The costs of transit", f"/documents/{document.id}/titles"),
        ("A point", f"/meetings/{item.meeting_id}/agenda/items/{item.id}"),
        ("A draft text", f"/outputs/{output.id}/edit"),
    ):
        assert title in page
        assert f'href="{address}"' in page

    ines.post(f"/documents/{document.id}/titles", {**TITLES, "version": document.version})

    page = ines.get("/titles").text
    assert "The costs of transit" not in page
    assert "A point" in page


def test_an_item_of_a_draft_agenda_is_listed_only_for_those_who_may_edit_it(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    item = world.item(meeting, "A point")
    assert "A point" in ines.get("/titles").text

    with transaction(world.write) as session:
        session.get_one(Meeting, meeting.id).deputies = []
        record_rows(session)

    assert ines.get(f"/meetings/{meeting.id}/agenda/items/{item.id}").status_code == 403
    assert "A point" not in ines.get("/titles").text


def test_a_revision_with_the_same_title_keeps_the_translated_ones(
    world: World, document: Document, english: Open
) -> None:
    english("ines").post(f"/documents/{document.id}/titles", {**TITLES, "version": document.version})
    world.revised(document, "A new text.", title="The costs of transit")
    assert get_document(world, document).titles.keys() == set(LANGUAGES)
    world.revised(document, "A newer text.", title="The costs of peering")
    assert get_document(world, document).titles == {"en": "The costs of peering"}


def test_a_document_of_another_group_is_not_listed_even_if_it_is_open_to_all_members(
    world: World, document: Document, english: Open
) -> None:
    change_access(world, document, DocumentAccess.MEMBERSHIP)
    world.seat("olga", "secretary", body=PARENT)
    olga = english("olga")
    assert olga.get(f"/documents/{document.id}").status_code == 200
    assert "The costs of transit" in english("ines").get("/titles").text
    listed = olga.get("/titles")
    assert (listed.status_code, "The costs of transit" in listed.text) == (200, False)
    assert olga.get(f"/documents/{document.id}/titles").status_code == 403


def test_the_form_names_the_text_in_force(world: World, document: Document, english: Open) -> None:
    ines, address = english("ines"), f"/documents/{document.id}/titles"
    assert "Rev.1" not in ines.get(address).text

    world.revised(document, "Another text.")

    assert "Rev.1" in ines.get(address).text
