"""The cover page and its text, in the document's language."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pypdfium2
import pytest

from app.domain.contributions.actions import registration
from app.domain.contributions.models import Contribution
from app.domain.receipts import queries as receipts
from app.http.exports.pdf_export import is_pdf_available
from app.settings import Settings
from tests.browser import Browser
from tests.child_services import list_child_processes
from tests.pango import needs_pango
from tests.portal_app import open_portal_copy
from tests.world import World


@contextmanager
def stopped_service() -> Iterator[None]:
    """While the service that prints does not go on."""
    assert is_pdf_available()
    services = list(list_child_processes())
    for service in services:
        os.kill(service, signal.SIGSTOP)
    try:
        yield
    finally:
        for service in services:
            os.kill(service, signal.SIGCONT)


pytestmark = needs_pango


def test_a_cover_names_symbol_source_title_group_and_meeting(world: World, english: Callable[..., Browser]) -> None:
    _, document = world.registered(world.meeting(), title="Costs <of> transit")

    answer = english("amina").get(f"/documents/{document.id}/cover/en.pdf")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet 22-1-EN-cover.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    cover_text = read_text(answer.content)
    for words in ("CWG-Internet 22/1", "Kenya", "Costs <of> transit", "Geneva", "Original: English", "For discussion"):
        assert words in cover_text


def read_text(content: bytes) -> str:
    """Return the text of the first page of a PDF."""
    pdf = pypdfium2.PdfDocument(content)
    page = pdf[0].get_textpage()
    found = page.get_text_range()
    page.close()
    pdf.close()
    return found


def test_a_cover_says_that_the_secretariat_submitted_it_at_the_request_of_the_state(
    world: World, english: Callable[..., Browser]
) -> None:
    waiting = world.submitted_for(world.meeting(), "FRA")
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        document = registration.register_contribution(session, actor, contribution, version=contribution.version)

    cover_text = read_text(english("amina").get(f"/documents/{document.id}/cover/en.pdf").content)

    assert "Submitted by the secretariat at the request of France" in " ".join(cover_text.split())


def test_a_cover_exists_only_in_the_languages_of_the_document(world: World, english: Callable[..., Browser]) -> None:
    _, document = world.registered(world.meeting())
    joseph = english("joseph")

    assert [joseph.get(f"/documents/{document.id}/cover/{code}.pdf").status_code for code in ("en", "fr", "xx")] == [
        200,
        404,
        404,
    ]


@pytest.mark.parametrize("what", ["cover", "receipt", "invitation", "participants"])
def test_a_pdf_that_waits_for_a_slot_holds_no_connection(world: World, settings: Settings, what: str) -> None:
    meeting = world.meeting()
    contribution, document = world.registered(meeting)
    with world.acting("ines") as (session, _):
        receipt = receipts.find_latest_receipt(session, contribution.id)
    address = {
        "cover": f"/documents/{document.id}/cover/en.pdf",
        "receipt": f"/contributions/{contribution.id}/receipts/{receipt.id if receipt else ''}.pdf",
        "invitation": f"/meetings/{meeting.id}/invitation/en.pdf",
        "participants": f"/meetings/{meeting.id}/participants.pdf",
    }[what]
    with (
        open_portal_copy(settings.model_copy(update={"database_pool": 1})) as portal,
        Browser(portal, settings, world, "ines") as one,
        Browser(portal, settings, world, "amina") as other,
        ThreadPoolExecutor(2) as pool,
    ):
        with stopped_service():
            waiting = pool.submit(one.get, address)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            answered = pool.submit(other.get, "/documents")
            wait([answered], 60)
            is_answered = answered.done()
        assert is_answered
        assert answered.result().status_code == 200
        assert waiting.result(60).headers["Content-Type"] == "application/pdf"
