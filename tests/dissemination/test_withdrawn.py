"""A withdrawn output: on every surface a tombstone in its place, and nothing else of it."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.core.i18n import LANGUAGES
from app.dissemination.feeds import ATOM_NAMESPACE, create_feed_key
from app.dissemination.static_export import StaticExport
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite, text_of
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER

SLUG, SYMBOL = "CWG-Internet-22-OUT-2", "CWG-Internet 22/OUT/2"
URL, REASON = f"/outputs/{SLUG}", "It says what was not agreed."
PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
TITLE = "Report 2 &amp; more"
TOPICS = {"spam": {"en": "Spam"}}
TAMPERED_WITHDRAWAL = {
    "slug": "slug = 'CWG-Internet-22-OUT-9'",
    "symbol": "symbol = 'CWG-Internet 22/OUT/9'",
    "kind": "kind = 'decision'",
    "body": "body = 'another'",
    "body_names": """body_names = '{"en": "Another"}'""",
    "meeting": "meeting = 21",
    "titles": """titles = '{"en": "Another"}'""",
    "original": "original = 'ar'",
    "adopted_on": "adopted_on = '2026-09-10'",
    "released_at": "released_at = released_at + interval '1 second'",
    "withdrawn_at": "withdrawn_at = withdrawn_at + interval '1 second'",
    "reason": "reason = 'Another reason.'",
    "language": "language = 'fr'",
    "decided_by": "decided_by = '{secretary}'",
    "replaced_by": "replaced_by = 'CWG-Internet 22/OUT/1'",
    "replaced_by_slug": "replaced_by_slug = NULL",
    "topics": "topics = '{}'",
    "mandates": "mandates = '{pp-res-101}'",
    "action_lines": "action_lines = '{C5}'",
    "questions": "questions = '{Q6/3}'",
    "files": "files = '[]'",
    "manifest": "manifest = 1",
    "manifest_digest": "manifest_digest = repeat('0', 64)",
}


@pytest.fixture
def site_with_three(reader_site: ReaderSite) -> ReaderSite:
    """Three outputs; the second has an extracted text, a topic and a statement."""
    statement = {"state": "KEN", "kind": "reservation", "text": "We reserve.", "language": "en"}
    for number in (1, 2, 3):
        more = {"topics": TOPICS, "statements": [statement], "texts": {"en": ["About transit."]}} if number == 2 else {}
        reader_site.release(number, **more)
    return reader_site


def read_feed(reader_site: ReaderSite, query: str = "") -> tuple[str, dict[str, Xml.Element]]:
    """The entity tag of the feed, and its entries by id."""
    key = create_feed_key(reader_site.state)
    answer = reader_site.browser().get(f"/feeds/{key}/en.atom{query}")
    entries = Xml.fromstring(answer.content).findall(f"{{{ATOM_NAMESPACE}}}entry")
    return answer.headers["ETag"], {entry.findtext(f"{{{ATOM_NAMESPACE}}}id", ""): entry for entry in entries}


def unzip(reader_site: ReaderSite, path: str) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(reader_site.browser("academia").get(path).content))
    return {name: archive.read(name) for name in archive.namelist()}


def test_every_page_of_a_withdrawn_output_is_a_tombstone(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    below = ["", "/files/en", "/files/ar", ".zip"]
    assert [reader.get(URL + each).status_code for each in below] == [200] * 4

    site_with_three.withdraw(2, instead=3)

    for each in below:
        answer = reader.get(URL + each)
        assert answer.status_code == 410
        for words in (SYMBOL, TITLE, REASON, "24 September 2026", "secretary", "chair", "CWG-Internet 22/OUT/3"):
            assert words in answer.text
        assert "/files/en" not in answer.text
        assert "We reserve." not in answer.text
    assert [reader.get(f"/outputs/CWG-Internet-22-OUT-{each}").status_code for each in (1, 3)] == [200, 200]
    assert reader.get(f"{URL}/files/en", headers={"If-None-Match": "*"}).status_code == 410


def test_a_tombstone_says_whether_what_replaced_the_text_was_withdrawn_too(site_with_three: ReaderSite) -> None:
    reader, words = site_with_three.browser("academia"), "That text was withdrawn as well."
    site_with_three.withdraw(2, instead=3)
    assert words not in reader.get(URL).text

    site_with_three.withdraw(3)

    assert words in reader.get(URL).text
    assert words not in reader.get("/outputs/CWG-Internet-22-OUT-3").text


def test_the_tombstone_is_visible_only_to_readers(site_with_three: ReaderSite) -> None:
    site_with_three.withdraw(2)

    assert site_with_three.browser().get(URL).status_code == 401
    assert site_with_three.browser("external").get(URL).status_code == 403
    assert site_with_three.browser("academia").get("/outputs/CWG-Internet-22-OUT-4").status_code == 404


def test_lists_facets_and_search_leave_out_a_withdrawn_output(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    surfaces = ["/outputs", "/outputs.json", "/search.json?q=transit", "/search.json?q=22/OUT/2", "/outputs?meeting=22"]
    assert all(URL in reader.get(each).text for each in surfaces)
    assert "topic=spam" in reader.get("/outputs").text

    site_with_three.withdraw(2)

    for each in surfaces[:4]:
        assert URL not in reader.get(each).text
    assert "topic=spam" not in reader.get("/outputs").text
    assert not unzip(site_with_three, "/search.zip?q=transit").keys() & {f"{SLUG}-en.docx"}


def test_a_withdrawn_output_is_listed_in_its_place_and_among_the_withdrawn(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    assert "No outputs have been withdrawn." in reader.get("/withdrawn").text
    assert "/withdrawn" not in reader.get("/outputs").text

    site_with_three.withdraw(2)

    # Who is not signed in learns of public ones alone, and does not read that there are no others.
    assert "No public outputs have been withdrawn." in site_with_three.browser().get("/withdrawn").text
    assert URL in reader.get("/withdrawn").text
    assert "One text was withdrawn" in reader.get("/outputs").text
    for choice in ("meeting=22", "year=2026", "kind=report", "topic=spam", "language=ar", "meeting=22&topic=spam"):
        assert URL in reader.get(f"/outputs?{choice}").text
    for choice in ("meeting=21", "kind=decision", "topic=iot", "language=ru"):
        assert URL not in reader.get(f"/outputs?{choice}").text


def test_the_json_of_a_withdrawn_output_says_so(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    assert reader.get(f"{URL}.json").json()["symbol"] == SYMBOL

    site_with_three.withdraw(2, instead=3)

    answer = reader.get(f"{URL}.json")
    record = answer.json()
    assert answer.status_code == 410
    assert (record["status"], record["reason"], record["number"]) == ("withdrawn", REASON, 4)
    assert record["replaced_by"]["symbol"] == "CWG-Internet 22/OUT/3"
    assert [set(each) for each in record["files"]] == [{"language", "media", "size", "sha256"}] * 3
    assert reader.get("/withdrawn.json").json() == [record]
    assert reader.get("/withdrawn.json?kind=decision").json() == []
    assert reader.get("/catalogue.json").json()["withdrawn"] == 1


def test_citations_of_a_withdrawn_output_say_so(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    assert "Withdrawn" not in reader.get(f"{URL}/cite.bib").text

    site_with_three.withdraw(2)

    assert "note = {Withdrawn on 2026-09-24}" in reader.get(f"{URL}/cite.bib").text
    assert "N1  - Withdrawn on 2026-09-24" in reader.get(f"{URL}/cite.ris").text
    assert reader.get(f"{URL}/cite.json").json()[0]["status"] == "withdrawn"


def test_a_bundle_lists_withdrawn_outputs(site_with_three: ReaderSite) -> None:
    assert f"{SLUG}-en.docx" in unzip(site_with_three, "/outputs.zip")

    site_with_three.withdraw(2)

    archive_files = unzip(site_with_three, "/outputs.zip")
    assert f"{SLUG}-en.docx" not in archive_files
    assert [each["symbol"] for each in json.loads(archive_files["withdrawn.json"])] == [SYMBOL]
    assert "withdrawn.json" not in unzip(site_with_three, "/outputs.zip?kind=decision")


def test_feeds_show_a_withdrawal_as_an_update_of_the_entry(site_with_three: ReaderSite) -> None:
    address = site_with_three.settings.read_url + URL
    tag, before = read_feed(site_with_three)
    assert before[address].findtext(f"{{{ATOM_NAMESPACE}}}title") == f"{SYMBOL} Report 2 & more"

    site_with_three.withdraw(2)

    new_tag, after = read_feed(site_with_three)
    entry = after[address]
    assert new_tag != tag
    assert next(iter(after)) == address
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}title") == f"Withdrawn: {SYMBOL} Report 2 & more"
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}summary") == REASON
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}updated") == "2026-09-24T12:00:00+00:00"
    assert [each.get("rel") for each in entry.findall(f"{{{ATOM_NAMESPACE}}}link")] == ["alternate"]
    for query in ("?topic=spam", "?language=ar"):
        assert address in read_feed(site_with_three, query)[1]
    for query in ("?topic=iot", "?language=ru", "?kind=decision"):
        assert address not in read_feed(site_with_three, query)[1]


def test_the_check_of_a_withdrawn_file_says_so(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    (file,) = (each for each in reader.get(f"{URL}.json").json()["files"] if each["language"] == "en")
    assert "This file is identical to the released file" in reader.get(f"/verify?sha256={file['sha256']}").text

    site_with_three.withdraw(2)

    page = reader.get(f"/verify?sha256={file['sha256']}").text
    assert "and then withdrawn" in page.partition("Or compare a digest")[2].partition("Verify a signed manifest")[0]
    listed = {each["symbol"]: each for each in reader.get("/verify/digests.json").json()}
    assert listed[SYMBOL]["withdrawn_on"] == "2026-09-24"
    assert file["sha256"] in listed[SYMBOL]["files"]
    assert "withdrawn_on" not in listed["CWG-Internet 22/OUT/1"]


def test_its_files_are_deleted_from_the_store_except_shared_ones(site_with_three: ReaderSite) -> None:
    files = {each.language: each.sha256 for each in site_with_three.catalogue.get_output(SLUG).texts}
    assert all(map(site_with_three.store.exists, files.values()))

    with pytest.MonkeyPatch.context() as patch:  # number 4 has the same text in English
        patch.setattr("tests.dissemination.read_path_site.text_of", lambda _, language: text_of(2, language))
        site_with_three.release(4, languages=("en",))
    site_with_three.withdraw(2)

    assert {language for language, sha256 in files.items() if site_with_three.store.exists(sha256)} == {"en"}
    assert site_with_three.browser("academia").get("/outputs/CWG-Internet-22-OUT-4/files/en").content == text_of(
        2, "en"
    )


def test_of_a_withdrawn_outputs_rows_only_the_tombstone_is_left(site_with_three: ReaderSite) -> None:
    def rows() -> list[int]:
        tables = ("output", "file", "statement", "topic", "text", "withdrawal", "manifest")
        with site_with_three.worker.connect() as connection:
            return [connection.scalar(text(f"SELECT count(*) FROM release.{table}")) for table in tables]

    assert rows() == [3, 9, 1, 1, 1, 0, 3]
    site_with_three.withdraw(2)

    assert rows() == [2, 6, 0, 0, 0, 1, 4]


def test_a_release_cannot_be_removed_without_a_tombstone(site_with_three: ReaderSite) -> None:
    with site_with_three.worker.connect() as connection, pytest.raises(DBAPIError, match="no tombstone stands"):
        connection.execute(select(func.release.bury(site_with_three.identity(2))))
    site_with_three.renew()

    assert site_with_three.browser("academia").get(URL).status_code == 200


@pytest.mark.parametrize("column", TAMPERED_WITHDRAWAL)
def test_a_tombstone_with_a_changed_value_is_not_shown(
    site_with_three: ReaderSite, database: Database, column: str
) -> None:
    site_with_three.withdraw(2, instead=3)
    reader = site_with_three.browser("academia")
    assert reader.get(URL).status_code == 410

    database.run_as_superuser(f"UPDATE release.withdrawal SET {TAMPERED_WITHDRAWAL[column]}")
    site_with_three.renew()

    assert reader.get(URL).status_code == 404
    assert reader.get("/withdrawn.json").json() == []
    assert any(line.startswith("manifest 4: ") for line in site_with_three.browser().get("/readyz").text.splitlines())


def test_restored_rows_of_a_withdrawn_output_are_not_shown(site_with_three: ReaderSite, database: Database) -> None:
    for table in ("output", "file", "statement", "topic"):
        database.run_as_superuser(f"CREATE TABLE public.{table} AS SELECT * FROM release.{table}")
    site_with_three.withdraw(2)
    for table in ("output", "file", "statement", "topic"):
        database.run_as_superuser(f"INSERT INTO release.{table} SELECT * FROM public.{table} ON CONFLICT DO NOTHING")
    site_with_three.renew()

    reader = site_with_three.browser("academia")
    assert reader.get(URL).status_code == 410
    assert URL not in reader.get("/outputs").text
    assert any(line.startswith("manifest 4: ") for line in site_with_three.browser().get("/readyz").text.splitlines())


def run_verifier(reader_site: ReaderSite, folder: Path, document: bytes) -> tuple[int, str]:
    """Run verify_receipt.py on the served manifest and this document; returns exit code and output."""
    manifest, file, key = folder / "manifest.json", folder / "document", RELEASE_SIGNER.public_key.text
    manifest.write_bytes(reader_site.browser("academia").get(f"{URL}.manifest.json").content)
    file.write_bytes(document)
    result = subprocess.run(
        [sys.executable, PROGRAM, manifest, file, "--key", key], capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout


def test_the_verifier_reports_a_withdrawn_file(site_with_three: ReaderSite, tmp_path: Path) -> None:
    assert run_verifier(site_with_three, tmp_path, text_of(2, "en"))[0] == 5

    site_with_three.withdraw(2, instead=3)

    code, printed = run_verifier(site_with_three, tmp_path, text_of(2, "en"))
    assert code == 4
    assert "WITHDRAWN" in printed
    assert REASON in printed
    code, printed = run_verifier(site_with_three, tmp_path, b"something else")
    assert code == 1
    assert "is not listed in the statement" in printed


def test_a_static_copy_replaces_withdrawn_files_with_tombstones(site_with_three: ReaderSite, tmp_path: Path) -> None:
    static_copy = StaticExport(
        site_with_three.state.templates,
        site_with_three.store,
        RELEASE_SIGNER,
        LEDGER_SIGNER.public_keys,
        site_with_three.settings.read_url,
    )
    folder = tmp_path / "copy"
    static_copy.write_copy(site_with_three.catalogue, folder)
    assert (folder / "files" / f"{SLUG}-en.docx").is_file()
    assert not (folder / "en" / "withdrawn.html").exists()

    site_with_three.withdraw(2, instead=3)
    static_copy.write_copy(site_with_three.catalogue, folder)

    assert not (folder / "files" / f"{SLUG}-en.docx").exists()
    for language in LANGUAGES:
        page = (folder / language / f"{SLUG}.html").read_text()
        assert REASON in page
        assert 'href="CWG-Internet-22-OUT-3.html"' in page
        assert f'href="{SLUG}.html"' in (folder / language / "withdrawn.html").read_text()
        assert f'href="{SLUG}.html"' not in (folder / language / "index.html").read_text()
    assert json.loads((folder / "manifests" / f"{SLUG}.json").read_bytes())["statement"]["kind"] == "withdrawal"
    assert [each["symbol"] for each in json.loads((folder / "withdrawn.json").read_bytes())] == [SYMBOL]
    checked = subprocess.run(
        [sys.executable, folder / "verify_receipt.py", folder / "copy.json", "--key", RELEASE_SIGNER.public_key.text],
        check=False,
    )
    assert checked.returncode == 0
