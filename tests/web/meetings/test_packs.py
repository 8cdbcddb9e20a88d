"""The pack of a meeting: what is in it, what a later one brings, and whose documents are in it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest

from app.domain.documents.models import Document, EditionStep
from app.domain.meetings.models import Meeting
from app.http.exports import zip_export
from app.web.meetings import packs
from tests.browser import Browser
from tests.document_history import add_edition, add_translation, withdraw_document
from tests.web.people.test_rights_until_commit import end_accreditation_of_amina, sign_amina_out
from tests.world import World

Open = Callable[[str], Browser]
FIRST, SECOND = "documents/CWG-Internet 22-1 E.docx", "documents/CWG-Internet 22-2 E.docx"
PAGES = ["index.html", "style.css", "manifest.json"]


def download(browser: Browser, meeting: Meeting, **choice: str) -> zipfile.ZipFile:
    answer = browser.post(f"/meetings/{meeting.id}/pack", {"format": "submitted"} | choice)
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def read_key(archive: zipfile.ZipFile) -> str:
    """The key of a pack, from the link in its index to what is new since then."""
    return archive.read("index.html").decode().partition("/pack?since=")[2].partition('"')[0]


def read_manifest(archive: zipfile.ZipFile) -> dict[str, object]:
    return json.loads(archive.read("manifest.json"))


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting()


@pytest.fixture
def document(world: World, meeting: Meeting) -> Document:
    """A document under an item of the released agenda."""
    item = world.item(meeting, "Protection of children")
    _, document = world.registered(meeting, title="A first title")
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    return document


def test_a_pack_opens_without_a_connection_by_agenda_item(
    world: World, browser: Open, meeting: Meeting, document: Document
) -> None:
    archive = download(browser("rafael"), meeting)

    assert archive.namelist() == [*PAGES, FIRST]
    index = archive.read("index.html").decode()
    item, plan = index.index("Protection of children"), index.index('id="plan"')
    assert item < index.index("A first title") < plan
    assert 'href="documents/CWG-Internet%2022-1%20E.docx"' in index
    assert "<script" not in index
    assert 'src="' not in index
    for entry in read_manifest(archive)["files"]:
        assert hashlib.sha256(archive.read(entry["path"])).hexdigest() == entry["sha256"]
    for entry in read_manifest(archive)["pages"]:
        assert hashlib.sha256(archive.read(entry["path"])).hexdigest() == entry["sha256"]
    assert document.symbol in index


def test_a_document_comes_in_the_language_of_the_reader_else_in_the_original_one(
    world: World, browser: Open, meeting: Meeting, document: Document
) -> None:
    world.registered(meeting, title="Another one")
    add_translation(world, document, "fr", "Un titre")
    rafael = browser("rafael")
    rafael.client.cookies.set("cwg_lang", "fr")

    archive = download(rafael, meeting)

    assert archive.namelist() == [*PAGES, "documents/CWG-Internet 22-1 F.docx", SECOND]
    assert "Un titre" in archive.read("index.html").decode()


def test_a_pdf_is_preferred_and_both_may_be_had(
    world: World, browser: Open, meeting: Meeting, document: Document
) -> None:
    world.rendered(world.file().sha256, "A text.")
    rafael, pdf = browser("rafael"), FIRST.replace(".docx", ".pdf")

    assert download(rafael, meeting, format="pdf").namelist() == [*PAGES, pdf]
    assert download(rafael, meeting, format="both").namelist() == [*PAGES, FIRST, pdf]


def test_a_refresh_brings_what_is_new_under_the_same_names(
    world: World, browser: Open, meeting: Meeting, document: Document
) -> None:
    """Extracted over the first pack, it makes the folder of a new one, but for the files to delete that it lists."""
    _, withdrawn = world.registered(meeting, title="To be withdrawn")
    _, unchanged = world.registered(meeting, title="As it was")
    rafael = browser("rafael")
    first = download(rafael, meeting)
    folder = {name: first.read(name) for name in first.namelist()}
    world.revised(document, "A revised text.")
    withdraw_document(world, withdrawn)
    add_edition(world, unchanged, EditionStep.ADDENDUM)

    refresh = download(rafael, meeting, since=read_key(first))

    addendum = "documents/CWG-Internet 22-3 Add.1 E.docx"
    assert refresh.namelist() == [*PAGES, FIRST, addendum]
    index, manifest = refresh.read("index.html").decode(), read_manifest(refresh)
    assert "New files: 1 · Revised files: 1" in index
    assert manifest["removed"] == [SECOND]
    assert SECOND in index
    assert "CWG-Internet 22/1 (Rev.1)" in index
    folder |= {name: refresh.read(name) for name in refresh.namelist()}
    for path in manifest["removed"]:
        del folder[path]
    whole = download(rafael, meeting, since="none")
    documents = {name: whole.read(name) for name in whole.namelist() if name not in PAGES}
    assert {name: content for name, content in folder.items() if name not in PAGES} == documents


def test_an_earlier_pack_may_be_chosen_if_the_last_one_did_not_arrive(
    world: World, browser: Open, meeting: Meeting, document: Document
) -> None:
    rafael = browser("rafael")
    first = read_key(download(rafael, meeting))
    world.registered(meeting, title="A second title")
    second = read_key(download(rafael, meeting))

    page = rafael.get(f"/meetings/{meeting.id}/pack?since={first}").text

    assert f'value="{first}" checked' in page
    assert "New files: 1 · Revised files: 0" in page
    assert download(rafael, meeting, since=second).namelist() == PAGES
    assert download(rafael, meeting, since=first).namelist() == [*PAGES, SECOND]


def test_everything_is_sent_unless_news_are_asked_for_since_the_last_pack_may_not_have_arrived(
    browser: Open, meeting: Meeting, document: Document
) -> None:
    rafael = browser("rafael")
    download(rafael, meeting)

    assert 'value="none" checked' in rafael.get(f"/meetings/{meeting.id}/pack").text
    assert download(rafael, meeting).namelist() == [*PAGES, FIRST]


def test_the_news_since_a_pack_that_was_forgotten_or_is_of_another_person_are_everything(
    browser: Open, meeting: Meeting, document: Document
) -> None:
    rafael, amina = browser("rafael"), browser("amina")
    first = read_key(download(rafael, meeting))
    download(amina, meeting)
    assert download(amina, meeting, since=first).namelist() == [*PAGES, FIRST]
    assert download(rafael, meeting, since=first).namelist() == PAGES
    for _ in range(5):
        download(rafael, meeting)

    assert 'value="none" checked' in rafael.get(f"/meetings/{meeting.id}/pack?since={first}").text
    assert download(rafael, meeting, since=first).namelist() == [*PAGES, FIRST]


def test_packs_are_those_of_one_person(world: World, browser: Open, meeting: Meeting, document: Document) -> None:
    rafael, amina = browser("rafael"), browser("amina")
    download(rafael, meeting)

    assert "What is new since your pack" in rafael.get(f"/meetings/{meeting.id}/pack").text
    assert "What is new since your pack" not in amina.get(f"/meetings/{meeting.id}/pack").text
    assert FIRST in download(amina, meeting).namelist()


def test_only_the_last_packs_are_noted(world: World, browser: Open, meeting: Meeting, document: Document) -> None:
    rafael = browser("rafael")
    for _ in range(7):
        download(rafael, meeting)

    assert rafael.get(f"/meetings/{meeting.id}/pack").text.count("What is new since your pack") == 5


def test_a_pack_with_too_many_bytes_is_refused_and_not_noted(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch, meeting: Meeting, document: Document
) -> None:
    monkeypatch.setattr(zip_export, "MAX_BYTES", world.file().size - 1)
    rafael = browser("rafael")

    refused = rafael.post(f"/meetings/{meeting.id}/pack")

    assert refused.status_code == 400
    assert "4 GB" in refused.text
    assert "What is new since your pack" not in rafael.get(f"/meetings/{meeting.id}/pack").text


def test_a_format_that_is_none_is_refused(browser: Open, meeting: Meeting) -> None:
    assert browser("rafael").post(f"/meetings/{meeting.id}/pack", {"format": "exe"}).status_code == 400


def test_a_person_without_a_seat_gets_no_pack(world: World, browser: Open, meeting: Meeting) -> None:
    path = f"/meetings/{meeting.id}/pack"
    rafael, sofia = browser("rafael"), browser("sofia")
    assert rafael.get(path).status_code == rafael.post(path).status_code == 200
    assert sofia.get(path).status_code == sofia.post(path).status_code == 404


@pytest.mark.parametrize("meanwhile", [lambda _: None, end_accreditation_of_amina, sign_amina_out])
def test_a_pack_is_cut_off_once_its_right_was_ended(
    world: World,
    browser: Open,
    monkeypatch: pytest.MonkeyPatch,
    meeting: Meeting,
    document: Document,
    meanwhile: Callable[[World], None],
) -> None:
    """The right ends after the first of two documents was sent."""
    world.registered(meeting)
    sent, send_next = [], packs.open_file_while_allowed
    before = meanwhile.__name__ == "<lambda>"

    def send(*given: object) -> object:
        if len(sent) == 1:
            meanwhile(world)
        piece = send_next(*given)
        sent.append(given)
        return piece

    monkeypatch.setattr(packs, "open_file_while_allowed", send)
    amina = browser("amina")
    with suppress(Exception):  # what a client sees of a response that is cut off
        amina.post(f"/meetings/{meeting.id}/pack", {"format": "submitted"})

    assert len(sent) == (2 if before else 1)


def test_no_connection_is_held_while_a_pack_is_sent(
    world: World, browser: Open, portal: object, meeting: Meeting, document: Document
) -> None:
    state, seen = portal.app.state.portal, []
    read_chunks = state.store.iter_chunks

    def watched(*args: object) -> object:
        seen.append(state.engine.pool.checkedout())
        return read_chunks(*args)

    state.store.iter_chunks = watched
    download(browser("rafael"), meeting)

    assert seen == [0]
