"""OAI-PMH: harvesting by libraries, checked against the protocol's schema and with an independent harvester."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from oaipmh_scythe import Scythe
from pydantic import SecretStr

from app.core import clock
from app.core.i18n import LANGUAGES
from app.dissemination.feeds import FEED_KEY_LIFETIME, create_feed_key
from app.dissemination.oai.requests import ListRequest
from app.dissemination.oai.routes import DATE_MARGIN
from app.settings import Settings
from tests.dissemination.read_path_site import DOCX, NOON, ReaderSite
from tests.http_server import free_port, served

OAI, DC = "{http://www.openarchives.org/OAI/2.0/}", "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
GRAMMAR = etree.RelaxNG(etree.parse(str(Path(__file__).with_name("oai.rng"))))
EACH = "app.dissemination.oai.items.ITEMS_PER_PART"
HOST = "127.0.0.1"


class Harvester:
    """A client with its own feed key; every answer must conform to the protocol."""

    def __init__(self, reader_site: ReaderSite, client: TestClient | None = None) -> None:
        self.client = client or reader_site.browser()
        self.address = f"/oai/{create_feed_key(reader_site.state)}"

    def request(self, verb: str, **arguments: str) -> etree._Element:
        """Send a request; returns the root of the response document."""
        parameters = {name.rstrip("_"): value for name, value in arguments.items()}
        return self.parse_valid(self.client.get(f"{self.address}?{urlencode({'verb': verb} | parameters)}"))

    def parse_valid(self, answer: object) -> etree._Element:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        root = etree.fromstring(answer.content)
        GRAMMAR.assertValid(root)
        return root

    def error_code(self, verb: str, **arguments: str) -> str:
        """The code of the error response."""
        return self.request(verb, **arguments).find(f"{OAI}error").get("code")

    def list_slugs(self, verb: str = "ListIdentifiers", **arguments: str) -> list[str]:
        """The slugs of a list, over all its parts."""
        slugs_found: list[str] = []
        root = self.request(verb, metadataPrefix="oai_dc", **arguments)
        while True:
            slugs_found += list_slugs_of(root)
            token = root.findtext(f".//{OAI}resumptionToken")
            if not token:
                return slugs_found
            root = self.request(verb, resumptionToken=token)


def list_slugs_of(root: etree._Element) -> list[str]:
    return [each.text.rpartition("-")[2] for each in root.iter(f"{OAI}identifier")]


@pytest.fixture
def harvester(reader_site: ReaderSite) -> Harvester:
    return Harvester(reader_site)


def release_hourly(reader_site: ReaderSite, numbers: Sequence[int]) -> None:
    """Release these outputs an hour apart, the first number first."""
    for at, number in enumerate(numbers):
        reader_site.release(number, released_at=NOON + timedelta(hours=at))


def test_identify_describes_the_repository(reader_site: ReaderSite, harvester: Harvester) -> None:
    assert harvester.request("Identify").findtext(f".//{OAI}earliestDatestamp") == "2026-01-01T00:00:00Z"

    reader_site.release(1)
    identity = {each.tag.removeprefix(OAI): each.text for each in harvester.request("Identify").find(f"{OAI}Identify")}

    assert identity == {
        "repositoryName": "ITU groups, released outputs",
        "baseURL": reader_site.settings.read_url + harvester.address,
        "protocolVersion": "2.0",
        "adminEmail": f"postmaster@{HOST}",
        "earliestDatestamp": "2026-09-21T12:00:00Z",
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
    }


def test_with_a_host_name_identify_describes_the_identifiers(settings: Settings, tmp_path: Path) -> None:
    reader_site = ReaderSite(
        settings.model_copy(update={"read_url": "https://read.example.int", "oidc_client_secret": SecretStr("x")}),
        tmp_path,
    )
    reader_site.release(1)
    harvester = Harvester(reader_site, reader_site.browser())

    assert (
        harvester.request("Identify").xpath("string(//*[local-name() = 'repositoryIdentifier'])") == "read.example.int"
    )
    assert harvester.request("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}identifier") == (
        "oai:read.example.int:CWG-Internet-22-OUT-1"
    )
    reader_site.close()


def test_a_dublin_core_record_has_the_data_of_the_page(reader_site: ReaderSite, harvester: Harvester) -> None:
    statement = {"state": "KEN", "kind": "reservation", "text": "La position du Kenya.", "language": "fr"}
    topics = {"iot": {"en": "Internet of things", "fr": "Internet des objets"}}
    page = reader_site.settings.read_url + reader_site.release(1, topics=topics, statements=[statement])

    root = harvester.request("GetRecord", identifier=f"oai:{HOST}:CWG-Internet-22-OUT-1", metadataPrefix="oai_dc")

    dc = [(each.tag.removeprefix(DC), each.get(LANG), each.text) for each in root.iter(f"{DC}*")]
    assert [each[1:] for each in dc if each[0] == "title"] == [("ar", "تقرير 1"), ("en", "Report 1 & more")]
    assert [each[1:] for each in dc if each[0] == "subject"] == [
        ("en", "Internet of things"),
        ("fr", "Internet des objets"),
    ]
    assert ("description", "en", "Kenya: Reservation") in dc
    assert {language for element, language, _ in dc if element == "description"} == set(LANGUAGES)
    assert {element: words for element, language, words in dc if language is None} | {
        "language": "",
        "relation": "",
    } == {
        "date": "2026-09-09",
        "type": "Text",
        "format": DOCX,
        "identifier": "CWG-Internet 22/OUT/1",
        "language": "",
        "relation": "",
    }
    assert ("identifier", None, page) in dc
    assert [words for element, _, words in dc if element == "language"] == ["ar", "en", "fr"]
    assert [words for element, _, words in dc if element == "relation"] == [
        *(f"{page}/files/{code}" for code in ("ar", "en", "fr")),
        f"{page}.manifest.json",
    ]
    assert "La position du Kenya." not in etree.tostring(root, encoding=str)
    assert [each.text for each in root.iter(f"{OAI}setSpec")] == [
        "group.cwg-internet",
        "year.2026",
        "meeting.22",
        "kind.report",
        "topic.iot",
        "language.ar",
        "language.en",
        "language.fr",
    ]


def test_a_list_comes_in_parts_in_the_order_of_datestamps(
    reader_site: ReaderSite, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_hourly(reader_site, (3, 1, 2, 5, 4))
    monkeypatch.setattr(EACH, 2)

    first = harvester.request("ListRecords", metadataPrefix="oai_dc")
    token = first.find(f".//{OAI}resumptionToken")
    second = harvester.request("ListRecords", resumptionToken=token.text)
    third = harvester.request("ListRecords", resumptionToken=second.findtext(f".//{OAI}resumptionToken"))

    assert (list_slugs_of(first), list_slugs_of(second), list_slugs_of(third)) == (["3", "1"], ["2", "5"], ["4"])
    ends = [root.find(f".//{OAI}resumptionToken") for root in (first, second, third)]
    assert [(each.get("cursor"), each.get("completeListSize")) for each in ends] == [("0", "5"), ("2", "5"), ("4", "5")]
    assert not ends[-1].text
    assert len(list(third.iter(f"{OAI}metadata"))) == 1
    monkeypatch.setattr(EACH, 5)
    assert harvester.request("ListRecords", metadataPrefix="oai_dc").find(f".//{OAI}resumptionToken") is None


def test_a_token_holds_no_data_of_its_reader_and_survives_a_restart(
    reader_site: ReaderSite, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_hourly(reader_site, (1, 2, 3))
    monkeypatch.setattr(EACH, 2)
    ada, bo = Harvester(reader_site), Harvester(reader_site)

    tokens = {
        each.request("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken")
        for each in (ada, bo)
    }

    assert (ada.address == bo.address, len(tokens)) == (False, 1)
    again = ReaderSite(settings, tmp_path)
    assert list_slugs_of(Harvester(again).request("ListIdentifiers", resumptionToken=tokens.pop())) == ["3"]
    again.close()


def test_a_list_continued_after_a_release_misses_nothing(
    reader_site: ReaderSite, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_hourly(reader_site, (1, 2, 3))
    monkeypatch.setattr(EACH, 2)
    token = harvester.request("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken")

    reader_site.release(4, released_at=NOON + timedelta(days=1))

    assert list_slugs_of(harvester.request("ListIdentifiers", resumptionToken=token)) == ["3", "4"]


def test_a_stale_process_asks_to_retry_later(reader_site: ReaderSite, settings: Settings, tmp_path: Path) -> None:
    release_hourly(reader_site, (1, 2))
    behind = ReaderSite(settings, tmp_path)
    assert len(behind.catalogue.outputs) == 2
    reader_site.release(3, released_at=NOON + timedelta(days=1))
    wish = ListRequest(verb="ListIdentifiers", after="CWG-Internet-22-OUT-2", at=1, given=2, size=3, number=3)

    one, other = (Harvester(each) for each in (reader_site, behind))

    assert list_slugs_of(one.request("ListIdentifiers", resumptionToken=wish.encode_token())) == ["1", "2", "3"]
    answer = other.client.get(f"{other.address}?verb=ListIdentifiers&resumptionToken={wish.encode_token()}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    behind.renew()
    assert list_slugs_of(other.request("ListIdentifiers", resumptionToken=wish.encode_token())) == ["1", "2", "3"]
    behind.close()


def test_date_ranges_are_inclusive_and_exact_to_the_second(reader_site: ReaderSite, harvester: Harvester) -> None:
    reader_site.release(1, released_at=NOON)
    reader_site.release(2, released_at=NOON + timedelta(seconds=1, microseconds=1))
    reader_site.release(3, released_at=NOON + timedelta(days=1))

    assert harvester.list_slugs(from_="2026-09-21T12:00:00Z", until="2026-09-21T12:00:01Z") == ["1"]
    assert harvester.list_slugs(from_="2026-09-21T12:00:02Z", until="2026-09-21T12:00:02Z") == [
        "2"
    ]  # no release was before this date
    assert harvester.list_slugs(from_="2026-09-21T12:00:01Z") == ["2", "3"]
    assert harvester.list_slugs(from_="2026-09-21", until="2026-09-21") == ["1", "2"]
    assert harvester.list_slugs(from_="2026-09-22") == ["3"]
    assert harvester.list_slugs(until="2026-09-22") == ["1", "2", "3"]
    assert harvester.error_code("ListRecords", metadataPrefix="oai_dc", from_="2027-01-01") == "noRecordsMatch"
    assert harvester.error_code("ListRecords", metadataPrefix="oai_dc", until="1960-01-01") == "noRecordsMatch"


def test_sets_are_the_facets(reader_site: ReaderSite, harvester: Harvester, monkeypatch: pytest.MonkeyPatch) -> None:
    assert harvester.error_code("ListSets") == "noSetHierarchy"
    reader_site.release(1, topics={"iot": {"en": "Internet of things", "ru": "Интернет вещей"}})
    reader_site.release(2, kind="decision", languages=("en", "ru"), released_at=NOON + timedelta(days=200))
    reader_site.release(3, meeting=23, released_at=NOON + timedelta(days=201))
    monkeypatch.setattr(EACH, 1)

    sets = harvester.request("ListSets").findall(f".//{OAI}set")

    assert [each.findtext(f"{OAI}setSpec") for each in sets] == [
        "group.cwg-internet",
        *("year.2026", "year.2027", "meeting.22", "meeting.23", "kind.decision", "kind.report", "topic.iot"),
        *("language.ar", "language.en", "language.fr", "language.ru"),
    ]
    iot = sets[7]
    assert iot.findtext(f"{OAI}setName") == "Topic: Internet of things"
    titles = {each.get(LANG): each.text for each in iot.iter(f"{DC}title")}
    assert (titles["ru"], len(titles)) == ("Тема: Интернет вещей", 6)
    chosen = {each.findtext(f"{OAI}setSpec"): harvester.list_slugs(set=each.findtext(f"{OAI}setSpec")) for each in sets}
    assert chosen["year.2026"] == chosen["topic.iot"] == ["1"]
    assert (chosen["language.ru"], chosen["language.en"]) == (["2"], ["1", "2", "3"])
    assert (chosen["meeting.23"], chosen["kind.decision"]) == (["3"], ["2"])
    assert harvester.list_slugs(set="kind.report", from_="2027-01-01") == ["3"]


def test_a_withdrawn_output_is_a_deleted_record(
    reader_site: ReaderSite, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = {"iot": {"en": "Internet of things"}}
    for number in (1, 2, 3):
        reader_site.release(number, topics=topics, released_at=NOON + timedelta(hours=number))
    monkeypatch.setattr(EACH, 2)
    named = f"oai:{HOST}:CWG-Internet-22-OUT-1"
    whole = harvester.request("GetRecord", identifier=named, metadataPrefix="oai_dc")
    first_token = harvester.request("ListRecords", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken")

    reader_site.withdraw(1, withdrawn_at=NOON + timedelta(days=3, microseconds=1))

    deleted = harvester.request("GetRecord", identifier=named, metadataPrefix="oai_dc")
    header = deleted.find(f".//{OAI}header")
    assert (header.get("status"), header.findtext(f"{OAI}datestamp")) == ("deleted", "2026-09-24T12:00:01Z")
    assert (deleted.find(f".//{OAI}metadata"), whole.find(f".//{OAI}metadata") is None) == (None, False)
    assert [each.text for each in deleted.iter(f"{OAI}setSpec")] == [each.text for each in whole.iter(f"{OAI}setSpec")]
    assert list_slugs_of(harvester.request("ListRecords", resumptionToken=first_token)) == ["3", "1"]
    assert harvester.list_slugs() == harvester.list_slugs(set="topic.iot") == ["2", "3", "1"]
    assert harvester.list_slugs(until="2026-09-21") == ["2", "3"]
    assert harvester.list_slugs(from_="2026-09-24", set="language.fr") == ["1"]
    assert harvester.error_code("ListRecords", metadataPrefix="oai_dc", set="language.ru") == "noRecordsMatch"
    assert harvester.error_code("ListMetadataFormats", identifier=named) == "noMetadataFormats"
    assert harvester.request("Identify").findtext(f".//{OAI}earliestDatestamp") == "2026-09-21T14:00:00Z"


WRONG = [
    ("badVerb", [("verb", "Harvest")]),
    ("badVerb", []),
    ("badVerb", [("verb", "Identify"), ("verb", "Identify")]),
    ("badArgument", [("verb", "Identify"), ("set", "kind.report")]),
    ("badArgument", [("verb", "ListRecords")]),
    ("badArgument", [("verb", "GetRecord"), ("metadataPrefix", "oai_dc")]),
    ("badArgument", [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "a\x00b")]),
    ("badArgument", [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("metadataPrefix", "oai_dc")]),
    ("badArgument", [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("\x00<", "1")]),
    ("badArgument", [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("resumptionToken", "x")]),
    *(
        ("badArgument", [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), *more])
        for more in (
            [("from", "yesterday")],
            [("from", "2026-02-30")],
            [("from", "2026-9-1")],
            [("from", "0000-01-01")],
            [("from", "2026-09-21T12:00:00")],
            [("from", "2026-09-21"), ("until", "2026-09-21T12:00:00Z")],
            [("from", "2026-09-22"), ("until", "2026-09-21")],
            [("set", "secret")],
            [("set", "year.x")],
        )
    ),
    ("cannotDisseminateFormat", [("verb", "ListRecords"), ("metadataPrefix", "marc21")]),
    ("cannotDisseminateFormat", [("verb", "GetRecord"), ("metadataPrefix", "m"), ("identifier", f"oai:{HOST}:x")]),
    ("idDoesNotExist", [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", f"oai:{HOST}:x")]),
    ("idDoesNotExist", [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "CWG-Internet-22-OUT-1")]),
    ("idDoesNotExist", [("verb", "ListMetadataFormats"), ("identifier", f"oai:{HOST}:x")]),
    ("noRecordsMatch", [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("set", "kind.decision")]),
    ("badResumptionToken", [("verb", "ListSets"), ("resumptionToken", "x")]),
    *(
        ("badResumptionToken", [("verb", "ListRecords"), ("resumptionToken", token)])
        for token in (
            "x",
            "e30",
            "bnVsbA",
            "W1tbW1tb" * 100,
            ListRequest(verb="ListIdentifiers", after="x").encode_token(),  # a token of the other list
            ListRequest(verb="ListRecords").encode_token(),  # a token of the first page, which the site never issues
            ListRequest(verb="ListRecords", after="x", set="secret").encode_token(),
            ListRequest(verb="ListRecords", after="x").encode_token() + "=",
        )
    ),
]


@pytest.mark.parametrize(("code", "pairs"), WRONG, ids=lambda each: each if isinstance(each, str) else urlencode(each))
def test_an_invalid_request_gets_the_error_code_of_the_protocol(
    reader_site: ReaderSite, harvester: Harvester, code: str, pairs: list[tuple[str, str]]
) -> None:
    reader_site.release(1)

    root = harvester.parse_valid(harvester.client.get(f"{harvester.address}?{urlencode(pairs)}"))

    assert root.find(f"{OAI}error").get("code") == code
    attributes = dict(root.find(f"{OAI}request").attrib)
    assert attributes == ({} if code in {"badVerb", "badArgument"} else dict(pairs))


def test_a_request_may_be_posted_as_a_form(reader_site: ReaderSite, harvester: Harvester) -> None:
    reader_site.release(1)
    form = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}

    root = harvester.parse_valid(harvester.client.post(harvester.address, data=form))

    assert list_slugs_of(root) == ["1"]
    other = harvester.parse_valid(harvester.client.post(harvester.address, json=form))
    assert other.find(f"{OAI}error").get("code") == "badVerb"


def test_without_a_valid_key_nothing_is_served(reader_site: ReaderSite, harvester: Harvester) -> None:
    reader_site.release(1)
    assert harvester.list_slugs() == ["1"]

    signed_in = reader_site.browser("member_state")
    for client in (harvester.client, signed_in):
        for wrong in (harvester.address[:-1], "/oai/x", f"/oai/{reader_site.cookie('academia')}"):
            for method in ("GET", "POST"):
                assert client.request(method, f"{wrong}?verb=Identify").status_code == 404
    assert "noRecordsMatch" in signed_in.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
    with clock.shifted_clock(FEED_KEY_LIFETIME + timedelta(seconds=1)):
        assert harvester.client.get(f"{harvester.address}?verb=Identify").status_code == 404


def test_a_response_date_is_not_after_the_last_confirmed_state(reader_site: ReaderSite, harvester: Harvester) -> None:
    reader_site.release(1)
    confirmed_at = reader_site.state.refresher.confirmed_at

    with clock.shifted_clock(timedelta(hours=1)):  # no confirmation from the database since
        response_date = harvester.request("Identify").findtext(f"{OAI}responseDate")

    assert datetime.strptime(response_date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) <= confirmed_at - DATE_MARGIN


def test_readers_find_the_address_on_the_page_of_feeds(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    page = reader_site.browser("academia").get("/feeds?lang=en").text
    address = page.partition(f'href="{reader_site.settings.read_url}/oai/')[2].partition('"')[0]

    root = Harvester.parse_valid(None, reader_site.browser().get(f"/oai/{address}?verb=Identify"))

    assert root.findtext(f".//{OAI}baseURL").endswith(address)
    assert "OAI-PMH" in reader_site.browser().get("/help?lang=en").text


@pytest.fixture
def served_site(settings: Settings, tmp_path: Path) -> Iterator[tuple[ReaderSite, str]]:
    """A reader site behind a real server, with a feed address."""
    port = free_port()
    reader_site = ReaderSite(settings.model_copy(update={"read_url": f"http://{HOST}:{port}"}), tmp_path)
    with served(reader_site.app, port):
        yield reader_site, f"http://{HOST}:{port}/oai/{create_feed_key(reader_site.state)}"
    reader_site.close()


def test_an_independent_harvester_gets_every_record(
    served_site: tuple[ReaderSite, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_site, address = served_site
    release_hourly(reader_site, (3, 1, 2))
    monkeypatch.setattr(EACH, 2)

    with Scythe(address) as scythe:
        records = list(scythe.list_records())
        since = list(scythe.list_identifiers(from_="2026-09-21T13:00:00Z", set_="language.fr"))
        one = scythe.get_record(identifier=f"oai:{HOST}:CWG-Internet-22-OUT-1")
        assert len(list(scythe.list_sets())) == 7
        assert [each.metadataPrefix for each in scythe.list_metadata_formats()] == ["oai_dc"]
        assert scythe.identify().granularity == "YYYY-MM-DDThh:mm:ssZ"

    assert [each.header.identifier.rpartition("-")[2] for each in records] == ["3", "1", "2"]
    assert [each.identifier.rpartition("-")[2] for each in since] == ["1", "2"]
    assert one.metadata["title"] == ["تقرير 1", "Report 1 & more"]
    assert one.metadata["identifier"][0].endswith("/outputs/CWG-Internet-22-OUT-1")
