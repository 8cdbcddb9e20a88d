"""What the public may read without signing in: every public output, on every surface, and nothing else."""

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.core.i18n import LANGUAGES
from app.dissemination.oai.routes import DATE_MARGIN
from app.domain.identity.models.claims import MembershipCategory
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, ReaderSite, text_of
from tests.dissemination.test_outputs import list_numbers
from tests.world import RELEASE_SIGNER

PROGRAM = Path(__file__).parents[2] / "app" / "static" / "verify_receipt.py"
PUBLIC = {"addressees": ["membership", "public"]}
ONE, TWO, THREE = (f"/outputs/CWG-Internet-22-OUT-{number}" for number in (1, 2, 3))
NEXT = re.compile(r"/sign-in\?next=[^\"]+")
# What an attacker with write access to the database might change in the rows that only the public reads.
TAMPERED_PUBLIC = {
    "public_manifest.number": "number = 7 WHERE number = 2",
    "public_manifest.statement": "statement = replace(statement, 'Report 3', 'Report 4') WHERE number = 2",
    "public_manifest.signature": "signature = repeat('A', 86) || '==' WHERE number = 2",
    "public_manifest.public_key": "public_key = repeat('A', 43) || '=' WHERE number = 2",
    "withdrawal.public_manifest": "public_manifest = 7",
    "withdrawal.public_manifest_digest": "public_manifest_digest = repeat('0', 64)",
    "withdrawal.replaced_publicly": "replaced_publicly = NOT replaced_publicly",
}


@pytest.fixture
def site_with_three(reader_site: ReaderSite) -> ReaderSite:
    """The first and the third output are public, the second is for members."""
    reader_site.release(1, **PUBLIC, texts={"en": ["About transit."]}, topics={"iot": {"en": "Internet of things"}})
    reader_site.release(2, texts={"en": ["About transit too."]}, released_at=NOON + timedelta(days=1))
    reader_site.release(3, **PUBLIC, languages=LANGUAGES, released_at=NOON + timedelta(days=2))
    return reader_site


def test_a_public_output_is_readable_without_signing_in(site_with_three: ReaderSite, tmp_path: Path) -> None:
    anonymous = site_with_three.browser()

    assert all("22/OUT/3" in anonymous.get(THREE, headers={"Accept-Language": code}).text for code in LANGUAGES)
    assert all(anonymous.get(f"{THREE}/files/{code}").content == text_of(3, code) for code in LANGUAGES)
    recipients = {"en": "All ITU members and the public", "fr": "Tous les membres de l’UIT et le public"}
    assert all(words in anonymous.get(THREE, params={"lang": code}).text for code, words in recipients.items())
    assert anonymous.get(f"{THREE}.json").json()["addressees"] == ["membership", "public"]
    assert "@techreport" in anonymous.get(f"{THREE}/cite.bib").text
    with zipfile.ZipFile(io.BytesIO(anonymous.get(f"{THREE}.zip").content)) as archive:
        assert len(archive.namelist()) == len(LANGUAGES) + 1
    (tmp_path / "manifest").write_bytes(anonymous.get(f"{THREE}.manifest.json").content)
    (tmp_path / "text").write_bytes(text_of(3, "ar"))
    command = [
        sys.executable,
        PROGRAM,
        tmp_path / "manifest",
        tmp_path / "text",
        "--key",
        RELEASE_SIGNER.public_key.text,
    ]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 5


def test_a_saved_public_manifest_is_verified_without_the_portal(reader_site: ReaderSite, tmp_path: Path) -> None:
    """A public manifest names neither its line of the ledger nor a manifest of members: 5, and a word on it."""
    address = reader_site.release(1, languages=("en",), still_to_come=["fr"], **PUBLIC)

    def checked(who: str | None, *more: object) -> tuple[int, str]:
        manifest_file = tmp_path / "manifest.json"
        manifest_file.write_bytes(reader_site.browser(who).get(f"{address}.manifest.json").content)
        line = [sys.executable, PROGRAM, manifest_file, *more, "--key", RELEASE_SIGNER.public_key.text]
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout

    (tmp_path / "text").write_bytes(text_of(1, "fr"))
    assert "languages to follow: fr" in checked(None)[1]
    reader_site.complete(1)

    (code, printed), (of_members, printed_for_members) = checked(None, tmp_path / "text"), checked("academia")
    assert (code, of_members) == (5, 5)
    assert "First released at" in printed
    assert "Number in the catalogue of the public 2" in printed
    assert "Its place in the ledger is not disclosed to the public." in printed
    assert "Completes manifest" not in printed
    assert "Completes manifest" in printed_for_members
    reader_site.withdraw(1)
    assert checked(None)[0] == 4


def test_lists_contain_and_count_only_public_outputs(site_with_three: ReaderSite) -> None:
    anonymous, member = site_with_three.browser(), site_with_three.browser("academia")

    for path in ("/", "/outputs"):
        assert list_numbers(member.get(path).text) == ["3", "2", "1"]
        assert list_numbers(anonymous.get(path).text) == ["3", "1"]
    assert "2 outputs" in anonymous.get("/?lang=en").text
    assert [each["number"] for each in anonymous.get("/outputs.json").json()] == [2, 1]
    assert [each["number"] for each in member.get("/outputs.json").json()] == [3, 2, 1]
    assert [anonymous.get("/catalogue.json").json()[name] for name in ("number", "shown")] == [2, 2]
    assert [member.get("/catalogue.json").json()[name] for name in ("number", "shown")] == [3, 3]
    assert anonymous.get("/search.json?q=transit").json()["total"] == 1
    assert member.get("/search.json?q=transit").json()["total"] == 2
    assert len(anonymous.get("/verify/digests.json").json()) == 2
    with zipfile.ZipFile(io.BytesIO(anonymous.get("/outputs.zip").content)) as archive:
        assert not [name for name in archive.namelist() if "OUT-2" in name]


def test_a_non_public_address_asks_for_a_sign_in_whether_or_not_it_exists(site_with_three: ReaderSite) -> None:
    anonymous, responses = site_with_three.browser(), set()
    site_with_three.release(4)
    site_with_three.withdraw(4)

    for number in (2, 4, 99):
        for more in ("", ".json", ".zip", ".manifest.json", "/files/en", "/cite.bib"):
            answer = anonymous.get(f"/outputs/CWG-Internet-22-OUT-{number}{more}", headers={"Accept-Language": "en"})
            responses.add((answer.status_code, NEXT.sub("", answer.text)))
    ((status, page),) = responses
    assert status == 401
    assert "There is no public content at this address." in page
    assert site_with_three.browser("member_state").get(TWO).status_code == 200
    assert site_with_three.browser(MembershipCategory.EXTERNAL).get(TWO).status_code == 403
    assert site_with_three.browser(MembershipCategory.EXTERNAL).get(THREE).status_code == 200


def test_the_home_page_says_how_to_sign_in_and_which_accounts_read_nothing_more(reader_site: ReaderSite) -> None:
    empty = reader_site.browser().get("/?lang=en").text
    assert "No output has been released to the public yet." in empty
    assert 'href="/sign-in"' in empty

    stranger = reader_site.browser(MembershipCategory.EXTERNAL).get("/?lang=en").text
    assert "Your account is not linked to any member of ITU" in stranger
    assert "Sima Qian" in stranger


def test_a_public_withdrawal_is_shown_without_a_replacement_that_is_not_public(site_with_three: ReaderSite) -> None:
    site_with_three.withdraw(1, instead=2)
    site_with_three.withdraw(3, reason="It says what was not agreed.")
    anonymous, member = site_with_three.browser(), site_with_three.browser("academia")

    assert [anonymous.get(path).status_code for path in (ONE, THREE, f"{ONE}/files/en", f"{ONE}.json")] == [410] * 4
    assert "It says what was not agreed." in anonymous.get(THREE).text
    assert "OUT/2" in member.get(ONE).text
    assert "OUT/2" not in anonymous.get(ONE).text
    assert anonymous.get(f"{ONE}.json").json()["replaced_by"] is None
    assert member.get(f"{ONE}.json").json()["replaced_by"]["symbol"] == "CWG-Internet 22/OUT/2"
    assert len(anonymous.get("/withdrawn.json").json()) == 2
    statement = json.loads(anonymous.get(f"{ONE}.manifest.json").content)["statement"]
    assert (statement["catalogue"], statement["number"], statement["withdrawal"]["manifest"]) == ("public", 3, 1)
    assert "replaced_by" not in statement["withdrawal"]


def test_public_feeds_and_harvests_need_no_key_and_are_the_same_for_everybody(site_with_three: ReaderSite) -> None:
    for who in (None, "member_state"):
        client = site_with_three.browser(who)
        feed = client.get("/feeds/en.atom")
        assert "OUT-3" in feed.text
        assert "OUT-2" not in feed.text
        assert feed.headers["Cache-Control"] == "public, no-cache"
        assert client.get("/feeds/en.atom", headers={"If-None-Match": feed.headers["ETag"]}).status_code == 304
        records = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
        assert "OUT-3" in records
        assert "OUT-2" not in records
        assert "Public: no sign-in is needed to read it" in records
    page = site_with_three.browser().get("/feeds?lang=fr").text
    assert f"{site_with_three.settings.read_url}/feeds/fr.atom<" in page
    assert f"{site_with_three.settings.read_url}/oai<" in page


def test_a_cache_must_revalidate_a_public_file(site_with_three: ReaderSite) -> None:
    anonymous, member = site_with_three.browser(), site_with_three.browser("academia")
    answer = anonymous.get(f"{THREE}/files/en")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert member.get(f"{THREE}/files/en").headers["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["ETag"]}
    assert anonymous.get(f"{THREE}/files/en", headers=again).status_code == 304

    site_with_three.withdraw(3)

    assert anonymous.get(f"{THREE}/files/en", headers=again).status_code == 410
    assert anonymous.get(THREE).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/outputs", THREE, "/withdrawn"])
def test_a_public_page_is_compressed_and_the_same_page_of_a_reader_is_not(
    site_with_three: ReaderSite, path: str
) -> None:
    anonymous, reader = site_with_three.browser(), site_with_three.browser(MembershipCategory.SECTOR_MEMBER)
    for _ in range(2):  # rendered, then from the cache
        packed, plain = (anonymous.get(path, headers={"Accept-Encoding": each}) for each in ("gzip", "identity"))
        theirs = reader.get(path, headers={"Accept-Encoding": "gzip"})

        assert packed.content == plain.content
        assert (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding")) == ("gzip", None)
        assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Cookie, Accept-Language, Accept-Encoding"
        assert "token" in theirs.text
        assert "Content-Encoding" not in theirs.headers


@pytest.mark.parametrize("path", ["/outputs?year=2026", "/search?q=transit", "/nothing?q=transit"])
def test_a_public_page_that_repeats_what_was_sent_is_not_compressed(site_with_three: ReaderSite, path: str) -> None:
    answer = site_with_three.browser().get(path, headers={"Accept-Encoding": "gzip"})

    assert len(answer.content) > 1000
    assert "Content-Encoding" not in answer.headers


def test_a_public_page_is_served_from_the_cache_without_its_route(
    site_with_three: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {path: site_with_three.browser().get(path).content for path in ("/", "/outputs", THREE)}
    monkeypatch.setattr("app.dissemination.reader_sessions.ReaderCatalogueGuard.__call__", None)

    assert {path: site_with_three.browser().get(path).content for path in first} == first


def test_the_date_of_a_harvest_does_not_reveal_the_time_of_a_release(reader_site: ReaderSite) -> None:
    reader_site.release(1, **PUBLIC)

    def dated() -> str:
        return re.search("<responseDate>([^<]+)", reader_site.browser().get("/oai?verb=Identify").text)[1]

    with clock.shifted_clock(timedelta(seconds=20)):
        quiet, expected = dated(), clock.now() - DATE_MARGIN
        reader_site.release(2)
        busy = dated()
    for response_date in (quiet, busy):
        assert abs(clock.datetime.fromisoformat(response_date) - expected) < timedelta(seconds=15)


@pytest.mark.parametrize("column", TAMPERED_PUBLIC)
def test_an_altered_output_is_not_shown_to_the_public_and_the_others_are(
    site_with_three: ReaderSite, database: Database, column: str
) -> None:
    site_with_three.release(5, **PUBLIC)
    site_with_three.release(6, **PUBLIC)
    site_with_three.withdraw(6, instead=1)
    anonymous, missing_path = site_with_three.browser(), "/outputs/CWG-Internet-22-OUT-6"
    assert [anonymous.get(path).status_code for path in (ONE, THREE, missing_path)] == [200, 200, 410]

    database.run_as_superuser(f"UPDATE release.{column.partition('.')[0]} SET {TAMPERED_PUBLIC[column]}")
    site_with_three.renew()

    is_of_withdrawal = column.startswith("withdrawal")
    assert anonymous.get(ONE).status_code == 200
    assert anonymous.get(THREE).status_code == (200 if is_of_withdrawal else 401)
    assert anonymous.get(missing_path).status_code == (401 if is_of_withdrawal else 410)
    assert any(line.startswith("public manifest ") for line in anonymous.get("/readyz").text.splitlines())
    assert site_with_three.browser("academia").get(THREE).status_code == 200


def test_a_row_made_public_by_tampering_is_not_shown(site_with_three: ReaderSite, database: Database) -> None:
    site_with_three.browser()
    database.run_as_superuser("UPDATE release.output SET addressees = '{membership,public}' WHERE symbol LIKE '%/2'")
    site_with_three.renew()

    assert site_with_three.browser().get(TWO).status_code == 401
    assert site_with_three.browser("academia").get(TWO).status_code == 404


def test_an_output_hidden_from_members_is_hidden_from_the_public(
    site_with_three: ReaderSite, database: Database
) -> None:
    database.run_as_superuser("DELETE FROM release.manifest WHERE statement LIKE '%OUT-3%'")
    site_with_three.renew()

    assert site_with_three.browser("academia").get(THREE).status_code == 404
    assert site_with_three.browser().get(THREE).status_code == 401
    assert site_with_three.browser().get(ONE).status_code == 200
