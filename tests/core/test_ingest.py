"""Ingest of files: a good file is stored under its digest, a refused one leaves nothing behind."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from app.core.errors import BadRequest, PayloadTooLarge, Unavailable
from app.core.file_service import client
from app.core.files import ingest
from app.core.files.ingest import FileRefused, ingest_file
from app.core.inspection import DOCX, PDF, FindingLevel
from app.core.storage import LocalStore
from tests.files import make_docx, make_pdf, with_body_xml, with_field

LARGEST = 5 * 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "shelf"))


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test, which must be empty at the end."""
    folder = tmp_path / "waiting"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def list_remains(store: LocalStore, temporary_folder: Path) -> list[Path]:
    return [path for folder in (store.root, temporary_folder) for path in folder.rglob("*")]


def test_a_good_file_is_stored_under_its_digest(store: LocalStore, temporary_folder: Path) -> None:
    data = make_pdf(title="Title")

    received = ingest_file(store, io.BytesIO(data), "C:\\Users\\a\\Our\u202e report.PDF", LARGEST)

    assert received.sha256 == hashlib.sha256(data).hexdigest()
    assert (received.size, received.kind, received.offered_name) == (len(data), PDF, "Our report.pdf")
    assert (received.findings, received.pages, received.title) == ((), 2, "Title")
    assert b"".join(store.iter_chunks(received.sha256)) == data
    assert list(temporary_folder.iterdir()) == []


def test_a_doubtful_file_is_accepted_with_a_finding(store: LocalStore) -> None:
    data = with_body_xml('<w:p><w:del w:id="1" w:author="A"/></w:p>')

    received = ingest_file(store, io.BytesIO(data), "a.docx", LARGEST)

    assert (received.kind, [finding.level for finding in received.findings]) == (
        DOCX,
        [FindingLevel.DECIDE, FindingLevel.NOTE],
    )


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.pdf"),
        (make_pdf()[:-100], "a.pdf"),
        (make_docx()[:-100], "a.docx"),
        (make_docx()[:2000], "a.docx"),
        (with_field("DDE a"), "a.docx"),
    ],
)
def test_a_refused_file_leaves_nothing_behind(
    store: LocalStore, temporary_folder: Path, data: bytes, name: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        ingest_file(store, io.BytesIO(data), name, LARGEST)

    assert isinstance(refused.value, BadRequest)
    assert refused.value.findings[0].level is FindingLevel.REFUSED
    assert str(refused.value.findings[0].remedy) in str(refused.value.reason)
    assert list_remains(store, temporary_folder) == []


def test_a_file_with_a_wrong_ending_is_taken_with_the_right_one_and_asks(store: LocalStore) -> None:
    received = ingest_file(store, io.BytesIO(make_docx()), "Paper 1.pdf", LARGEST)

    assert received.offered_name == "Paper 1.docx"
    assert [str(finding.what) for finding in received.findings if finding.level is FindingLevel.DECIDE] == [
        "The file name does not end in .docx, which is the actual type of the file."
    ]


def test_a_file_that_takes_long_is_stored_uninspected(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_pdf()
    assert ingest_file(store, io.BytesIO(data), "a.pdf", LARGEST, may_wait=True).is_inspected

    monkeypatch.setattr(ingest, "QUICK_WAIT_SECONDS", 0)  # so that it gets no slot in time
    received = ingest_file(store, io.BytesIO(data), "A paper", LARGEST, party="BRA", may_wait=True)
    with pytest.raises(FileRefused, match="neither a PDF nor a Word document"):
        ingest_file(store, io.BytesIO(b"GIF89a"), "a.gif", LARGEST, party="BRA", may_wait=True)

    assert (received.is_inspected, received.kind, received.offered_name) == (False, PDF, "A paper.pdf")
    assert b"".join(store.iter_chunks(received.sha256)) == data


def test_a_file_is_stored_uninspected_if_the_service_is_not_there(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has arrived in time, and is given out to no one."""
    monkeypatch.setattr(client, "_configured", client.FileServiceOptions(f"{tmp_path}/socket"))

    assert not ingest_file(store, io.BytesIO(make_pdf()), "a.pdf", LARGEST, may_wait=True).is_inspected
    with pytest.raises(Unavailable, match="is not responding"):
        ingest_file(store, io.BytesIO(make_pdf()), "a.pdf", LARGEST)


def test_a_file_beyond_the_limit_is_refused_with_the_limit(store: LocalStore, temporary_folder: Path) -> None:
    data = make_pdf()
    ingest_file(LocalStore(f"{store.root}2"), io.BytesIO(data), "a.pdf", len(data))

    with pytest.raises(PayloadTooLarge, match="larger than 512 kB"):
        ingest_file(store, io.BytesIO(bytes(512 * 1024) + b"x"), "a.pdf", 512 * 1024)

    assert list_remains(store, temporary_folder) == []


def test_at_most_the_limit_and_one_chunk_are_read(store: LocalStore) -> None:
    class Endless(io.RawIOBase):
        sent = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1024 * 1024
            self.sent += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PayloadTooLarge):
        ingest_file(store, endless, "a.pdf", LARGEST)  # a raw stream reads like a buffered one

    assert endless.sent <= LARGEST + 1024 * 1024


def test_a_store_that_fails_leaves_nothing_behind(
    store: LocalStore, temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_file(LocalStore(f"{store.root}2"), io.BytesIO(make_pdf()), "a.pdf", LARGEST)

    def broken(descriptor: int) -> None:
        raise OSError(5, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(Unavailable):
        ingest_file(store, io.BytesIO(make_pdf()), "a.pdf", LARGEST)

    assert [path for path in list_remains(store, temporary_folder) if path.is_file()] == []


def test_a_waiting_file_has_no_name_on_any_disk(store: LocalStore, temporary_folder: Path) -> None:
    class Watching(io.BytesIO):
        seen: list[Path]

        def read(self, size: int | None = -1) -> bytes:
            self.seen = list_remains(store, temporary_folder)
            return super().read(size)

    watching = Watching(make_pdf())
    ingest_file(store, watching, "a.pdf", LARGEST)

    assert watching.seen == []
