"""Reading in the page: pages, text and image, under the permissions of the file they were made from."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.long_texts import MAX_PARAGRAPHS
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind
from app.domain.documents.models import LanguageVersion
from app.domain.files.models import Rendition
from app.http.downloads import SANDBOX_POLICY, VIEWER_POLICY
from tests.browser import Browser
from tests.document_history import add_translation, withdraw_document
from tests.world import World, record_rows

Open = Callable[..., Browser]
PARAGRAPH = "Costs of transit weigh on landlocked countries."


@pytest.fixture
def file_digest(world: World) -> str:
    return world.file().sha256


def test_a_document_not_yet_extracted_says_so_and_offers_the_original(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting(), abstract="What it proposes.")
    joseph = english("joseph")

    page = joseph.get(f"/documents/{document.id}/read/en").text

    assert "The document is being prepared for reading." in page
    assert f'href="/documents/{document.id}/files/en"' in page
    assert "<iframe" not in page
    shown = joseph.get(f"/documents/{document.id}").text
    assert "The text is being prepared for reading." in shown
    assert document.abstract in shown
    assert joseph.get(f"/documents/{document.id}/pages/en").status_code == 404


def test_pages_and_text_are_shown_together_and_separately(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH)
    joseph, url = english("joseph"), f"/documents/{document.id}/read/en"

    both, text, pages = (joseph.get(address).text for address in (url, f"{url}?as=text", f"{url}?as=pages"))

    frame, paragraph = (
        f'<iframe class="as-pages" src="/documents/{document.id}/pages/en"',
        f'<p dir="auto">{PARAGRAPH}</p>',
    )
    assert [frame in page for page in (both, text, pages)] == [True, False, True]
    assert [paragraph in page for page in (both, text, pages)] == [True, True, False]
    assert joseph.get(f"{url}?as=nonsense").status_code == 422
    shown = joseph.get(f"/documents/{document.id}").text
    assert f'src="/documents/{document.id}/picture/en"' in shown
    assert "2 pages" in shown
    assert f'<p class="para" id="p-1" dir="auto">{PARAGRAPH}</p>' in shown


def test_headings_are_those_of_the_page_and_its_contents(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, "Costs", PARAGRAPH, "Transit", "Proposal", heading_levels=[1, 0, 3, 1])
    joseph = english("joseph")

    shown, read = (joseph.get(f"/documents/{document.id}{path}").text for path in ("", "/read/en?as=text"))

    assert '<h3 class="para" id="p-1" dir="auto"><a id="section-costs" href="#section-costs">Costs</a></h3>' in shown
    assert f'<p class="para" id="p-2" dir="auto">{PARAGRAPH}</p>' in shown
    assert '<h4 class="para" id="p-3" dir="auto"><a id="section-transit" href="#section-transit">' in shown
    assert '<li><a href="#section-costs" dir="auto">Costs</a><ul>' in shown
    assert '<a href="#section-proposal" dir="auto">Proposal</a>' in shown
    assert '<h2 dir="auto">Costs</h2>' in read
    assert '<h3 dir="auto">Transit</h3>' in read


def test_a_text_of_which_no_headings_are_known_has_no_contents(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, "Costs", PARAGRAPH)

    shown = english("joseph").get(f"/documents/{document.id}").text

    assert '<p class="para" id="p-1" dir="auto">Costs</p>' in shown
    assert ">Contents</summary>" not in shown


def test_the_text_is_on_the_page_in_the_readers_language_or_another(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    add_translation(world, document, "es", text="Los costos pesan.")
    world.rendered(world.file().sha256, PARAGRAPH)
    world.rendered(world.file("es", "Los costos pesan.").sha256, "Los costos pesan.")
    joseph, url = english("joseph"), f"/documents/{document.id}"

    own, other, unknown = (joseph.get(f"{url}{query}").text for query in ("", "?language=es", "?language=tlh"))

    assert [PARAGRAPH in page for page in (own, other, unknown)] == [True, False, True]
    assert '<div class="text paras" lang="es" dir="ltr">' in other
    assert "Los costos pesan." in other
    assert "Not available in: Arabic, Chinese, French" in own
    assert 'lang="es" hreflang="es" dir="ltr" aria-current="true"' in other


def test_a_long_text_continues_on_the_page_for_reading(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, *(f"Paragraph of number {number}." for number in range(MAX_PARAGRAPHS + 1)))
    joseph = english("joseph")

    page = joseph.get(f"/documents/{document.id}").text

    assert f"number {MAX_PARAGRAPHS - 1}." in page
    assert f"number {MAX_PARAGRAPHS}." not in page
    assert "Read the whole text" in page
    assert f"number {MAX_PARAGRAPHS}." in joseph.get(f"/documents/{document.id}/read/en?as=text").text


def test_pages_open_only_in_the_browsers_viewer(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest)
    joseph = english("joseph")

    pages = joseph.get(f"/documents/{document.id}/pages/en")

    assert pages.content.startswith(b"%PDF-")
    assert pages.headers["Content-Type"] == "application/pdf"
    assert pages.headers["Content-Disposition"] == 'inline; filename="CWG-Internet 22-1-EN.pdf"'
    assert pages.headers["Cache-Control"] == "private, no-cache"
    assert pages.headers["X-Content-Type-Options"] == "nosniff"
    assert pages.headers["Content-Security-Policy"] == VIEWER_POLICY
    picture = joseph.get(f"/documents/{document.id}/picture/en")
    assert picture.headers["Content-Type"] == "image/webp"
    assert picture.headers["Content-Security-Policy"] == SANDBOX_POLICY
    assert "frame-src 'self'" in joseph.get(f"/documents/{document.id}").headers["Content-Security-Policy"]


def test_without_a_converter_the_page_shows_the_text_and_the_reason(
    world: World, english: Open, file_digest: str
) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH, pdf=False)

    page = english("joseph").get(f"/documents/{document.id}/read/en").text

    assert "this portal has no file converter" in page
    assert PARAGRAPH in page


UNDRAWN = "The PDF (English) does not show everything that is in the original"
MISSING = [
    UndrawnContent(UndrawnKind.CHART, 2, ["How costs grew"]),
    UndrawnContent(UndrawnKind.TYPEFACE, 2, names=["Aptos", "SimSun"]),
]


def test_what_could_not_be_drawn_is_said_where_the_document_is_read(
    world: World, english: Open, file_digest: str
) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH, undrawn=MISSING)
    joseph, here = english("joseph"), f"/documents/{document.id}"

    for address in (here, f"{here}/read/en", f"{here}/read/en?as=text"):
        page = joseph.get(address).text
        assert UNDRAWN in page
        assert "Charts of a newer kind: 2" in page
        assert '<q dir="auto">How costs grew</q>' in page
        assert "The PDF (English) uses other typefaces in place of <bdi>Aptos</bdi>, <bdi>SimSun</bdi>;" in page
        assert f'href="{here}/files/en"' in page


def test_a_document_of_which_all_is_drawn_has_no_such_notice(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH)

    for address in (f"/documents/{document.id}", f"/documents/{document.id}/read/en"):
        assert UNDRAWN not in english("joseph").get(address).text


def test_a_delegate_reads_before_the_submission_what_could_not_be_drawn(
    world: World, english: Open, file_digest: str
) -> None:
    draft = world.draft(world.meeting())
    here, amina = f"/contributions/{draft.id}", english("amina")
    pages = (here, f"{here}/check", f"{here}/read/en")
    assert not any(UNDRAWN in amina.get(address).text for address in pages)

    world.rendered(file_digest, PARAGRAPH, undrawn=MISSING)

    assert all(UNDRAWN in amina.get(address).text for address in pages)


def test_a_failed_preview_is_reported_on_the_page(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH, pdf=False, whole=False)
    joseph = english("joseph")

    assert "No preview of this file could be created." in joseph.get(f"/documents/{document.id}").text
    page = joseph.get(f"/documents/{document.id}/read/en").text
    assert "No preview of this file could be created." in page
    assert PARAGRAPH in page


def test_arabic_text_is_right_to_left_on_an_english_page(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    file = world.file("ar", "نص")
    with transaction(world.write) as session:
        record_rows(session)
        language_version = session.scalars(select(LanguageVersion)).one()
        session.add(
            LanguageVersion(
                edition_id=language_version.edition_id,
                side="submitter",
                supplied_by=language_version.supplied_by,
                supplied_at=language_version.supplied_at,
                **{name: getattr(file, name) for name in ("language", "sha256", "size", "media", "name", "findings")},
            )
        )
    world.rendered(file.sha256, "تكاليف العبور")

    assert '<div class="text" lang="ar" dir="rtl">' in english("joseph").get(f"/documents/{document.id}/read/ar").text


def test_a_state_reads_its_own_contribution_before_registration(world: World, english: Open, file_digest: str) -> None:
    draft = world.draft(world.meeting())
    world.rendered(file_digest, PARAGRAPH)
    url = f"/contributions/{draft.id}"

    assert PARAGRAPH in english("amina").get(f"{url}/read/en").text
    assert f"{url}/read/en" in english("amina").get(url).text
    for part in ("read", "pages", "picture"):
        assert english("amina").get(f"{url}/{part}/en").status_code == 200
        for stranger in ("rafael", "ines", "laurent", "chen"):
            response = english(stranger).get(f"{url}/{part}/en")
            unknown = english(stranger).get(f"/contributions/{uuid4()}/{part}/en")
            assert (response.status_code, response.content) == (404, unknown.content)


@pytest.mark.parametrize("part", ["read/en", "pages/en", "picture/en", "differences", "cover/en.pdf"])
@pytest.mark.parametrize("who", ["wambui", "chen", "olga", "marc"])
def test_without_a_seat_a_document_cannot_be_read(
    world: World, english: Open, file_digest: str, who: str, part: str
) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH)
    assert english("joseph").get(f"/documents/{document.id}/{part}").status_code == 200

    existing, unknown = (english(who).get(f"/documents/{key}/{part}") for key in (document.id, uuid4()))

    assert (existing.status_code, existing.content) == (404, unknown.content)


def test_an_ended_document_cannot_be_read(world: World, english: Open, file_digest: str) -> None:
    _, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH)
    assert PARAGRAPH in english("joseph").get(f"/documents/{document.id}").text
    withdraw_document(world, document)

    assert PARAGRAPH not in english("joseph").get(f"/documents/{document.id}").text
    for part in ("read/en", "pages/en", "picture/en", "differences", "cover/en.pdf"):
        assert english("joseph").get(f"/documents/{document.id}/{part}").status_code == 409


def test_a_contribution_whose_document_ended_cannot_be_read(world: World, english: Open, file_digest: str) -> None:
    contribution, document = world.registered(world.meeting())
    world.rendered(file_digest, PARAGRAPH)
    amina, url = english("amina"), f"/contributions/{contribution.id}"
    parts = [f"{url}/{part}/en" for part in ("files", "read", "pages", "picture")]
    assert [amina.get(part).status_code for part in parts] == [200] * 4
    assert all(f'"{part}"' in amina.get(url).text for part in (parts[0], parts[1], parts[3]))

    withdraw_document(world, document)

    assert [amina.get(part).status_code for part in parts] == [409] * 4
    page = amina.get(url)
    assert page.status_code == 200
    assert "The number is not reused. The content is not available." in page.text
    assert "The meeting considers the contribution" not in page.text
    assert not any(f'"{part}"' in page.text for part in parts)


def test_an_older_edition_can_be_read_by_its_name(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    first = world.file().sha256
    world.revised(document, "Another text.")
    world.rendered(first, "The first text.")
    world.rendered(world.file("en", "Another text.").sha256, "The second text.")
    joseph, url = english("joseph"), f"/documents/{document.id}"

    assert "The second text." in joseph.get(f"{url}/read/en").text
    page = joseph.get(f"{url}/read/en?edition=first").text
    assert "The first text." in page
    assert f'href="{url}/first/files/en"' in page
    assert f'src="{url}/pages/en?edition=first"' in page
    assert joseph.get(f"{url}/first/files/en").headers["ETag"] == f'"{first}"'
    assert joseph.get(f"{url}/rev-1/files/en").headers["ETag"] != f'"{first}"'
    assert joseph.get(f"{url}/read/en?edition=rev-2").status_code == 404


def test_the_text_is_loaded_only_where_it_is_shown(world: World, file_digest: str) -> None:
    world.rendered(file_digest, PARAGRAPH)
    with transaction(world.work) as session:
        assert session.get_one(Rendition, file_digest).paragraphs == [PARAGRAPH]
