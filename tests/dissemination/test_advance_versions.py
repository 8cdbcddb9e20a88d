"""An advance, unedited version: marked on every surface, and on every surface gone once all languages are there."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from app.core.db import read_session_factory, transaction
from app.core.i18n import LANGUAGES
from app.dissemination.feeds import ATOM_NAMESPACE, FEED_KEY_LIFETIME
from app.dissemination.static_export import StaticExport
from app.domain.releases.queries import manifests, releases
from tests.dissemination.read_path_site import NOON, Place
from tests.world import SIGNER

SLUG, SYMBOL = "CWG-Internet-22-OUT-2", "CWG-Internet 22/OUT/2"
HERE = f"/outputs/{SLUG}"
USUAL = "/outputs/CWG-Internet-22-OUT-1"
MARK = "Advance, unedited version"
# As the United Nations mark such documents.
IN_EACH = {
    "en": "Advance, unedited version",
    "fr": "Version préliminaire non éditée",
    "es": "Versión anticipada, sin editar",
    "ru": "Предварительный неотредактированный вариант",
    "ar": "نسخة مسبقة غير محررة",
    "zh": "预发未经编辑文本",
}
PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
DAY = timedelta(days=1)


@pytest.fixture
def two(place: Place) -> Place:
    """The first complete, the second an advance version that lacks French and Arabic."""
    place.release(1)
    place.release(2, languages=("en",), still_to_come=["ar", "fr"], texts={"en": ["About transit."]})
    return place


def feed(place: Place, query: str = "") -> dict[str, Xml.Element]:
    key = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)
    entries = Xml.fromstring(place.browser().get(f"/feeds/{key}/en.atom{query}").content).findall(
        f"{{{ATOM_NAMESPACE}}}entry"
    )
    return {entry.findtext(f"{{{ATOM_NAMESPACE}}}id", "").rpartition("/")[2]: entry for entry in entries}


def harvested(place: Place) -> str:
    key = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)
    asked = f"/oai/{key}?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:{SLUG}"
    return place.browser().get(asked).text


def zipped(place: Place, path: str) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(place.browser("academia").get(path).content))
    return {name: archive.read(name) for name in archive.namelist()}


def forms(place: Place) -> dict[str, set[str]]:
    """What the manifest of the bundle says of each output."""
    rows = list(csv.DictReader(io.StringIO(zipped(place, "/outputs.zip")["manifest.csv"].decode())))
    return {row["symbol"]: {each["form"] for each in rows if each["symbol"] == row["symbol"]} for row in rows}


def on_every_surface(place: Place) -> dict[str, str]:
    """What a reader is told of it, wherever it stands."""
    reader = place.browser("academia")
    told = {path: reader.get(path).text for path in (HERE, f"{HERE}/cite.bib", f"{HERE}/cite.ris", f"{HERE}/cite.json")}
    told |= {path: reader.get(path).text for path in ("/", "/outputs?language=en", "/search?q=transit")}
    told["feed"] = Xml.tostring(feed(place)[SLUG], encoding="unicode")
    told["feed of a search"] = Xml.tostring(feed(place, "?q=transit")[SLUG], encoding="unicode")
    told["oai"] = harvested(place)
    digest = place.catalogue.get_output(SLUG).texts[0].sha256
    return told | {"check": reader.get(f"/verify?sha256={digest}").text}


def test_every_surface_says_so_and_none_says_it_of_another(two: Place) -> None:
    assert {path for path, told in on_every_surface(two).items() if MARK not in told} == set()
    reader = two.browser("academia")

    for path in (USUAL, f"{USUAL}/cite.bib", f"{USUAL}.json"):
        assert MARK not in reader.get(path).text
    assert MARK not in Xml.tostring(feed(two)["CWG-Internet-22-OUT-1"], encoding="unicode")
    assert forms(two) == {SYMBOL: {"advance"}, "CWG-Internet 22/OUT/1": {"complete"}}


def test_every_surface_names_the_languages_that_are_still_to_come(two: Place) -> None:
    told = on_every_surface(two)

    assert {path for path, words in told.items() if "Arabic and French" not in words} == {"check"}
    said = two.browser("academia").get(f"{HERE}.json").json()
    assert (said["form"], said["still_to_come"], said["completed_at"]) == ("advance", ["ar", "fr"], None)
    statement = two.browser("academia").get(f"{HERE}.manifest.json").json()["statement"]
    assert statement["output"]["still_to_come"] == ["ar", "fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_marked_in_the_words_of_the_united_nations(two: Place, language: str) -> None:
    page = two.browser("academia").get(f"{HERE}?lang={language}").text

    assert IN_EACH[language] in page


def test_once_it_is_complete_no_surface_says_so_any_more(two: Place) -> None:
    before = {path for path, told in on_every_surface(two).items() if MARK in told}
    two.complete(2)
    after = on_every_surface(two)

    assert before == after.keys()
    assert {path for path, told in after.items() if "Still to come" in told} == set()
    assert {path for path, told in after.items() if MARK in told} == set()
    assert forms(two)[SYMBOL] == {"complete"}
    reader = two.browser("academia")
    assert [reader.get(f"{HERE}/files/{code}").status_code for code in ("en", "fr", "ar")] == [200] * 3
    assert "Complete since 22 September 2026" in reader.get(HERE).text


def test_the_page_says_which_languages_were_translated_after_the_adoption(two: Place) -> None:
    two.complete(2)

    page = two.browser("academia").get(HERE).text

    assert page.count("translation of the adopted text") == 2
    assert two.browser("academia").get(f"{HERE}.json").json()["translations"] == ["ar", "fr"]


def test_the_manifest_names_the_one_that_it_completes_and_that_one_stays_good(two: Place, tmp_path: Path) -> None:
    reader = two.browser("academia")
    advance = reader.get(f"{HERE}.manifest.json").content
    two.release(3)
    two.complete(2)
    complete = reader.get(f"{HERE}.manifest.json").content
    (tmp_path / "advance.json").write_bytes(advance)
    (tmp_path / "complete.json").write_bytes(complete)
    (tmp_path / "other.json").write_bytes(reader.get(f"{USUAL}.manifest.json").content)

    def checked(*arguments: str) -> tuple[int, str]:
        line = [sys.executable, str(PROGRAM), *arguments, "--key", SIGNER.public_key.text]
        done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, done.stdout

    code, told = checked("advance.json")
    assert (code, MARK in told, "still to come: ar, fr" in told) == (0, True, True)
    code, told = checked("complete.json", "--before", "advance.json")
    assert (code, MARK in told) == (0, False)
    assert "is the manifest of the advance version that this one completes" in told
    code, told = checked("complete.json", "--before", "other.json")
    assert (code, "nor one that it completes" in told) == (1, True)
    with transaction(read_session_factory(two.library.engine)) as session:
        kept = {each.number: manifests.digest_of_manifest(each).hex() for each in releases.list_manifests(session)}
    said = json.loads(complete)["statement"]
    assert (said["output"]["completes"], said["output"]["completes_digest"]) == (2, kept[2])
    assert said["at"] == "2026-09-22T12:00:00.000000Z"


def test_feeds_and_harvesters_are_told_of_the_completion_as_news(two: Place) -> None:
    first, entry = harvested(two), feed(two)[SLUG]
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}updated") == NOON.isoformat()
    two.complete(2)

    entry, second = feed(two)[SLUG], harvested(two)

    assert (entry.findtext(f"{{{ATOM_NAMESPACE}}}published"), entry.findtext(f"{{{ATOM_NAMESPACE}}}updated")) == (
        NOON.isoformat(),
        (NOON + DAY).isoformat(),
    )
    assert "All its languages are there now" in entry.findtext(f"{{{ATOM_NAMESPACE}}}summary", "")
    assert len(entry.findall(f"{{{ATOM_NAMESPACE}}}link[@rel='enclosure']")) == 3
    assert "<datestamp>2026-09-21T12:00:00Z</datestamp>" in first
    assert "<datestamp>2026-09-22T12:00:00Z</datestamp>" in second


def test_a_feed_tells_of_a_completion_however_long_ago_the_advance_version_was(two: Place) -> None:
    for number in range(3, 56):
        two.release(number, languages=("en",), released_at=NOON + timedelta(minutes=number))
    assert SLUG not in feed(two)

    two.complete(2)

    assert next(iter(feed(two))) == SLUG
    assert SLUG not in feed(two, "?kind=decision")


def test_the_copy_of_files_says_so_in_every_language(two: Place, tmp_path: Path) -> None:
    made = StaticExport(two.library.templates, two.shelf, SIGNER, two.settings.read_url)
    made.write_copy(two.catalogue, tmp_path / "copy")

    for language in LANGUAGES:
        folder = tmp_path / "copy" / language
        assert IN_EACH[language] in (folder / f"{SLUG}.html").read_text()
        assert IN_EACH[language] not in (folder / "CWG-Internet-22-OUT-1.html").read_text()
        assert (folder / "index.html").read_text().count(IN_EACH[language]) == 1
    two.complete(2)
    made.write_copy(two.catalogue, tmp_path / "copy")
    assert MARK not in (tmp_path / "copy" / "en" / "index.html").read_text()
    assert (tmp_path / "copy" / "files" / f"{SLUG}-fr.docx").exists()


def test_what_it_lacked_is_found_by_search_once_it_is_there(two: Place) -> None:
    reader = two.browser("academia")
    assert SLUG not in reader.get("/outputs?language=fr").text
    assert "/files/fr" not in reader.get("/search.json?q=transit").text
    two.complete(2, titles={"fr": "Du transit ferroviaire"})

    assert SLUG in reader.get("/outputs?language=fr").text
    assert SLUG in reader.get("/search?q=ferroviaire").text


def test_an_advance_version_that_is_withdrawn_leaves_a_tombstone_as_any(two: Place) -> None:
    two.withdraw(2)

    answer = two.browser("academia").get(HERE)

    assert (answer.status_code, MARK in answer.text) == (410, False)
