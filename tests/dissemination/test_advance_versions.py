"""An advance, unedited version: marked on every surface until all languages are released."""

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
from app.dissemination.feeds import ATOM_NAMESPACE, create_feed_key
from app.dissemination.static_export import StaticExport
from app.domain.releases.queries import manifests, stored_manifests
from tests.dissemination.read_path_site import NOON, ReaderSite
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER

SLUG, SYMBOL = "CWG-Internet-22-OUT-2", "CWG-Internet 22/OUT/2"
URL = f"/outputs/{SLUG}"
COMPLETE_URL = "/outputs/CWG-Internet-22-OUT-1"
MARK = "Advance, unedited version"
# The United Nations mark such documents in this way.
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
def site_with_two(reader_site: ReaderSite) -> ReaderSite:
    """The first output complete, the second an advance version that lacks French and Arabic."""
    reader_site.release(1)
    reader_site.release(2, languages=("en",), still_to_come=["ar", "fr"], texts={"en": ["About transit."]})
    return reader_site


def feed_entries(reader_site: ReaderSite, query: str = "") -> dict[str, Xml.Element]:
    key = create_feed_key(reader_site.state)
    entries = Xml.fromstring(reader_site.browser().get(f"/feeds/{key}/en.atom{query}").content).findall(
        f"{{{ATOM_NAMESPACE}}}entry"
    )
    return {entry.findtext(f"{{{ATOM_NAMESPACE}}}id", "").rpartition("/")[2]: entry for entry in entries}


def harvest(reader_site: ReaderSite) -> str:
    key = create_feed_key(reader_site.state)
    address = f"/oai/{key}?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:{SLUG}"
    return reader_site.browser().get(address).text


def unzip(reader_site: ReaderSite, path: str) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(reader_site.browser("academia").get(path).content))
    return {name: archive.read(name) for name in archive.namelist()}


def forms_by_symbol(reader_site: ReaderSite) -> dict[str, set[str]]:
    """The form of each output in the bundle's manifest."""
    rows = list(csv.DictReader(io.StringIO(unzip(reader_site, "/outputs.zip")["manifest.csv"].decode())))
    return {row["symbol"]: {each["form"] for each in rows if each["symbol"] == row["symbol"]} for row in rows}


def read_every_surface(reader_site: ReaderSite) -> dict[str, str]:
    """The response of every surface that shows the output."""
    reader = reader_site.browser("academia")
    responses = {
        path: reader.get(path).text for path in (URL, f"{URL}/cite.bib", f"{URL}/cite.ris", f"{URL}/cite.json")
    }
    responses |= {path: reader.get(path).text for path in ("/", "/outputs?language=en", "/search?q=transit")}
    responses["feed"] = Xml.tostring(feed_entries(reader_site)[SLUG], encoding="unicode")
    responses["oai"] = harvest(reader_site)
    digest = reader_site.catalogue.get_output(SLUG).texts[0].sha256
    return responses | {"check": reader.get(f"/verify?sha256={digest}").text}


def test_every_surface_marks_an_advance_version_and_no_other_output(site_with_two: ReaderSite) -> None:
    assert {path for path, text in read_every_surface(site_with_two).items() if MARK not in text} == set()
    reader = site_with_two.browser("academia")

    for path in (COMPLETE_URL, f"{COMPLETE_URL}/cite.bib", f"{COMPLETE_URL}.json"):
        assert MARK not in reader.get(path).text
    assert MARK not in Xml.tostring(feed_entries(site_with_two)["CWG-Internet-22-OUT-1"], encoding="unicode")
    assert forms_by_symbol(site_with_two) == {SYMBOL: {"advance"}, "CWG-Internet 22/OUT/1": {"complete"}}


def test_every_surface_names_the_missing_languages(site_with_two: ReaderSite) -> None:
    responses = read_every_surface(site_with_two)

    assert {path for path, words in responses.items() if "Arabic and French" not in words} == {"check"}
    record = site_with_two.browser("academia").get(f"{URL}.json").json()
    assert (record["form"], record["still_to_come"], record["completed_at"]) == ("advance", ["ar", "fr"], None)
    statement = site_with_two.browser("academia").get(f"{URL}.manifest.json").json()["statement"]
    assert statement["output"]["still_to_come"] == ["ar", "fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mark_has_the_wording_of_the_united_nations(site_with_two: ReaderSite, language: str) -> None:
    page = site_with_two.browser("academia").get(f"{URL}?lang={language}").text

    assert IN_EACH[language] in page


def test_a_completed_version_is_no_longer_marked(site_with_two: ReaderSite) -> None:
    before = {path for path, text in read_every_surface(site_with_two).items() if MARK in text}
    site_with_two.complete(2)
    after = read_every_surface(site_with_two)

    assert before == after.keys()
    assert {path for path, text in after.items() if "Languages to follow" in text} == set()
    assert {path for path, text in after.items() if MARK in text} == set()
    assert forms_by_symbol(site_with_two)[SYMBOL] == {"complete"}
    reader = site_with_two.browser("academia")
    assert [reader.get(f"{URL}/files/{code}").status_code for code in ("en", "fr", "ar")] == [200] * 3
    assert ">22 September 2026</time>. An advance, unedited version was released earlier." in reader.get(URL).text


def test_the_page_says_which_languages_were_translated_after_the_adoption(site_with_two: ReaderSite) -> None:
    site_with_two.complete(2)

    page = site_with_two.browser("academia").get(URL).text

    assert page.count("translation of the adopted text") == 2
    assert site_with_two.browser("academia").get(f"{URL}.json").json()["translations"] == ["ar", "fr"]


def test_the_manifest_names_its_predecessor_which_stays_valid(site_with_two: ReaderSite, tmp_path: Path) -> None:
    reader = site_with_two.browser("academia")
    advance = reader.get(f"{URL}.manifest.json").content
    site_with_two.release(3)
    site_with_two.complete(2)
    complete = reader.get(f"{URL}.manifest.json").content
    (tmp_path / "advance.json").write_bytes(advance)
    (tmp_path / "complete.json").write_bytes(complete)
    (tmp_path / "other.json").write_bytes(reader.get(f"{COMPLETE_URL}.manifest.json").content)

    def checked(*arguments: str) -> tuple[int, str]:
        line = [sys.executable, str(PROGRAM), *arguments, "--key", RELEASE_SIGNER.public_key.text]
        done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, done.stdout

    code, printed = checked("advance.json")
    assert (code, MARK in printed, "languages to follow: ar, fr" in printed) == (5, True, True)
    code, printed = checked("complete.json", "--before", "advance.json")
    assert (code, MARK in printed) == (5, False)
    assert "is the manifest of the advance version that this manifest completes" in printed
    code, printed = checked("complete.json", "--before", "other.json")
    assert (code, "is neither the previous manifest nor" in printed) == (1, True)
    with transaction(read_session_factory(site_with_two.state.engine)) as session:
        signed_digests = {
            each.number: manifests.digest_of_manifest(each).hex() for each in stored_manifests.list_manifests(session)
        }
    statement = json.loads(complete)["statement"]
    assert (statement["output"]["completes"], statement["output"]["completes_digest"]) == (2, signed_digests[2])
    assert statement["at"] == "2026-09-22T12:00:00.000000Z"


def test_feeds_and_harvesters_get_a_completion_as_an_update(site_with_two: ReaderSite) -> None:
    first, entry = harvest(site_with_two), feed_entries(site_with_two)[SLUG]
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}updated") == NOON.isoformat()
    site_with_two.complete(2)

    entry, second = feed_entries(site_with_two)[SLUG], harvest(site_with_two)

    assert (entry.findtext(f"{{{ATOM_NAMESPACE}}}published"), entry.findtext(f"{{{ATOM_NAMESPACE}}}updated")) == (
        NOON.isoformat(),
        (NOON + DAY).isoformat(),
    )
    assert "All language versions are now available" in entry.findtext(f"{{{ATOM_NAMESPACE}}}summary", "")
    assert len(entry.findall(f"{{{ATOM_NAMESPACE}}}link[@rel='enclosure']")) == 3
    assert "<datestamp>2026-09-21T12:00:00Z</datestamp>" in first
    assert "<datestamp>2026-09-22T12:00:00Z</datestamp>" in second


def test_a_feed_lists_a_completion_however_old_the_advance_version_is(site_with_two: ReaderSite) -> None:
    for number in range(3, 56):
        site_with_two.release(number, languages=("en",), released_at=NOON + timedelta(minutes=number))
    assert SLUG not in feed_entries(site_with_two)

    site_with_two.complete(2)

    assert next(iter(feed_entries(site_with_two))) == SLUG
    assert SLUG not in feed_entries(site_with_two, "?kind=decision")


def test_the_static_copy_marks_an_advance_version_in_every_language(site_with_two: ReaderSite, tmp_path: Path) -> None:
    static_copy = StaticExport(
        site_with_two.state.templates,
        site_with_two.store,
        RELEASE_SIGNER,
        LEDGER_SIGNER.public_keys,
        site_with_two.settings.read_url,
    )
    static_copy.write_copy(site_with_two.catalogue, tmp_path / "copy")

    for language in LANGUAGES:
        folder = tmp_path / "copy" / language
        assert IN_EACH[language] in (folder / f"{SLUG}.html").read_text()
        assert IN_EACH[language] not in (folder / "CWG-Internet-22-OUT-1.html").read_text()
        assert (folder / "index.html").read_text().count(IN_EACH[language]) == 1
    site_with_two.complete(2)
    static_copy.write_copy(site_with_two.catalogue, tmp_path / "copy")
    assert MARK not in (tmp_path / "copy" / "en" / "index.html").read_text()
    assert (tmp_path / "copy" / "files" / f"{SLUG}-fr.docx").exists()


def test_added_languages_are_found_by_search(site_with_two: ReaderSite) -> None:
    reader = site_with_two.browser("academia")
    assert SLUG not in reader.get("/outputs?language=fr").text
    assert "/files/fr" not in reader.get("/search.json?q=transit").text
    site_with_two.complete(2, titles={"fr": "Du transit ferroviaire"})

    assert SLUG in reader.get("/outputs?language=fr").text
    assert SLUG in reader.get("/search?q=ferroviaire").text


def test_a_withdrawn_advance_version_leaves_a_tombstone(site_with_two: ReaderSite) -> None:
    site_with_two.withdraw(2)

    answer = site_with_two.browser("academia").get(URL)

    assert (answer.status_code, MARK in answer.text) == (410, False)
