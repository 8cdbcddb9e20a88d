"""Sole releases and withdrawals: every reader sees the fact, the reason and the capacity, and no name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.i18n import LANGUAGES
from app.dissemination.static_export import StaticExport
from tests.dissemination.read_path_site import SOLE_DECISION, ReaderSite
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER

URL, REASON = "/outputs/CWG-Internet-22-OUT-2", str(SOLE_DECISION["alone_because"])
PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
TITLE = "This text was released by one person alone"


@pytest.fixture
def site_with_two(reader_site: ReaderSite) -> ReaderSite:
    """The first output released as usual, the second by one person alone."""
    reader_site.release(1)
    reader_site.release(2, **SOLE_DECISION)
    return reader_site


def test_the_page_of_a_sole_release_says_so(site_with_two: ReaderSite) -> None:
    reader = site_with_two.browser("academia")

    page, other = reader.get(URL).text, reader.get("/outputs/CWG-Internet-22-OUT-1").text

    for words in (TITLE, REASON, "secretary", "One person alone decided on the release"):
        assert words in page
        assert words not in other
    assert "Two people approved the release" in other
    assert "Two people approved the release" not in page


def test_the_json_and_the_manifest_mark_only_a_sole_release(site_with_two: ReaderSite) -> None:
    reader = site_with_two.browser("academia")
    sole_decision = {"reason": REASON, "reason_language": "en", "capacities": ["secretary"]}

    assert reader.get(f"{URL}.json").json()["alone"] == sole_decision
    decisions = {each["symbol"].rpartition("/")[2]: each["alone"] for each in reader.get("/outputs.json").json()}
    assert decisions == {"1": None, "2": sole_decision}
    addresses = (f"/outputs/CWG-Internet-22-OUT-{each}.manifest.json" for each in (2, 1))
    sole, usual = (reader.get(each).json()["statement"] for each in addresses)
    assert {name: sole["output"][name] for name in SOLE_DECISION} == SOLE_DECISION
    assert "alone" not in json.dumps(usual)


def test_a_tombstone_says_that_one_person_decided(site_with_two: ReaderSite) -> None:
    site_with_two.withdraw(1)
    site_with_two.withdraw(2, decided_by=["secretary"])
    reader = site_with_two.browser("academia")

    usual, alone = (reader.get(f"/outputs/CWG-Internet-22-OUT-{each}") for each in (1, 2))

    assert [each.status_code for each in (usual, alone)] == [410, 410]
    assert "Withdrawn by one person alone" in alone.text
    assert "Confirmed by" not in alone.text
    assert "Confirmed by" in usual.text
    assert "Withdrawn by one person alone" not in usual.text
    decisions = {
        each["symbol"].rpartition("/")[2]: (each["alone"], each["decided_by"]) for each in list_withdrawn(site_with_two)
    }
    assert decisions == {"1": (False, [["secretary"], ["chair"]]), "2": (True, [["secretary"]])}


def list_withdrawn(reader_site: ReaderSite) -> list[dict[str, object]]:
    return list(reader_site.browser("academia").get("/withdrawn.json").json())


def test_the_static_copy_marks_a_sole_release_in_every_language(site_with_two: ReaderSite, tmp_path: Path) -> None:
    static_copy = StaticExport(
        site_with_two.state.templates,
        site_with_two.store,
        RELEASE_SIGNER,
        LEDGER_SIGNER.public_keys,
        site_with_two.settings.read_url,
    )
    static_copy.write_copy(site_with_two.catalogue, tmp_path / "copy")

    for language in LANGUAGES:
        page = (tmp_path / "copy" / language / "CWG-Internet-22-OUT-2.html").read_text()
        assert REASON in page
        assert REASON not in (tmp_path / "copy" / language / "CWG-Internet-22-OUT-1.html").read_text()
    assert TITLE in (tmp_path / "copy" / "en" / "CWG-Internet-22-OUT-2.html").read_text()


def test_the_manifest_verifier_reports_a_sole_release(site_with_two: ReaderSite, tmp_path: Path) -> None:
    def checked(number: int) -> str:
        path = tmp_path / "manifest.json"
        path.write_bytes(
            site_with_two.browser("academia").get(f"/outputs/CWG-Internet-22-OUT-{number}.manifest.json").content
        )
        done = subprocess.run([sys.executable, str(PROGRAM), str(path)], capture_output=True, text=True, check=False)
        return done.stdout

    assert "Released by one person alone" in checked(2)
    assert REASON in checked(2)
    assert "one person alone" not in checked(1)
    site_with_two.withdraw(2, decided_by=["secretary"])
    assert "Withdrawn by one person alone" in checked(2)
