"""Reading in the page: pages, text and picture, under the rights of what they were made from."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.documents.models import LanguageVersion
from app.domain.files.models import Rendition
from tests.browser import Browser
from tests.document_history import withdrawn
from tests.world import World

Open = Callable[..., Browser]
SAID = "Costs of transit weigh on landlocked countries."


@pytest.fixture
def digest(world: World) -> str:
    return world.file().sha256


def test_a_document_that_is_not_read_yet_says_so_and_offers_the_original(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    joseph = english("joseph")

    page = joseph.get(f"/documents/{document.id}/read/en").text

    assert "It is being prepared for reading." in page
    assert f'href="/documents/{document.id}/files/en"' in page
    assert "<iframe" not in page
    assert "It is being prepared for reading." in joseph.get(f"/documents/{document.id}").text
    assert joseph.get(f"/documents/{document.id}/pages/en").status_code == 404


def test_pages_and_text_are_both_there_and_each_alone(world: World, english: Open, digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest, SAID)
    joseph, here = english("joseph"), f"/documents/{document.id}/read/en"

    both, text, pages = (joseph.get(address).text for address in (here, f"{here}?as=text", f"{here}?as=pages"))

    frame, said = f'<iframe class="pages" src="/documents/{document.id}/pages/en"', f'<p dir="auto">{SAID}</p>'
    assert [frame in page for page in (both, text, pages)] == [True, False, True]
    assert [said in page for page in (both, text, pages)] == [True, True, False]
    assert joseph.get(f"{here}?as=nonsense").status_code == 422
    shown = joseph.get(f"/documents/{document.id}").text
    assert f'src="/documents/{document.id}/picture/en"' in shown
    assert "2 pages" in shown


def test_pages_open_in_the_browsers_viewer_and_nowhere_else(world: World, english: Open, digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest)
    joseph = english("joseph")

    pages = joseph.get(f"/documents/{document.id}/pages/en")

    assert pages.content.startswith(b"%PDF-")
    assert pages.headers["Content-Type"] == "application/pdf"
    assert pages.headers["Content-Disposition"] == 'inline; filename="CWG-Internet 22-1-EN.pdf"'
    assert pages.headers["Cache-Control"] == "private, no-cache"
    assert pages.headers["X-Content-Type-Options"] == "nosniff"
    assert pages.headers["Content-Security-Policy"] == ("default-src 'none'; object-src 'self'; frame-ancestors 'self'")
    picture = joseph.get(f"/documents/{document.id}/picture/en")
    assert picture.headers["Content-Type"] == "image/webp"
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "frame-src 'self'" in joseph.get(f"/documents/{document.id}").headers["Content-Security-Policy"]


def test_without_a_converter_there_is_the_text_and_the_page_says_why(world: World, english: Open, digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest, SAID, pdf=False)

    page = english("joseph").get(f"/documents/{document.id}/read/en").text

    assert "this portal has no converter" in page
    assert SAID in page


def test_where_no_preview_could_be_made_the_page_says_so(world: World, english: Open, digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest, SAID, pdf=False, whole=False)
    joseph = english("joseph")

    assert "No preview could be made of this file." in joseph.get(f"/documents/{document.id}").text
    page = joseph.get(f"/documents/{document.id}/read/en").text
    assert "No preview could be made of this file." in page
    assert SAID in page


def test_text_in_arabic_reads_from_right_to_left_on_an_english_page(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    file = world.file("ar", "نص")
    with transaction(world.write) as session:
        there = session.scalars(select(LanguageVersion)).one()
        session.add(
            LanguageVersion(
                edition_id=there.edition_id,
                side="submitter",
                supplied_by=there.supplied_by,
                supplied_at=there.supplied_at,
                **{name: getattr(file, name) for name in ("language", "sha256", "size", "media", "name", "findings")},
            )
        )
    world.rendered(file.sha256, "تكاليف العبور")

    assert '<div class="text" lang="ar" dir="rtl">' in english("joseph").get(f"/documents/{document.id}/read/ar").text


def test_a_contribution_is_read_by_its_own_state_before_it_is_registered(
    world: World, english: Open, digest: str
) -> None:
    draft = world.draft(world.meeting())
    world.rendered(digest, SAID)
    here = f"/contributions/{draft.id}"

    assert SAID in english("amina").get(f"{here}/read/en").text
    assert f"{here}/read/en" in english("amina").get(here).text
    for part in ("read", "pages", "picture"):
        assert english("amina").get(f"{here}/{part}/en").status_code == 200
        for stranger in ("rafael", "ines", "laurent", "chen"):
            theirs = english(stranger).get(f"{here}/{part}/en")
            unknown = english(stranger).get(f"/contributions/{uuid4()}/{part}/en")
            assert (theirs.status_code, theirs.content) == (404, unknown.content)


@pytest.mark.parametrize("part", ["read/en", "pages/en", "picture/en", "differences", "cover/en.pdf"])
@pytest.mark.parametrize("who", ["wambui", "chen", "olga", "marc"])
def test_without_a_seat_there_is_nothing_to_read(world: World, english: Open, digest: str, who: str, part: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest, SAID)
    assert english("joseph").get(f"/documents/{document.id}/{part}").status_code == 200

    theirs, unknown = (english(who).get(f"/documents/{key}/{part}") for key in (document.id, uuid4()))

    assert (theirs.status_code, theirs.content) == (404, unknown.content)


def test_of_a_document_that_ended_there_is_nothing_to_read(world: World, english: Open, digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(digest, SAID)
    withdrawn(world, document)

    for part in ("read/en", "pages/en", "picture/en", "differences", "cover/en.pdf"):
        assert english("joseph").get(f"/documents/{document.id}/{part}").status_code == 409


def test_of_a_contribution_whose_document_ended_there_is_nothing_to_read(
    world: World, english: Open, digest: str
) -> None:
    contribution, document = world.registered(world.meeting())
    world.rendered(digest, SAID)
    amina, here = english("amina"), f"/contributions/{contribution.id}"
    parts = [f"{here}/{part}/en" for part in ("files", "read", "pages", "picture")]
    assert [amina.get(part).status_code for part in parts] == [200] * 4
    assert all(f'"{part}"' in amina.get(here).text for part in (parts[0], parts[1], parts[3]))

    withdrawn(world, document)

    assert [amina.get(part).status_code for part in parts] == [409] * 4
    page = amina.get(here)
    assert page.status_code == 200
    assert "Its number stays taken. Nothing of it is given out." in page.text
    assert "The meeting takes it up" not in page.text
    assert not any(f'"{part}"' in page.text for part in parts)


def test_an_older_text_can_be_read_by_its_name(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    first = world.file().sha256
    world.revised(document, "Another text.")
    world.rendered(first, "The first text.")
    world.rendered(world.file("en", "Another text.").sha256, "The second text.")
    joseph, here = english("joseph"), f"/documents/{document.id}"

    assert "The second text." in joseph.get(f"{here}/read/en").text
    page = joseph.get(f"{here}/read/en?edition=first").text
    assert "The first text." in page
    assert f'href="{here}/first/files/en"' in page
    assert f'src="{here}/pages/en?edition=first"' in page
    assert joseph.get(f"{here}/first/files/en").headers["ETag"] == f'"{first}"'
    assert joseph.get(f"{here}/rev-1/files/en").headers["ETag"] != f'"{first}"'
    assert joseph.get(f"{here}/read/en?edition=rev-2").status_code == 404


def test_the_text_is_not_loaded_where_it_is_not_shown(world: World, digest: str) -> None:
    world.rendered(digest, SAID)
    with transaction(world.read) as session:
        assert session.get_one(Rendition, digest).paragraphs == [SAID]
