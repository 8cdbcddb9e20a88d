"""The static copy of the catalogue: the readers' pages as files, checked by the standalone verifier."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from app.core.folder_sync import FolderSync
from app.dissemination.catalogue import Catalogue
from app.dissemination.static_export import StaticExport
from app.domain.releases.models import Audience
from app.domain.releases.queries.chain_verification import VerifiedCatalogue
from tests.dissemination.read_path_site import ReaderSite, text_of
from tests.dissemination.test_cited import CITED
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER

STATEMENT = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves its position.", "language": "en"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def write_copy(reader_site: ReaderSite, folder: Path) -> int:
    """Write the copy; returns the number of changed files."""
    library = reader_site.state
    static_copy = StaticExport(
        library.templates, library.store, RELEASE_SIGNER, LEDGER_SIGNER.public_keys, reader_site.settings.read_url
    )
    return static_copy.write_copy(library.refresher.refresh()[Audience.MEMBERS], folder).changed


def run_verifier(folder: Path, key: str = RELEASE_SIGNER.public_key.text) -> subprocess.CompletedProcess[str]:
    """Run the copy's own verifier."""
    command = [sys.executable, "-I", folder / "verify_receipt.py", folder / "copy.json", "--key", key]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def list_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class Links(HTMLParser):
    """Collect where a page links to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src", "action") and value]


def test_the_copy_contains_the_files_byte_for_byte_and_verifies(reader_site: ReaderSite, folder: Path) -> None:
    telecom = STATEMENT | {"state": "EXAMPLE-TEL", "names": {"en": "Example Telecom", "ar": "اتصالات المثال"}}
    reader_site.release(1, statements=[STATEMENT, telecom], **CITED)
    reader_site.release(2, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"})

    write_copy(reader_site, folder)

    assert (folder / "files" / "CWG-Internet-22-OUT-1-fr.docx").read_bytes() == text_of(1, "fr")
    result = run_verifier(folder)
    assert result.returncode == 0, result.stdout
    assert "and there are no others" in result.stdout
    page = (folder / "ar" / "CWG-Internet-22-OUT-1.html").read_text(encoding="utf-8")
    assert 'dir="rtl"' in page
    assert "Kenya reserves its position." in page
    assert "اتصالات المثال" in page
    assert "WTSA Resolution 75 (2008), resolves 1" in page
    assert "C5 – Building confidence" in page
    assert "Q6/3 – Charging and accounting" in page
    assert "Resolution 75" not in (folder / "ar" / "CWG-Internet-22-OUT-2.html").read_text(encoding="utf-8")


def test_every_link_of_every_page_leads_to_a_file_of_the_copy(reader_site: ReaderSite, folder: Path) -> None:
    for number in (1, 2):
        reader_site.release(number, statements=[STATEMENT])
    write_copy(reader_site, folder)
    copy_files, pages = list_files(folder), list(folder.rglob("*.html"))
    assert len(pages) == 1 + 6 * (2 + 2)

    for page in pages:
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        assert len(links.found) > 5
        for link in links.found:
            parts = urlsplit(link)
            if parts.scheme or not parts.path:
                assert not parts.scheme or link == reader_site.settings.read_url
                continue
            target = os.path.normpath(page.parent.relative_to(folder) / unquote(parts.path))
            assert target in copy_files, f"{page}: {link}"


def test_only_changed_files_are_written_again_and_damaged_ones_repaired(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    assert write_copy(reader_site, folder) == 0

    copied_file = folder / "files" / "CWG-Internet-22-OUT-1-en.docx"
    copied_file.write_bytes(b"X" + text_of(1, "en")[1:])
    assert write_copy(reader_site, folder) == 1
    assert copied_file.read_bytes() == text_of(1, "en")


def test_files_no_longer_released_are_deleted_and_foreign_files_stay(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    (folder / "robots.txt").write_text("theirs")
    only = next(path for path in list_files(folder) if path.endswith("OUT-1-fr.docx"))
    named = json.loads((folder / "copy.json").read_bytes())["statement"]["files"]
    assert only in {each["path"] for each in named}

    fresh = Catalogue(VerifiedCatalogue([], {}, None, []), reader_site.catalogue.read_at)
    StaticExport(
        reader_site.state.templates,
        reader_site.state.store,
        RELEASE_SIGNER,
        LEDGER_SIGNER.public_keys,
        reader_site.settings.read_url,
    ).write_copy(fresh, folder)

    assert only not in list_files(folder)
    assert "robots.txt" in list_files(folder)


def test_a_folder_with_other_files_is_not_touched(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    folder.mkdir()
    (folder / "letter.txt").write_text("not ours")

    with pytest.raises(ValueError, match="is not empty"):
        write_copy(reader_site, folder)
    assert list_files(folder) == {"letter.txt"}


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (
            lambda folder: (folder / "en" / "index.html").write_text("Nothing was released."),
            "differs from the statement",
        ),
        (lambda folder: (folder / "files" / "CWG-Internet-22-OUT-1-en.docx").unlink(), "is missing or cannot be read"),
        (lambda folder: (folder / "en" / "more.html").write_text("Also released."), "is not listed"),
        (
            lambda folder: (folder / "copy.json").write_text(
                re.sub(r'"size": \d+', '"size": 1', (folder / "copy.json").read_text(encoding="utf-8"), count=1)
            ),
            "The signature is not valid",
        ),
    ],
)
def test_the_verifier_names_every_alteration(reader_site: ReaderSite, folder: Path, harm: object, message: str) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    assert run_verifier(folder).returncode == 0

    harm(folder)

    result = run_verifier(folder)
    assert result.returncode == 1
    assert message in result.stdout


def test_a_copy_signed_with_another_key_is_not_trusted(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)

    assert run_verifier(folder, key="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").returncode == 1


def test_a_first_copy_that_was_interrupted_is_written_again(reader_site: ReaderSite, folder: Path, monkeypatch) -> None:
    reader_site.release(1)
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(FolderSync, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        write_copy(reader_site, folder)
    assert run_verifier(folder).returncode == 2  # an incomplete copy is not signed

    write_copy(reader_site, folder)

    assert run_verifier(folder).returncode == 0


def test_leftovers_of_a_killed_writer_are_deleted_by_the_next_copy(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    (folder / "files" / ".writing-abc").write_bytes(b"half")
    assert run_verifier(folder).returncode == 1

    write_copy(reader_site, folder)

    assert run_verifier(folder).returncode == 0


def test_the_verifier_names_a_link_to_another_folder(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    (folder / "en").rename(folder.with_name("elsewhere"))
    (folder / "en").symlink_to(folder.with_name("elsewhere"))

    result = run_verifier(folder)

    assert result.returncode == 1
    assert "en: is a link to another folder." in result.stdout


def test_the_verifier_looks_up_a_document_in_a_copy(reader_site: ReaderSite, folder: Path) -> None:
    reader_site.release(1)
    write_copy(reader_site, folder)
    document = next((folder / "files").iterdir())

    command = [sys.executable, "-I", folder / "verify_receipt.py", folder / "copy.json", document]
    result = subprocess.run(
        [*command, "--key", RELEASE_SIGNER.public_key.text], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0
    assert f"matches the statement byte for byte (files/{document.name})." in result.stdout
