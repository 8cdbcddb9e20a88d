"""The copy of the catalogue as plain files: what readers see, checked by a program that knows nothing of the house."""

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
from tests.dissemination.read_path_site import Place, text_of
from tests.world import SIGNER

SAID = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves its position.", "language": "en"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def written(place: Place, folder: Path) -> int:
    """Write the copy; how many files changed."""
    library = place.library
    made = StaticExport(library.templates, library.store, SIGNER, place.settings.read_url)
    return made.write_copy(library.refresher.refresh()[Audience.MEMBERS], folder).changed


def checked(folder: Path, key: str = SIGNER.public_key.text) -> subprocess.CompletedProcess[str]:
    """What the program says that lies in the copy itself."""
    command = [sys.executable, "-I", folder / "verify_receipt.py", folder / "copy.json", "--key", key]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class Links(HTMLParser):
    """Where a page leads, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src", "action") and value]


def test_it_holds_the_files_byte_for_byte_and_the_program_says_so(place: Place, folder: Path) -> None:
    place.release(1, statements=[SAID])
    place.release(2, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"})

    written(place, folder)

    assert (folder / "files" / "CWG-Internet-22-OUT-1-fr.docx").read_bytes() == text_of(1, "fr")
    found = checked(folder)
    assert found.returncode == 0, found.stdout
    assert "each is what it names" in found.stdout
    page = (folder / "ar" / "CWG-Internet-22-OUT-1.html").read_text(encoding="utf-8")
    assert 'dir="rtl"' in page
    assert "Kenya reserves its position." in page


def test_every_link_of_every_page_leads_to_a_file_of_the_copy(place: Place, folder: Path) -> None:
    for number in (1, 2):
        place.release(number, statements=[SAID])
    written(place, folder)
    there, pages = files(folder), list(folder.rglob("*.html"))
    assert len(pages) == 1 + 6 * (2 + 2)

    for page in pages:
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        assert len(links.found) > 5
        for link in links.found:
            parts = urlsplit(link)
            if parts.scheme or not parts.path:
                assert not parts.scheme or link == place.settings.read_url
                continue
            target = os.path.normpath(page.parent.relative_to(folder) / unquote(parts.path))
            assert target in there, f"{page}: {link}"


def test_only_what_changed_is_written_again_and_what_rotted_is_healed(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)
    assert written(place, folder) == 0

    kept = folder / "files" / "CWG-Internet-22-OUT-1-en.docx"
    kept.write_bytes(b"X" + text_of(1, "en")[1:])
    assert written(place, folder) == 1
    assert kept.read_bytes() == text_of(1, "en")


def test_what_is_released_no_more_goes_and_what_somebody_else_put_there_stays(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)
    (folder / "robots.txt").write_text("theirs")
    only = next(path for path in files(folder) if path.endswith("OUT-1-fr.docx"))
    named = json.loads((folder / "copy.json").read_bytes())["statement"]["files"]
    assert only in {each["path"] for each in named}

    fresh = Catalogue(VerifiedCatalogue([], {}, None, []), place.catalogue.read_at)
    StaticExport(place.library.templates, place.library.store, SIGNER, place.settings.read_url).write_copy(
        fresh, folder
    )

    assert only not in files(folder)
    assert "robots.txt" in files(folder)


def test_a_folder_that_holds_something_else_is_left_alone(place: Place, folder: Path) -> None:
    place.release(1)
    folder.mkdir()
    (folder / "letter.txt").write_text("not ours")

    with pytest.raises(ValueError, match="is not empty"):
        written(place, folder)
    assert files(folder) == {"letter.txt"}


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: (folder / "en" / "index.html").write_text("Nothing was released."), "is not what is named"),
        (lambda folder: (folder / "files" / "CWG-Internet-22-OUT-1-en.docx").unlink(), "is not there"),
        (lambda folder: (folder / "en" / "more.html").write_text("Also released."), "is not named"),
        (
            lambda folder: (folder / "copy.json").write_text(
                re.sub(r'"size": \d+', '"size": 1', (folder / "copy.json").read_text(encoding="utf-8"), count=1)
            ),
            "The signature is wrong",
        ),
    ],
)
def test_whatever_was_altered_is_named(place: Place, folder: Path, harm: object, said: str) -> None:
    place.release(1)
    written(place, folder)
    assert checked(folder).returncode == 0

    harm(folder)

    found = checked(folder)
    assert found.returncode == 1
    assert said in found.stdout


def test_a_copy_that_somebody_else_signed_is_not_believed(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)

    assert checked(folder, key="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").returncode == 1


def test_a_first_copy_that_was_interrupted_is_written_again(place: Place, folder: Path, monkeypatch) -> None:
    place.release(1)
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(FolderSync, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        written(place, folder)
    assert checked(folder).returncode == 2  # nobody vouches for half a copy

    written(place, folder)

    assert checked(folder).returncode == 0


def test_what_a_killed_writer_left_goes_with_the_next_copy(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)
    (folder / "files" / ".writing-abc").write_bytes(b"half")
    assert checked(folder).returncode == 1

    written(place, folder)

    assert checked(folder).returncode == 0


def test_a_link_to_another_folder_is_named(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)
    (folder / "en").rename(folder.with_name("elsewhere"))
    (folder / "en").symlink_to(folder.with_name("elsewhere"))

    found = checked(folder)

    assert found.returncode == 1
    assert "en: is a link to another folder." in found.stdout


def test_a_document_is_looked_for_in_a_copy(place: Place, folder: Path) -> None:
    place.release(1)
    written(place, folder)
    document = next((folder / "files").iterdir())

    command = [sys.executable, "-I", folder / "verify_receipt.py", folder / "copy.json", document]
    found = subprocess.run([*command, "--key", SIGNER.public_key.text], capture_output=True, text=True, check=False)

    assert found.returncode == 0
    assert f"is named there, byte for byte (files/{document.name})." in found.stdout
