"""The one way in: what is good is kept under its digest, what is not leaves nothing behind."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from app.core.errors import BadRequest, PayloadTooLarge, Unavailable
from app.core.files.ingest import FileRefused, ingest_file
from app.core.inspection import DOCX, PDF, FindingLevel
from app.core.storage import LocalStore
from tests.files import a_docx, a_pdf, field, in_text

LARGEST = 5 * 1024 * 1024


@pytest.fixture
def shelf(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "shelf"))


@pytest.fixture(autouse=True)
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of our own, in which nothing may remain."""
    folder = tmp_path / "waiting"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def remains(shelf: LocalStore, waiting: Path) -> list[Path]:
    return [path for folder in (shelf.root, waiting) for path in folder.rglob("*")]


def test_a_good_file_is_kept_under_its_digest(shelf: LocalStore, waiting: Path) -> None:
    data = a_pdf(title="Title")

    received = ingest_file(shelf, io.BytesIO(data), "C:\\Users\\a\\Our\u202e report.PDF", LARGEST)

    assert received.sha256 == hashlib.sha256(data).hexdigest()
    assert (received.size, received.kind, received.offered_name) == (len(data), PDF, "Our report.pdf")
    assert (received.findings, received.pages, received.title) == ((), 2, "Title")
    assert b"".join(shelf.iter_chunks(received.sha256)) == data
    assert list(waiting.iterdir()) == []


def test_what_a_person_should_look_at_comes_in_with_a_finding(shelf: LocalStore) -> None:
    data = in_text('<w:p><w:del w:id="1" w:author="A"/></w:p>')

    received = ingest_file(shelf, io.BytesIO(data), "a.docx", LARGEST)

    assert (received.kind, [finding.level for finding in received.findings]) == (DOCX, [FindingLevel.DECIDE])


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.pdf"),
        (a_pdf()[:-100], "a.pdf"),
        (a_docx()[:-100], "a.docx"),
        (a_docx()[:2000], "a.docx"),
        (field("DDE a"), "a.docx"),
        (a_docx(), "a.pdf"),
    ],
)
def test_a_refused_file_leaves_nothing_behind(shelf: LocalStore, waiting: Path, data: bytes, name: str) -> None:
    with pytest.raises(FileRefused) as refused:
        ingest_file(shelf, io.BytesIO(data), name, LARGEST)

    assert isinstance(refused.value, BadRequest)
    assert refused.value.findings[0].level is FindingLevel.REFUSED
    assert str(refused.value.findings[0].remedy) in str(refused.value.reason)
    assert remains(shelf, waiting) == []


def test_a_file_beyond_the_limit_is_refused_and_the_limit_named(shelf: LocalStore, waiting: Path) -> None:
    data = a_pdf()
    ingest_file(LocalStore(f"{shelf.root}2"), io.BytesIO(data), "a.pdf", len(data))

    with pytest.raises(PayloadTooLarge, match="larger than 512 kB"):
        ingest_file(shelf, io.BytesIO(bytes(512 * 1024) + b"x"), "a.pdf", 512 * 1024)

    assert remains(shelf, waiting) == []


def test_no_more_is_read_than_the_limit_and_one_piece(shelf: LocalStore) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1024 * 1024
            self.given += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PayloadTooLarge):
        ingest_file(shelf, endless, "a.pdf", LARGEST)  # a raw stream reads as a buffered one does

    assert endless.given <= LARGEST + 1024 * 1024


def test_a_store_that_fails_leaves_nothing_behind(
    shelf: LocalStore, waiting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_file(LocalStore(f"{shelf.root}2"), io.BytesIO(a_pdf()), "a.pdf", LARGEST)

    def broken(descriptor: int) -> None:
        raise OSError(5, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(Unavailable):
        ingest_file(shelf, io.BytesIO(a_pdf()), "a.pdf", LARGEST)

    assert [path for path in remains(shelf, waiting) if path.is_file()] == []


def test_a_file_that_waits_has_no_name_on_any_disk(shelf: LocalStore, waiting: Path) -> None:
    class Watching(io.BytesIO):
        seen: list[Path]

        def read(self, size: int | None = -1) -> bytes:
            self.seen = remains(shelf, waiting)
            return super().read(size)

    watching = Watching(a_pdf())
    ingest_file(shelf, watching, "a.pdf", LARGEST)

    assert watching.seen == []
