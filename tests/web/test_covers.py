"""The cover page: what it says, in the document's language."""

from collections.abc import Callable

import pypdfium2
import pytest

from app.asgi.printing import is_available
from tests.browser import Browser
from tests.world import World

pytestmark = pytest.mark.skipif(not is_available(), reason="the system has no Pango")


def test_a_cover_names_symbol_source_title_group_and_meeting(world: World, english: Callable[..., Browser]) -> None:
    _, document = world.registered(world.meeting(), title="Costs <of> transit")

    answer = english("amina").get(f"/documents/{document.id}/cover/en.pdf")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet 22-1-EN-cover.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    pdf = pypdfium2.PdfDocument(answer.content)
    page = pdf[0].get_textpage()
    said = page.get_text_range()
    page.close()
    pdf.close()
    for words in ("CWG-Internet 22/1", "Kenya", "Costs <of> transit", "Geneva", "Original: English", "For discussion"):
        assert words in said


def test_a_cover_is_there_in_languages_of_the_document_only(world: World, english: Callable[..., Browser]) -> None:
    _, document = world.registered(world.meeting())
    joseph = english("joseph")

    assert [joseph.get(f"/documents/{document.id}/cover/{code}.pdf").status_code for code in ("en", "fr", "xx")] == [
        200,
        404,
        404,
    ]
