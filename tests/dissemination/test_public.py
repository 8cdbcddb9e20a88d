"""What everybody may read, without signing in: all of what is public, on every surface, and nothing else."""

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
from app.domain.identity.models.claims import Membership
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, Place, text_of
from tests.dissemination.test_outputs import listed
from tests.world import SIGNER

PROGRAM = Path(__file__).parents[2] / "app" / "static" / "verify_receipt.py"
PUBLIC = {"addressees": ["membership", "public"]}
ONE, TWO, THREE = (f"/outputs/CWG-Internet-22-OUT-{number}" for number in (1, 2, 3))
NEXT = re.compile(r"/sign-in\?next=[^\"]+")
# What somebody with the database in their hands might write over what only the public is told.
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
def three(place: Place) -> Place:
    """The first and the third are public, the second is for members."""
    place.release(1, **PUBLIC, texts={"en": ["About transit."]}, topics={"iot": {"en": "Internet of things"}})
    place.release(2, texts={"en": ["About transit too."]}, released_at=NOON + timedelta(days=1))
    place.release(3, **PUBLIC, languages=LANGUAGES, released_at=NOON + timedelta(days=2))
    return place


def test_everybody_reads_all_of_a_public_output(three: Place, tmp_path: Path) -> None:
    nobody = three.browser()

    assert all("22/OUT/3" in nobody.get(THREE, headers={"Accept-Language": code}).text for code in LANGUAGES)
    assert all(nobody.get(f"{THREE}/files/{code}").content == text_of(3, code) for code in LANGUAGES)
    assert nobody.get(f"{THREE}.json").json()["addressees"] == ["membership", "public"]
    assert "@techreport" in nobody.get(f"{THREE}/cite.bib").text
    with zipfile.ZipFile(io.BytesIO(nobody.get(f"{THREE}.zip").content)) as archive:
        assert len(archive.namelist()) == len(LANGUAGES) + 1
    (tmp_path / "manifest").write_bytes(nobody.get(f"{THREE}.manifest.json").content)
    (tmp_path / "text").write_bytes(text_of(3, "ar"))
    told = [sys.executable, PROGRAM, tmp_path / "manifest", tmp_path / "text", "--key", SIGNER.public_key.text]
    assert subprocess.run(told, check=False, capture_output=True).returncode == 0


def test_whoever_keeps_a_manifest_of_the_public_checks_it_without_us(place: Place, tmp_path: Path) -> None:
    """It has no place in the ledger, and names no manifest of the members: nothing of that is missing in it."""
    address = place.release(1, languages=("en",), still_to_come=["fr"], **PUBLIC)

    def checked(who: str | None, *more: object) -> tuple[int, str]:
        kept = tmp_path / "manifest.json"
        kept.write_bytes(place.browser(who).get(f"{address}.manifest.json").content)
        line = [sys.executable, PROGRAM, kept, *more, "--key", SIGNER.public_key.text]
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout

    (tmp_path / "text").write_bytes(text_of(1, "fr"))
    assert "still to come: fr" in checked(None)[1]
    place.complete(1)

    (code, told), (of_members, told_members) = checked(None, tmp_path / "text"), checked("academia")
    assert (code, of_members) == (0, 0)
    assert "First released at" in told
    assert "Number in the catalogue of the public 2" in told
    assert "Where the ledger holds it, the public is not told." in told
    assert "Completes manifest" not in told
    assert "Completes manifest" in told_members
    place.withdraw(1)
    assert checked(None)[0] == 4


def test_the_lists_hold_what_is_public_and_count_nothing_else(three: Place) -> None:
    nobody, member = three.browser(), three.browser("academia")

    for path in ("/", "/outputs"):
        assert listed(member.get(path).text) == ["3", "2", "1"]
        assert listed(nobody.get(path).text) == ["3", "1"]
    assert "2 outputs" in nobody.get("/?lang=en").text
    assert [each["number"] for each in nobody.get("/outputs.json").json()] == [2, 1]
    assert [each["number"] for each in member.get("/outputs.json").json()] == [3, 2, 1]
    assert [nobody.get("/catalogue.json").json()[name] for name in ("number", "shown")] == [2, 2]
    assert [member.get("/catalogue.json").json()[name] for name in ("number", "shown")] == [3, 3]
    assert nobody.get("/search.json?q=transit").json()["total"] == 1
    assert member.get("/search.json?q=transit").json()["total"] == 2
    assert len(nobody.get("/verify/digests.json").json()) == 2
    with zipfile.ZipFile(io.BytesIO(nobody.get("/outputs.zip").content)) as archive:
        assert not [name for name in archive.namelist() if "OUT-2" in name]


def test_what_is_not_public_asks_for_a_sign_in_whether_it_is_there_or_not(three: Place) -> None:
    nobody, told = three.browser(), set()
    three.release(4)
    three.withdraw(4)

    for number in (2, 4, 99):
        for more in ("", ".json", ".zip", ".manifest.json", "/files/en", "/cite.bib"):
            answer = nobody.get(f"/outputs/CWG-Internet-22-OUT-{number}{more}", headers={"Accept-Language": "en"})
            told.add((answer.status_code, NEXT.sub("", answer.text)))
    ((status, page),) = told
    assert status == 401
    assert "Nothing public is at this address." in page
    assert three.browser("member_state").get(TWO).status_code == 200
    assert three.browser(Membership.EXTERNAL).get(TWO).status_code == 403
    assert three.browser(Membership.EXTERNAL).get(THREE).status_code == 200


def test_the_first_page_says_how_to_sign_in_and_whose_account_reads_no_more(place: Place) -> None:
    empty = place.browser().get("/?lang=en").text
    assert "Nothing has been released to the public yet." in empty
    assert 'href="/sign-in"' in empty

    stranger = place.browser(Membership.EXTERNAL).get("/?lang=en").text
    assert "Your account belongs to no member of ITU" in stranger
    assert "Sima Qian" in stranger


def test_a_withdrawal_is_told_to_everybody_and_what_they_may_not_read_takes_no_place(three: Place) -> None:
    three.withdraw(1, instead=2)
    three.withdraw(3, reason="It says what was not agreed.")
    nobody, member = three.browser(), three.browser("academia")

    assert [nobody.get(path).status_code for path in (ONE, THREE, f"{ONE}/files/en", f"{ONE}.json")] == [410] * 4
    assert "It says what was not agreed." in nobody.get(THREE).text
    assert "OUT/2" in member.get(ONE).text
    assert "OUT/2" not in nobody.get(ONE).text
    assert nobody.get(f"{ONE}.json").json()["replaced_by"] is None
    assert member.get(f"{ONE}.json").json()["replaced_by"]["symbol"] == "CWG-Internet 22/OUT/2"
    assert len(nobody.get("/withdrawn.json").json()) == 2
    said = json.loads(nobody.get(f"{ONE}.manifest.json").content)["statement"]
    assert (said["catalogue"], said["number"], said["withdrawal"]["manifest"]) == ("public", 3, 1)
    assert "replaced_by" not in said["withdrawal"]


def test_feeds_and_harvests_of_what_is_public_need_no_key_and_are_the_same_for_whoever_asks(three: Place) -> None:
    for who in (None, "member_state"):
        client = three.browser(who)
        feed = client.get("/feeds/en.atom")
        assert "OUT-3" in feed.text
        assert "OUT-2" not in feed.text
        assert feed.headers["Cache-Control"] == "public, no-cache"
        assert client.get("/feeds/en.atom", headers={"If-None-Match": feed.headers["ETag"]}).status_code == 304
        records = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
        assert "OUT-3" in records
        assert "OUT-2" not in records
        assert "Public: everybody may read it" in records
    page = three.browser().get("/feeds?lang=fr").text
    assert f"{three.settings.read_url}/feeds/fr.atom<" in page
    assert f"{three.settings.read_url}/oai<" in page


def test_a_cache_asks_before_it_gives_a_public_file_again(three: Place) -> None:
    nobody, member = three.browser(), three.browser("academia")
    answer = nobody.get(f"{THREE}/files/en")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert member.get(f"{THREE}/files/en").headers["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["ETag"]}
    assert nobody.get(f"{THREE}/files/en", headers=again).status_code == 304

    three.withdraw(3)

    assert nobody.get(f"{THREE}/files/en", headers=again).status_code == 410
    assert nobody.get(THREE).headers["Cache-Control"] == "no-store"


def test_a_page_of_the_public_is_given_again_without_asking_its_route(
    three: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {path: three.browser().get(path).content for path in ("/", "/outputs", THREE)}
    monkeypatch.setattr("app.dissemination.reader_sessions.ReaderAccess.__call__", None)

    assert {path: three.browser().get(path).content for path in first} == first


def test_the_time_of_a_harvest_does_not_tell_when_something_was_released(place: Place) -> None:
    place.release(1, **PUBLIC)

    def dated() -> str:
        return re.search("<responseDate>([^<]+)", place.browser().get("/oai?verb=Identify").text)[1]

    with clock.shifted_clock(timedelta(seconds=20)):
        quiet, expected = dated(), clock.now() - DATE_MARGIN
        place.release(2)
        busy = dated()
    for found in (quiet, busy):
        assert abs(clock.datetime.fromisoformat(found) - expected) < timedelta(seconds=15)


@pytest.mark.parametrize("column", TAMPERED_PUBLIC)
def test_whatever_was_altered_is_not_shown_to_the_public_and_the_rest_is(
    three: Place, database: Database, column: str
) -> None:
    three.release(5, **PUBLIC)
    three.release(6, **PUBLIC)
    three.withdraw(6, instead=1)
    nobody, gone = three.browser(), "/outputs/CWG-Internet-22-OUT-6"
    assert [nobody.get(path).status_code for path in (ONE, THREE, gone)] == [200, 200, 410]

    database.run_as_superuser(f"UPDATE release.{column.partition('.')[0]} SET {TAMPERED_PUBLIC[column]}")
    three.renew()

    is_of_withdrawal = column.startswith("withdrawal")
    assert nobody.get(ONE).status_code == 200
    assert nobody.get(THREE).status_code == (200 if is_of_withdrawal else 401)
    assert nobody.get(gone).status_code == (401 if is_of_withdrawal else 410)
    assert any(line.startswith("public manifest ") for line in nobody.get("/readyz").text.splitlines())
    assert three.browser("academia").get(THREE).status_code == 200


def test_a_row_that_somebody_made_public_is_shown_to_nobody(three: Place, database: Database) -> None:
    three.browser()
    database.run_as_superuser("UPDATE release.output SET addressees = '{membership,public}' WHERE symbol LIKE '%/2'")
    three.renew()

    assert three.browser().get(TWO).status_code == 401
    assert three.browser("academia").get(TWO).status_code == 404


def test_what_members_may_not_read_any_more_the_public_does_not_either(three: Place, database: Database) -> None:
    database.run_as_superuser("DELETE FROM release.manifest WHERE statement LIKE '%OUT-3%'")
    three.renew()

    assert three.browser("academia").get(THREE).status_code == 404
    assert three.browser().get(THREE).status_code == 401
    assert three.browser().get(ONE).status_code == 200
