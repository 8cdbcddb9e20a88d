"""What one person let out or withdrew alone: every reader is told so, and why; as what, and no name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.i18n import LANGUAGES
from app.dissemination.static_export import StaticExport
from tests.dissemination.read_path_site import ALONE, Place
from tests.world import SIGNER

HERE, REASON = "/outputs/CWG-Internet-22-OUT-2", str(ALONE["alone_because"])
PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
TITLE = "One person let this text out alone"


@pytest.fixture
def two(place: Place) -> Place:
    """The first as usual, the second by one person alone."""
    place.release(1)
    place.release(2, **ALONE)
    return place


def test_its_page_says_so_and_that_of_another_does_not(two: Place) -> None:
    reader = two.browser("academia")

    page, other = reader.get(HERE).text, reader.get("/outputs/CWG-Internet-22-OUT-1").text

    for words in (TITLE, REASON, "secretary", "One person alone decided that it be released"):
        assert words in page
        assert words not in other
    assert "Two people approved that it be released" in other
    assert "Two people approved that it be released" not in page


def test_programs_and_the_manifest_say_so_and_of_another_nothing(two: Place) -> None:
    reader = two.browser("academia")
    alone = {"reason": REASON, "reason_language": "en", "capacities": ["secretary"]}

    assert reader.get(f"{HERE}.json").json()["alone"] == alone
    told = {each["symbol"].rpartition("/")[2]: each["alone"] for each in reader.get("/outputs.json").json()}
    assert told == {"1": None, "2": alone}
    addresses = (f"/outputs/CWG-Internet-22-OUT-{each}.manifest.json" for each in (2, 1))
    said, usual = (reader.get(each).json()["statement"] for each in addresses)
    assert {name: said["output"][name] for name in ALONE} == ALONE
    assert "alone" not in json.dumps(usual)


def test_a_tombstone_says_that_one_person_decided(two: Place) -> None:
    two.withdraw(1)
    two.withdraw(2, decided_by=["secretary"])
    reader = two.browser("academia")

    usual, alone = (reader.get(f"/outputs/CWG-Internet-22-OUT-{each}") for each in (1, 2))

    assert [each.status_code for each in (usual, alone)] == [410, 410]
    assert "Withdrawn by one person alone" in alone.text
    assert "Confirmed by" not in alone.text
    assert "Confirmed by" in usual.text
    assert "Withdrawn by one person alone" not in usual.text
    told = {each["symbol"].rpartition("/")[2]: (each["alone"], each["decided_by"]) for each in withdrawn(two)}
    assert told == {"1": (False, [["secretary"], ["chair"]]), "2": (True, [["secretary"]])}


def withdrawn(place: Place) -> list[dict[str, object]]:
    return list(place.browser("academia").get("/withdrawn.json").json())


def test_the_copy_of_files_says_so_in_every_language(two: Place, tmp_path: Path) -> None:
    made = StaticExport(two.library.templates, two.shelf, SIGNER, two.settings.read_url)
    made.write_copy(two.catalogue, tmp_path / "copy")

    for language in LANGUAGES:
        page = (tmp_path / "copy" / language / "CWG-Internet-22-OUT-2.html").read_text()
        assert REASON in page
        assert REASON not in (tmp_path / "copy" / language / "CWG-Internet-22-OUT-1.html").read_text()
    assert TITLE in (tmp_path / "copy" / "en" / "CWG-Internet-22-OUT-2.html").read_text()


def test_the_program_that_checks_a_manifest_says_so(two: Place, tmp_path: Path) -> None:
    def checked(number: int) -> str:
        path = tmp_path / "manifest.json"
        path.write_bytes(two.browser("academia").get(f"/outputs/CWG-Internet-22-OUT-{number}.manifest.json").content)
        done = subprocess.run([sys.executable, str(PROGRAM), str(path)], capture_output=True, text=True, check=False)
        return done.stdout

    assert "Let out by one person alone" in checked(2)
    assert REASON in checked(2)
    assert "one person alone" not in checked(1)
    two.withdraw(2, decided_by=["secretary"])
    assert "Withdrawn by one person alone" in checked(2)
