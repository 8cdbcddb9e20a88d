"""The catalogue for programs: JSON, bundles, references, feeds."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest

from app.core import clock
from app.dissemination import json_api
from app.dissemination.feeds import ATOM_NAMESPACE, FEED_KEY_LIFETIME, create_feed_key
from app.dissemination.file_integrity import FileIntegrity
from app.domain.releases.queries.catalogue_entries import CatalogueFile
from tests.dissemination.read_path_site import NOON, ReaderSite, text_of

KEY = re.compile(r"/feeds/([\w-]+)/en\.atom")


def test_the_json_of_an_output_has_the_data_of_its_page(reader_site: ReaderSite) -> None:
    address = reader_site.release(1)
    reader_site.release(2, kind="decision", released_at=datetime(2025, 3, 1, tzinfo=UTC))
    reader, origin = reader_site.browser("academia"), reader_site.settings.read_url

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
def test_a_bundle_contains_the_files_and_a_manifest_of_their_digests(reader_site: ReaderSite, what: str) -> None:
    reader_site.release(1)
    reader_site.release(2, kind="decision")

    answer = reader_site.browser("academia").get(what)

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


def test_too_many_files_for_one_zip_are_refused(reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    reader_site.release(1)
    monkeypatch.setattr("app.dissemination.json_api.MAX_ZIP_FILES", 2)

    assert reader_site.browser("academia").get("/outputs.zip").status_code == 400


def test_a_reference_names_title_body_symbol_day_and_address(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, titles={"en": "Costs of {transit} & 5% more_"})
    reader, url = reader_site.browser("itu_staff"), reader_site.settings.read_url + address

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


def list_entries(feed: str) -> list[Xml.Element]:
    return Xml.fromstring(feed).findall(f"{{{ATOM_NAMESPACE}}}entry")


def test_a_feed_is_readable_by_its_address_without_signing_in(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, titles={"en": "Costs & <more>", "fr": "Coûts"})
    reader_site.release(2, kind="decision", released_at=datetime(2025, 3, 1, tzinfo=UTC))
    page = reader_site.browser("academia").get("/feeds?lang=en").text
    key, anonymous = KEY.search(page)[1], reader_site.browser()

    feed = anonymous.get(f"/feeds/{key}/en.atom")

    assert feed.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = Xml.fromstring(feed.text)
    assert root.findtext(f"{{{ATOM_NAMESPACE}}}updated") == NOON.isoformat()
    assert [each.findtext(f"{{{ATOM_NAMESPACE}}}title") for each in list_entries(feed.text)] == [
        "CWG-Internet 22/OUT/1 Costs & <more>",
        "CWG-Internet 22/OUT/2 Report 2 & more",
    ]
    links = {
        (each.get("rel"), each.get("hreflang")): each.get("href")
        for each in list_entries(feed.text)[0].iter(f"{{{ATOM_NAMESPACE}}}link")
    }
    assert links["alternate", None] == reader_site.settings.read_url + address
    assert links["enclosure", "fr"] == f"{reader_site.settings.read_url}{address}/files/fr"
    assert "Coûts" in anonymous.get(f"/feeds/{key}/fr.atom").text
    assert len(list_entries(anonymous.get(f"/feeds/{key}/en.atom?kind=decision").text)) == 1
    assert anonymous.get(f"{address}/files/fr").status_code == 401


def test_an_unchanged_feed_is_not_sent_again(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    anonymous, address = (
        reader_site.browser(),
        f"/feeds/{create_feed_key(reader_site.state)}/en.atom",
    )
    tag = anonymous.get(address).headers["ETag"]

    assert anonymous.get(address, headers={"If-None-Match": tag}).status_code == 304
    reader_site.release(2)
    assert anonymous.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_forged_or_expired_feed_address_is_not_found(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    key, anonymous = create_feed_key(reader_site.state), reader_site.browser()
    assert anonymous.get(f"/feeds/{key}/en.atom").status_code == 200

    other = reader_site.cookie("academia")  # sealed by the site, for another purpose
    for wrong in (key[:-1], ("y" if key[0] == "x" else "x") + key[1:], other, "x"):
        assert anonymous.get(f"/feeds/{wrong}/en.atom").status_code == 404
    assert anonymous.get(f"/feeds/{key}/xx.atom").status_code == 404
    with clock.shifted_clock(FEED_KEY_LIFETIME + timedelta(seconds=1)):
        assert anonymous.get(f"/feeds/{key}/en.atom").status_code == 404


def test_another_generation_revokes_every_key_and_no_session(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    member, anonymous = reader_site.browser("academia"), reader_site.browser()
    surfaces = ("/feeds/{}/en.atom", "/oai/{}?verb=Identify")

    def statuses(key: str) -> list[int]:
        return [anonymous.get(surface.format(key)).status_code for surface in surfaces]

    key = create_feed_key(reader_site.state)
    before_generations = reader_site.state.feed_key_sealer.seal({}, timedelta(days=183))
    assert statuses(key) == [200, 200]
    assert statuses(before_generations) == [404, 404]

    served = reader_site.app.app.state
    served.read_path = replace(
        served.read_path, settings=reader_site.settings.model_copy(update={"read_key_generation": 2})
    )

    assert statuses(key) == [404, 404]
    assert statuses(KEY.search(member.get("/feeds?lang=en").text)[1]) == [200, 200]


def test_a_key_lasts_for_thirty_days_and_the_page_gives_another_thirty(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    anonymous, key = reader_site.browser(), create_feed_key(reader_site.state)

    with clock.shifted_clock(timedelta(days=29)):
        assert anonymous.get(f"/feeds/{key}/en.atom").status_code == 200
        page = reader_site.browser("academia").get("/feeds?lang=en").text
    assert "for 30 days from now" in page
    with clock.shifted_clock(timedelta(days=31)):
        assert anonymous.get(f"/feeds/{key}/en.atom").status_code == 404
        assert anonymous.get(f"/feeds/{KEY.search(page)[1]}/en.atom").status_code == 200


def test_a_key_answers_no_question_to_the_texts(reader_site: ReaderSite) -> None:
    reader_site.release(1, texts={"en": ["A text about transit."]})
    member, anonymous, key = reader_site.browser("academia"), reader_site.browser(), create_feed_key(reader_site.state)
    assert "Report 1" in member.get("/search?q=transit&lang=en").text

    for word in ("transit", "nothing", ""):
        assert anonymous.get(f"/feeds/{key}/en.atom?q={word}").status_code == 404
        assert anonymous.get(f"/oai/{key}?verb=Identify&q={word}").status_code == 404
    assert anonymous.get("/feeds/en.atom?q=transit").status_code == 200
    assert ".atom?q=transit" not in member.get("/feeds?q=transit&kind=report&lang=en").text
    assert ".atom?q=transit" in anonymous.get("/feeds?q=transit&lang=en").text


def test_a_feed_key_holds_no_data_of_its_reader(reader_site: ReaderSite) -> None:
    pages = [
        reader_site.browser(cookie=reader_site.cookie("academia", name)).get("/feeds?lang=en").text
        for name in ("Ada", "Bo")
    ]
    keys = [KEY.search(page)[1] for page in pages]

    assert keys[0] != keys[1]
    assert [reader_site.state.feed_key_sealer.unseal(key) for key in keys] == [{"generation": 1}] * 2


def test_statements_of_states_are_in_the_json_and_the_bundle(reader_site: ReaderSite) -> None:
    statement = {"state": "KEN", "kind": "reservation", "text": "Kenya réserve sa position.", "language": "fr"}
    address = reader_site.release(1, statements=[statement], adopted_how="silence")
    reader_site.release(2)
    reader, statement = reader_site.browser("academia"), statement | {"put_at": NOON.isoformat()}

    one = reader.get(f"{address}.json").json()
    assert (one["adopted_how"], one["statements"]) == ("silence", [statement])
    assert statement["text"] in reader.get(address).text
    with zipfile.ZipFile(io.BytesIO(reader.get("/outputs.zip").content)) as both:
        assert json.loads(both.read("statements.json")) == {"CWG-Internet 22/OUT/1": [statement]}
    with zipfile.ZipFile(io.BytesIO(reader.get("/outputs/CWG-Internet-22-OUT-2.zip").content)) as other:
        assert "statements.json" not in other.namelist()


def test_a_head_request_for_a_zip_reads_no_file(reader_site: ReaderSite, monkeypatch) -> None:
    reader_site.release(1)
    read: list[int] = []
    real = FileIntegrity.verified_chunks

    def counted(proof: FileIntegrity, text: CatalogueFile) -> Iterator[bytes]:
        for piece in real(proof, text):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(FileIntegrity, "verified_chunks", counted)
    reader = reader_site.browser("academia")
    whole = reader.get("/outputs.zip")
    assert sum(read) > 0
    read.clear()

    head = reader.head("/outputs.zip")

    assert (head.status_code, head.content, read) == (200, b"", [])
    assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(len(whole.content))


def test_signs_with_a_meaning_stay_inside_of_their_text(reader_site: ReaderSite) -> None:
    title = 'A "quote", a \\ and </script>\u2028<b>'
    address = reader_site.release(1, titles={"en": title})

    answer = reader_site.browser("academia").get(f"{address}.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["titles"] == {"en": title}


def test_a_brace_in_a_title_does_not_swallow_the_next_reference(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, titles={"en": "The set {a, b of names"})

    written = reader_site.browser("academia").get(f"{address}/cite.bib").text

    assert r"The set \textbraceleft{}a, b of names" in written
    assert written.count("{") == written.count("}")


def test_a_long_list_as_json_is_streamed_and_is_one_list(reader_site: ReaderSite, monkeypatch) -> None:
    monkeypatch.setattr(json_api, "OUTPUTS_PER_CHUNK", 2)
    for number in range(1, 6):
        reader_site.release(number)

    answer = reader_site.browser("academia").get("/outputs.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert [each["symbol"] for each in answer.json()] == [f"CWG-Internet 22/OUT/{number}" for number in range(5, 0, -1)]
