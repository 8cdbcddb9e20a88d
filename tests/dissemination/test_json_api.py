"""The catalogue for programs: JSON, bundles, references, feeds."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest

from app.core import clock
from app.dissemination import json_api
from app.dissemination.feeds import ATOM_NAMESPACE, FEED_KEY_LIFETIME
from app.dissemination.file_integrity import FileIntegrity
from app.domain.releases.queries.releases import CatalogueFile
from tests.dissemination.read_path_site import NOON, Place, text_of

KEY = re.compile(r"/feeds/([\w-]+)/en\.atom")


def test_json_says_of_each_output_what_its_page_says(place: Place) -> None:
    address = place.release(1)
    place.release(2, kind="decision", released_at=datetime(2025, 3, 1, tzinfo=UTC))
    reader, origin = place.browser("academia"), place.settings.read_url

    both = reader.get("/outputs.json").json()
    one = reader.get(f"{address}.json").json()

    assert [each["symbol"] for each in both] == ["CWG-Internet 22/OUT/1", "CWG-Internet 22/OUT/2"]
    assert both[0] == one
    assert (one["url"], one["released_at"], one["original"]) == (origin + address, NOON.isoformat(), "en")
    assert [(each["language"], each["sha256"], each["url"]) for each in one["files"]] == [
        (code, hashlib.sha256(text_of(1, code)).hexdigest(), f"{origin}{address}/files/{code}")
        for code in ("ar", "en", "fr")
    ]
    assert [each["kind"] for each in reader.get("/outputs.json?kind=decision&year=2025").json()] == ["decision"]
    assert reader.get("/outputs.json?year=x").status_code == 422
    assert reader.get("/outputs/CWG-Internet-22-OUT-9.json").status_code == 404


@pytest.mark.parametrize("what", ["/outputs.zip?kind=report", "/outputs/CWG-Internet-22-OUT-1.zip"])
def test_a_bundle_holds_the_files_and_a_manifest_of_their_digests(place: Place, what: str) -> None:
    place.release(1)
    place.release(2, kind="decision")

    answer = place.browser("academia").get(what)

    assert len(answer.content) == int(answer.headers["Content-Length"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    assert archive.namelist() == ["manifest.csv", *(row["name"] for row in rows)]
    assert [(row["symbol"], row["language"], row["original"]) for row in rows] == [
        ("CWG-Internet 22/OUT/1", "ar", "no"),
        ("CWG-Internet 22/OUT/1", "en", "yes"),
        ("CWG-Internet 22/OUT/1", "fr", "no"),
    ]
    for row in rows:
        assert hashlib.sha256(archive.read(row["name"])).hexdigest() == row["sha256"]


def test_too_much_for_one_zip_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.release(1)
    monkeypatch.setattr("app.dissemination.json_api.MAX_ZIP_FILES", 2)

    assert place.browser("academia").get("/outputs.zip").status_code == 400


def test_a_reference_names_title_body_symbol_day_and_address(place: Place) -> None:
    address = place.release(1, titles={"en": "Costs of {transit} & 5% more_"})
    reader, url = place.browser("itu_staff"), place.settings.read_url + address

    bib, ris, csl = (reader.get(f"{address}/cite.{form}") for form in ("bib", "ris", "json"))

    assert bib.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet-22-OUT-1.bib"'
    assert bib.text.startswith("@techreport{CWG-Internet-22-OUT-1,\n")
    assert r"title = {{Costs of \textbraceleft{}transit\textbraceright{} \& 5\% more\_}}," in bib.text
    assert "year = {2026}" in bib.text
    assert f"url = {{{url}}}" in bib.text
    assert ris.text.split("\r\n")[:3] == [
        "TY  - RPRT",
        "TI  - Costs of {transit} & 5% more_",
        "AU  - Council Working Group",
    ]
    assert ris.text.endswith("ER  - \r\n")
    (item,) = json.loads(csl.text)
    assert (item["title"], item["number"], item["issued"], item["URL"]) == (
        "Costs of {transit} & 5% more_",
        "CWG-Internet 22/OUT/1",
        {"date-parts": [[2026, 9, 9]]},
        url,
    )
    assert reader.get(f"{address}/cite.doc").status_code == 404


def entries(feed: str) -> list[Xml.Element]:
    return Xml.fromstring(feed).findall(f"{{{ATOM_NAMESPACE}}}entry")


def test_a_feed_tells_of_outputs_to_whoever_has_its_address_and_signed_in_nowhere(place: Place) -> None:
    address = place.release(1, titles={"en": "Costs & <more>", "fr": "Coûts"})
    place.release(2, kind="decision", released_at=datetime(2025, 3, 1, tzinfo=UTC))
    page = place.browser("academia").get("/feeds?lang=en").text
    key, nobody = KEY.search(page)[1], place.browser()

    feed = nobody.get(f"/feeds/{key}/en.atom")

    assert feed.headers["Content-Type"] == "application/atom+xml"
    root = Xml.fromstring(feed.text)
    assert root.findtext(f"{{{ATOM_NAMESPACE}}}updated") == NOON.isoformat()
    assert [each.findtext(f"{{{ATOM_NAMESPACE}}}title") for each in entries(feed.text)] == [
        "CWG-Internet 22/OUT/1 Costs & <more>",
        "CWG-Internet 22/OUT/2 Report 2 & more",
    ]
    links = {
        (each.get("rel"), each.get("hreflang")): each.get("href")
        for each in entries(feed.text)[0].iter(f"{{{ATOM_NAMESPACE}}}link")
    }
    assert links["alternate", None] == place.settings.read_url + address
    assert links["enclosure", "fr"] == f"{place.settings.read_url}{address}/files/fr"
    assert "Coûts" in nobody.get(f"/feeds/{key}/fr.atom").text
    assert len(entries(nobody.get(f"/feeds/{key}/en.atom?kind=decision").text)) == 1
    assert nobody.get(f"{address}/files/fr").status_code == 401


def test_a_feed_that_has_no_news_is_not_sent_twice(place: Place) -> None:
    place.release(1)
    nobody, address = place.browser(), f"/feeds/{place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)}/en.atom"
    tag = nobody.get(address).headers["ETag"]

    assert nobody.get(address, headers={"If-None-Match": tag}).status_code == 304
    place.release(2)
    assert nobody.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_an_address_that_we_did_not_make_or_whose_time_is_over_is_unknown(place: Place) -> None:
    place.release(1)
    key, nobody = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME), place.browser()
    assert nobody.get(f"/feeds/{key}/en.atom").status_code == 200

    other = place.cookie("academia")  # sealed by us, for something else
    for wrong in (key[:-1], ("y" if key[0] == "x" else "x") + key[1:], other, "x"):
        assert nobody.get(f"/feeds/{wrong}/en.atom").status_code == 404
    assert nobody.get(f"/feeds/{key}/xx.atom").status_code == 404
    with clock.shifted_clock(FEED_KEY_LIFETIME + timedelta(seconds=1)):
        assert nobody.get(f"/feeds/{key}/en.atom").status_code == 404


def test_a_key_says_nothing_about_its_reader(place: Place) -> None:
    pages = [place.browser(cookie=place.cookie("academia", name)).get("/feeds?lang=en").text for name in ("Ada", "Bo")]
    keys = [KEY.search(page)[1] for page in pages]

    assert keys[0] != keys[1]
    assert [place.library.feed_key_sealer.unseal(key) for key in keys] == [{}, {}]


def test_statements_of_states_travel_with_the_text(place: Place) -> None:
    said = {"state": "KEN", "kind": "reservation", "text": "Kenya réserve sa position.", "language": "fr"}
    address = place.release(1, statements=[said], adopted_how="silence")
    place.release(2)
    reader, said = place.browser("academia"), said | {"put_at": NOON.isoformat()}

    one = reader.get(f"{address}.json").json()
    assert (one["adopted_how"], one["statements"]) == ("silence", [said])
    assert said["text"] in reader.get(address).text
    with zipfile.ZipFile(io.BytesIO(reader.get("/outputs.zip").content)) as both:
        assert json.loads(both.read("statements.json")) == {"CWG-Internet 22/OUT/1": [said]}
    with zipfile.ZipFile(io.BytesIO(reader.get("/outputs/CWG-Internet-22-OUT-2.zip").content)) as other:
        assert "statements.json" not in other.namelist()


def test_to_ask_for_the_head_of_a_zip_reads_no_file(place: Place, monkeypatch) -> None:
    place.release(1)
    read: list[int] = []
    real = FileIntegrity.verified_chunks

    def counted(proof: FileIntegrity, text: CatalogueFile) -> Iterator[bytes]:
        for piece in real(proof, text):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(FileIntegrity, "verified_chunks", counted)
    reader = place.browser("academia")
    whole = reader.get("/outputs.zip")
    assert sum(read) > 0
    read.clear()

    head = reader.head("/outputs.zip")

    assert (head.status_code, head.content, read) == (200, b"", [])
    assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(len(whole.content))


def test_a_brace_in_a_title_does_not_swallow_the_next_reference(place: Place) -> None:
    address = place.release(1, titles={"en": "The set {a, b of names"})

    written = place.browser("academia").get(f"{address}/cite.bib").text

    assert r"The set \textbraceleft{}a, b of names" in written
    assert written.count("{") == written.count("}")


def test_a_long_list_as_json_comes_in_pieces_and_is_one_list(place: Place, monkeypatch) -> None:
    monkeypatch.setattr(json_api, "OUTPUTS_PER_CHUNK", 2)
    for number in range(1, 6):
        place.release(number)

    answer = place.browser("academia").get("/outputs.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert [each["symbol"] for each in answer.json()] == [f"CWG-Internet 22/OUT/{number}" for number in range(5, 0, -1)]
