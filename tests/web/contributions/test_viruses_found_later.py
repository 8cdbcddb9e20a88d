"""A virus that the scanner finds in a file after registration: the file is withheld on every surface."""

import io
import zipfile
from collections.abc import Callable

import pytest

from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.domain.documents.models import Document
from app.worker.maintenance import apply_scan_verdict
from tests.browser import Browser
from tests.web.documents.test_search import index_file_text
from tests.world import GRACE, World, record_rows

Open = Callable[..., Browser]
WHY = "A later virus scan had a finding in this file."
SECRET = "The costs of transit are high."


@pytest.fixture
def document(world: World) -> Document:
    """A registered document, open to the public, with extracted text and rendered pages."""
    _, document = world.registered(world.meeting(), access="public")
    sha256 = world.file().sha256
    world.rendered(sha256, SECRET)
    return document


def set_verdict(world: World, state: ScanState = ScanState.INFECTED) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        apply_scan_verdict(session, world.file().sha256, ScanVerdict(state, "Eicar"), grace=GRACE)


@pytest.mark.parametrize(
    "part",
    [
        "files/en",
        "first/files/en",
        "read/en",
        "read/en?as=text",
        "pages/en",
        "picture/en",
        "differences?from=first&to=first",
        "cover/en.pdf",
    ],
)
def test_an_infected_file_is_not_served(world: World, english: Open, document: Document, part: str) -> None:
    joseph = english("joseph")
    assert joseph.get(f"/documents/{document.id}/{part}").status_code == 200

    set_verdict(world)

    refused = joseph.get(f"/documents/{document.id}/{part}")
    assert (refused.status_code, WHY in refused.text, SECRET in refused.text) == (409, True, False)


@pytest.mark.parametrize("part", ["files/en", "first/files/en"])
def test_an_infected_file_is_not_served_to_the_public(
    world: World, english: Open, document: Document, part: str
) -> None:
    anybody = english()
    assert anybody.get(f"/public/documents/{document.id}/{part}").status_code == 200

    set_verdict(world)

    refused = anybody.get(f"/public/documents/{document.id}/{part}")
    assert (refused.status_code, WHY in refused.text) == (409, True)


@pytest.mark.parametrize(("who", "base"), [("joseph", "/documents"), (None, "/public/documents")])
def test_the_page_of_a_document_shows_no_text_of_an_infected_file(
    world: World, english: Open, document: Document, who: str | None, base: str
) -> None:
    reader = english(who) if who else english()
    pages = [f"{base}/{document.id}{suffix}" for suffix in ("", "/first", "?language=en")]
    assert [SECRET in reader.get(page).text for page in pages] == [True, True, True]

    set_verdict(world)

    assert [SECRET in reader.get(page).text for page in pages] == [False, False, False]


@pytest.mark.parametrize(("who", "base"), [("joseph", "/documents"), (None, "/public/documents")])
def test_the_page_of_an_infected_document_offers_no_file(
    world: World, english: Open, document: Document, who: str | None, base: str
) -> None:
    set_verdict(world)

    page = english(who).get(f"{base}/{document.id}").text

    assert WHY in page
    for part in ("/files/en", "/read/en", "/picture/en", "/cover/en.pdf"):
        assert part not in page


def test_the_zip_leaves_out_an_infected_file(world: World, english: Open, document: Document) -> None:
    set_verdict(world)

    archive = zipfile.ZipFile(io.BytesIO(english("joseph").get("/documents.zip").content))

    assert archive.namelist() == ["manifest.csv"]
    assert document.symbol not in archive.read("manifest.csv").decode()


def test_search_finds_nothing_in_an_infected_file(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting(), title="On exchange points")
    index_file_text(world, SECRET)
    joseph = english("joseph")
    assert "<mark>costs</mark>" in joseph.get("/search?q=costs").text

    set_verdict(world)

    assert document.symbol not in joseph.get("/search?q=costs").text
    assert document.symbol in joseph.get("/search?q=exchange").text


def test_a_file_that_waits_for_another_check_is_still_served(world: World, english: Open, document: Document) -> None:
    set_verdict(world, ScanState.WAITING)

    assert english("joseph").get(f"/documents/{document.id}/files/en").status_code == 200
    assert WHY not in english("joseph").get(f"/documents/{document.id}").text
