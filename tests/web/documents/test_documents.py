"""The pages of registered documents as readers see them."""

import hashlib
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from app.core.db import transaction
from app.domain.documents.models import LanguageVersion
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def test_every_delegation_of_the_body_finds_a_document_and_its_source_in_the_list(world: World, browser: Open) -> None:
    world.registered(world.meeting(), title="Costs of transit")

    listed = browser("rafael").get("/documents?lang=en").text

    assert 'href="/documents/CWG-Internet-22-1"' in listed
    assert "Symbol · CWG-Internet<" in listed
    assert ">22/1</a></th>" in listed
    assert "Costs of transit" in listed
    assert "Kenya" in listed
    assert ">KEN<" not in listed
    assert 'href="/documents/CWG-Internet-22-1/files/en"' in listed


def test_the_page_of_a_document_shows_its_data_and_why_it_is_visible(world: World, browser: Open) -> None:
    meeting = world.meeting()
    contribution, document = world.registered(meeting, title="Costs of transit")
    item = world.item(meeting, "Connectivity")
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)

    shown = browser("haruka").get(f"/documents/{document.id}").text

    assert "1 Connectivity" in shown
    assert f'href="/meetings/{meeting.id}"' in shown
    assert "Because you have a role in CWG-Internet on behalf of Japan. Your role: delegate." in " ".join(
        shown.split()
    ).replace("</p>", "")
    assert str(contribution.id) not in shown
    assert f"/contributions/{contribution.id}" in browser("amina").get(f"/documents/{document.id}").text


def test_a_title_in_another_language_than_the_page_is_marked(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transit")

    shown = browser("rafael").get(f"/documents/{document.id}?lang=ar").text

    assert 'dir="rtl"' in shown
    assert '<h1 class="document-title" lang="en" dir="ltr">Costs of transit</h1>' in shown


def test_the_served_file_is_the_registered_file(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    with transaction(world.read) as session:
        version = session.scalars(select(LanguageVersion)).one()
    rafael = browser("rafael")

    response = rafael.get(f"/documents/{document.id}/files/en")

    assert hashlib.sha256(response.content).hexdigest() == version.sha256
    assert response.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet 22-1-EN.docx"'
    assert response.headers["Cache-Control"] == "private, no-cache"
    again = rafael.get(f"/documents/{document.id}/files/en", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert rafael.get(f"/documents/{document.id}/files/fr").status_code == 404


@pytest.mark.parametrize("who", ["wambui", "chen", "olga", "marc"])
def test_without_a_seat_a_document_is_not_found(world: World, browser: Open, who: str) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transit")
    assert browser("joseph").get(f"/documents/{document.id}").status_code == 200
    stranger = browser(who)

    seen, unknown = stranger.get(f"/documents/{document.id}"), stranger.get(f"/documents/{uuid4()}")

    assert (seen.status_code, seen.text) == (404, unknown.text)
    assert stranger.get(f"/documents/{document.id}/files/en").status_code == 404
    assert "Costs of transit" not in stranger.get("/documents").text
    assert browser().get("/documents").status_code == 401


def test_an_empty_register_says_what_will_be_listed(world: World, browser: Open) -> None:
    assert "No documents have been registered yet." in browser("joseph").get("/documents?lang=en").text


@pytest.mark.parametrize("path", ["/documents", "/outputs", "/meetings/{meeting}/documents"])
def test_an_invalid_page_number_is_answered_clearly(world: World, browser: Open, path: str) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    world.adopted(world.meeting(opens_in=-1, number=21))
    joseph, path = browser("joseph"), path.format(meeting=meeting.id)

    beyond, twice, nonsense = (joseph.get(f"{path}?page={page}") for page in ("10", "1&page=2", "x"))

    assert ">1 in total<" in joseph.get(path).text
    assert (beyond.status_code, twice.status_code, nonsense.status_code) == (404, 400, 400)
    assert "This list does not have that many pages. Start from the first page." in beyond.text
    assert all("The page number in this address is not valid." in answer.text for answer in (twice, nonsense))


def test_a_list_of_three_needs_no_more_statements_than_a_list_of_one(
    world: World, browser: Open, portal: object
) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    joseph = browser("joseph")
    engine = portal.app.state.portal.engine

    def statements() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(engine, "before_cursor_execute", note)
        assert joseph.get("/documents").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    with_one = statements()
    world.registered(meeting)
    world.registered(meeting)

    assert statements() == with_one
