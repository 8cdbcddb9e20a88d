"""An output that was withdrawn: on every surface a tombstone in its place, and nothing else of it on any."""

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
from app.dissemination.feeds import ATOM_NAMESPACE, FEED_KEY_LIFETIME
from app.dissemination.static_export import StaticExport
from tests.conftest import Database
from tests.dissemination.read_path_site import Place, text_of
from tests.world import SIGNER

SLUG, SYMBOL = "CWG-Internet-22-OUT-2", "CWG-Internet 22/OUT/2"
HERE, REASON = f"/outputs/{SLUG}", "It says what was not agreed."
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
    "files": "files = '[]'",
    "manifest": "manifest = 1",
    "manifest_digest": "manifest_digest = repeat('0', 64)",
}


@pytest.fixture
def three(place: Place) -> Place:
    """Three outputs; the second has a text that was read, a topic, and a statement."""
    said = {"state": "KEN", "kind": "reservation", "text": "We reserve.", "language": "en"}
    for number in (1, 2, 3):
        more = {"topics": TOPICS, "statements": [said], "texts": {"en": ["About transit."]}} if number == 2 else {}
        place.release(number, **more)
    return place


def feed(place: Place, query: str = "") -> tuple[str, dict[str, Xml.Element]]:
    """Its entity tag and its entries by id."""
    key = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)
    answer = place.browser().get(f"/feeds/{key}/en.atom{query}")
    entries = Xml.fromstring(answer.content).findall(f"{{{ATOM_NAMESPACE}}}entry")
    return answer.headers["ETag"], {entry.findtext(f"{{{ATOM_NAMESPACE}}}id", ""): entry for entry in entries}


def zipped(place: Place, path: str) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(place.browser("academia").get(path).content))
    return {name: archive.read(name) for name in archive.namelist()}


def test_its_page_and_everything_below_it_is_a_tombstone(three: Place) -> None:
    reader = three.browser("academia")
    below = ["", "/files/en", "/files/ar", ".zip"]
    assert [reader.get(HERE + each).status_code for each in below] == [200] * 4

    three.withdraw(2, instead=3)

    for each in below:
        answer = reader.get(HERE + each)
        assert answer.status_code == 410
        for words in (SYMBOL, TITLE, REASON, "24 September 2026", "secretary", "chair", "CWG-Internet 22/OUT/3"):
            assert words in answer.text
        assert "/files/en" not in answer.text
        assert "We reserve." not in answer.text
    assert [reader.get(f"/outputs/CWG-Internet-22-OUT-{each}").status_code for each in (1, 3)] == [200, 200]
    assert reader.get(f"{HERE}/files/en", headers={"If-None-Match": "*"}).status_code == 410


def test_the_tombstone_is_for_readers_alone(three: Place) -> None:
    three.withdraw(2)

    assert three.browser().get(HERE).status_code == 401
    assert three.browser("external").get(HERE).status_code == 403
    assert three.browser("academia").get("/outputs/CWG-Internet-22-OUT-4").status_code == 404


def test_lists_facets_and_search_offer_it_no_more(three: Place) -> None:
    reader = three.browser("academia")
    surfaces = ["/outputs", "/outputs.json", "/search.json?q=transit", "/search.json?q=22/OUT/2", "/outputs?meeting=22"]
    assert all(HERE in reader.get(each).text for each in surfaces)
    assert "topic=spam" in reader.get("/outputs").text

    three.withdraw(2)

    for each in surfaces[:4]:
        assert HERE not in reader.get(each).text
    assert "topic=spam" not in reader.get("/outputs").text
    assert not zipped(three, "/search.zip?q=transit").keys() & {f"{SLUG}-en.docx"}


def test_it_is_listed_where_it_was_and_among_what_was_withdrawn(three: Place) -> None:
    reader = three.browser("academia")
    assert "Nothing has been withdrawn." in reader.get("/withdrawn").text
    assert "/withdrawn" not in reader.get("/outputs").text

    three.withdraw(2)

    assert HERE in reader.get("/withdrawn").text
    assert "One text was withdrawn" in reader.get("/outputs").text
    for choice in ("meeting=22", "year=2026", "kind=report", "topic=spam", "language=ar", "meeting=22&topic=spam"):
        assert HERE in reader.get(f"/outputs?{choice}").text
    for choice in ("meeting=21", "kind=decision", "topic=iot", "language=ru"):
        assert HERE not in reader.get(f"/outputs?{choice}").text


def test_programs_are_told(three: Place) -> None:
    reader = three.browser("academia")
    assert reader.get(f"{HERE}.json").json()["symbol"] == SYMBOL

    three.withdraw(2, instead=3)

    answer = reader.get(f"{HERE}.json")
    told = answer.json()
    assert answer.status_code == 410
    assert (told["status"], told["reason"], told["number"]) == ("withdrawn", REASON, 4)
    assert told["replaced_by"]["symbol"] == "CWG-Internet 22/OUT/3"
    assert [set(each) for each in told["files"]] == [{"language", "media", "size", "sha256"}] * 3
    assert reader.get("/withdrawn.json").json() == [told]
    assert reader.get("/withdrawn.json?kind=decision").json() == []
    assert reader.get("/catalogue.json").json()["withdrawn"] == 1


def test_whoever_cites_it_learns_of_it(three: Place) -> None:
    reader = three.browser("academia")
    assert "Withdrawn" not in reader.get(f"{HERE}/cite.bib").text

    three.withdraw(2)

    assert "note = {Withdrawn on 2026-09-24}" in reader.get(f"{HERE}/cite.bib").text
    assert "N1  - Withdrawn on 2026-09-24" in reader.get(f"{HERE}/cite.ris").text
    assert reader.get(f"{HERE}/cite.json").json()[0]["status"] == "withdrawn"


def test_a_bundle_says_what_is_not_in_it_any_more(three: Place) -> None:
    assert f"{SLUG}-en.docx" in zipped(three, "/outputs.zip")

    three.withdraw(2)

    there = zipped(three, "/outputs.zip")
    assert f"{SLUG}-en.docx" not in there
    assert [each["symbol"] for each in json.loads(there["withdrawn.json"])] == [SYMBOL]
    assert "withdrawn.json" not in zipped(three, "/outputs.zip?kind=decision")


def test_feeds_tell_it_as_a_newer_state_of_the_same_entry(three: Place) -> None:
    address = three.settings.read_url + HERE
    tag, before = feed(three)
    assert before[address].findtext(f"{{{ATOM_NAMESPACE}}}title") == f"{SYMBOL} Report 2 & more"

    three.withdraw(2)

    new_tag, after = feed(three)
    entry = after[address]
    assert new_tag != tag
    assert next(iter(after)) == address
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}title") == f"Withdrawn: {SYMBOL} Report 2 & more"
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}summary") == REASON
    assert entry.findtext(f"{{{ATOM_NAMESPACE}}}updated") == "2026-09-24T12:00:00+00:00"
    assert [each.get("rel") for each in entry.findall(f"{{{ATOM_NAMESPACE}}}link")] == ["alternate"]
    for query in ("?topic=spam", "?language=ar", "?q=transit"):
        assert address in feed(three, query)[1]
    for query in ("?topic=iot", "?language=ru", "?kind=decision"):
        assert address not in feed(three, query)[1]


def test_who_asks_about_a_file_of_it_is_told_that_it_was_withdrawn(three: Place) -> None:
    reader = three.browser("academia")
    (file,) = (each for each in reader.get(f"{HERE}.json").json()["files"] if each["language"] == "en")
    assert "This is what was released" in reader.get(f"/verify?sha256={file['sha256']}").text

    three.withdraw(2)

    page = reader.get(f"/verify?sha256={file['sha256']}").text
    assert "and then withdrawn" in page.partition("Or compare a digest")[2].partition("Check what was signed")[0]
    listed = {each["symbol"]: each for each in reader.get("/verify/digests.json").json()}
    assert listed[SYMBOL]["withdrawn_on"] == "2026-09-24"
    assert file["sha256"] in listed[SYMBOL]["files"]
    assert "withdrawn_on" not in listed["CWG-Internet 22/OUT/1"]


def test_its_bytes_leave_the_store_but_for_those_that_another_one_has(three: Place) -> None:
    files = {each.language: each.sha256 for each in three.catalogue.get_output(SLUG).texts}
    assert all(map(three.shelf.exists, files.values()))

    with pytest.MonkeyPatch.context() as patch:  # number 4 has the same text in English
        patch.setattr("tests.dissemination.read_path_site.text_of", lambda _, language: text_of(2, language))
        three.release(4, languages=("en",))
    three.withdraw(2)

    assert {language for language, sha256 in files.items() if three.shelf.exists(sha256)} == {"en"}
    assert three.browser("academia").get("/outputs/CWG-Internet-22-OUT-4/files/en").content == text_of(2, "en")


def test_of_all_its_rows_only_a_tombstone_is_left(three: Place) -> None:
    def rows() -> list[int]:
        tables = ("output", "file", "statement", "topic", "text", "withdrawal", "manifest")
        with three.portal.connect() as connection:
            return [connection.scalar(text(f"SELECT count(*) FROM release.{table}")) for table in tables]

    assert rows() == [3, 9, 1, 1, 1, 0, 3]
    three.withdraw(2)

    assert rows() == [2, 6, 0, 0, 0, 1, 4]


def test_nothing_that_was_released_can_be_removed_without_a_tombstone(three: Place) -> None:
    with three.portal.connect() as connection, pytest.raises(DBAPIError, match="no tombstone stands"):
        connection.execute(select(func.release.bury(three.identity(2))))
    three.renew()

    assert three.browser("academia").get(HERE).status_code == 200


@pytest.mark.parametrize("column", TAMPERED_WITHDRAWAL)
def test_a_tombstone_of_which_one_value_was_changed_is_not_shown(three: Place, database: Database, column: str) -> None:
    three.withdraw(2, instead=3)
    reader = three.browser("academia")
    assert reader.get(HERE).status_code == 410

    database.run_as_superuser(f"UPDATE release.withdrawal SET {TAMPERED_WITHDRAWAL[column]}")
    three.renew()

    assert reader.get(HERE).status_code == 404
    assert reader.get("/withdrawn.json").json() == []
    assert any(line.startswith("manifest 4: ") for line in three.browser().get("/readyz").text.splitlines())


def test_who_puts_back_the_rows_of_a_withdrawn_output_shows_nothing_by_it(three: Place, database: Database) -> None:
    for table in ("output", "file", "statement", "topic"):
        database.run_as_superuser(f"CREATE TABLE public.{table} AS SELECT * FROM release.{table}")
    three.withdraw(2)
    for table in ("output", "file", "statement", "topic"):
        database.run_as_superuser(f"INSERT INTO release.{table} SELECT * FROM public.{table} ON CONFLICT DO NOTHING")
    three.renew()

    reader = three.browser("academia")
    assert reader.get(HERE).status_code == 410
    assert HERE not in reader.get("/outputs").text
    assert any(line.startswith("manifest 4: ") for line in three.browser().get("/readyz").text.splitlines())


def told_by_the_program(place: Place, folder: Path, document: bytes) -> tuple[int, str]:
    """What verify_receipt.py says of the manifest that is given out, and of that document."""
    manifest, file, key = folder / "manifest.json", folder / "document", SIGNER.public_key.text
    manifest.write_bytes(place.browser("academia").get(f"{HERE}.manifest.json").content)
    file.write_bytes(document)
    said = subprocess.run(
        [sys.executable, PROGRAM, manifest, file, "--key", key], capture_output=True, text=True, check=False
    )
    return said.returncode, said.stdout


def test_the_program_says_withdrawn_of_a_file_of_it(three: Place, tmp_path: Path) -> None:
    assert told_by_the_program(three, tmp_path, text_of(2, "en"))[0] == 0

    three.withdraw(2, instead=3)

    code, said = told_by_the_program(three, tmp_path, text_of(2, "en"))
    assert code == 4
    assert "WITHDRAWN" in said
    assert REASON in said
    code, said = told_by_the_program(three, tmp_path, b"something else")
    assert code == 1
    assert "is not named there" in said


def test_a_copy_loses_its_files_and_gets_tombstones(three: Place, tmp_path: Path) -> None:
    made = StaticExport(three.library.templates, three.shelf, SIGNER, three.settings.read_url)
    folder = tmp_path / "copy"
    made.write_copy(three.catalogue, folder)
    assert (folder / "files" / f"{SLUG}-en.docx").is_file()
    assert not (folder / "en" / "withdrawn.html").exists()

    three.withdraw(2, instead=3)
    made.write_copy(three.catalogue, folder)

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
        [sys.executable, folder / "verify_receipt.py", folder / "copy.json", "--key", SIGNER.public_key.text],
        check=False,
    )
    assert checked.returncode == 0
