"""OAI-PMH: what libraries harvest, checked against the protocol and by a harvester of other hands."""

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
from app.dissemination.feeds import FEED_KEY_LIFETIME
from app.dissemination.oai.requests import ListRequest
from app.dissemination.oai.routes import DATE_MARGIN
from app.settings import Settings
from tests.dissemination.read_path_site import DOCX, NOON, Place
from tests.http_server import free_port, served

OAI, DC = "{http://www.openarchives.org/OAI/2.0/}", "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
GRAMMAR = etree.RelaxNG(etree.parse(str(Path(__file__).with_name("oai.rng"))))
EACH = "app.dissemination.oai.items.ITEMS_PER_PART"
HOST = "127.0.0.1"


class Harvester:
    """Asks with a key of its own; every answer has to be as the protocol says."""

    def __init__(self, place: Place, client: TestClient | None = None) -> None:
        self.client = client or place.browser()
        self.address = f"/oai/{place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)}"

    def ask(self, verb: str, **arguments: str) -> etree._Element:
        """The document that answers."""
        given = {name.rstrip("_"): value for name, value in arguments.items()}
        return self.checked(self.client.get(f"{self.address}?{urlencode({'verb': verb} | given)}"))

    def checked(self, answer: object) -> etree._Element:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        root = etree.fromstring(answer.content)
        GRAMMAR.assertValid(root)
        return root

    def error(self, verb: str, **arguments: str) -> str:
        """The code of the error that answers."""
        return self.ask(verb, **arguments).find(f"{OAI}error").get("code")

    def list(self, verb: str = "ListIdentifiers", **arguments: str) -> list[str]:
        """The slugs of a list, all parts of it."""
        found: list[str] = []
        root = self.ask(verb, metadataPrefix="oai_dc", **arguments)
        while True:
            found += slugs(root)
            token = root.findtext(f".//{OAI}resumptionToken")
            if not token:
                return found
            root = self.ask(verb, resumptionToken=token)


def slugs(root: etree._Element) -> list[str]:
    return [each.text.rpartition("-")[2] for each in root.iter(f"{OAI}identifier")]


@pytest.fixture
def harvester(place: Place) -> Harvester:
    return Harvester(place)


def several(place: Place, numbers: Sequence[int]) -> None:
    """Released an hour apart, the first number first."""
    for at, number in enumerate(numbers):
        place.release(number, released_at=NOON + timedelta(hours=at))


def test_it_says_what_it_is(place: Place, harvester: Harvester) -> None:
    assert harvester.ask("Identify").findtext(f".//{OAI}earliestDatestamp") == "2026-01-01T00:00:00Z"

    place.release(1)
    said = {each.tag.removeprefix(OAI): each.text for each in harvester.ask("Identify").find(f"{OAI}Identify")}

    assert said == {
        "repositoryName": "CWG-Internet, released outputs",
        "baseURL": place.settings.read_url + harvester.address,
        "protocolVersion": "2.0",
        "adminEmail": f"postmaster@{HOST}",
        "earliestDatestamp": "2026-09-21T12:00:00Z",
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
    }


def test_where_it_has_a_name_it_says_how_identifiers_are_made(settings: Settings, tmp_path: Path) -> None:
    place = Place(
        settings.model_copy(update={"read_url": "https://read.example.int", "oidc_client_secret": SecretStr("x")}),
        tmp_path,
    )
    place.release(1)
    harvester = Harvester(place, place.browser())

    assert harvester.ask("Identify").xpath("string(//*[local-name() = 'repositoryIdentifier'])") == "read.example.int"
    assert harvester.ask("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}identifier") == (
        "oai:read.example.int:CWG-Internet-22-OUT-1"
    )
    place.close()


def test_a_record_says_in_dublin_core_what_the_page_says(place: Place, harvester: Harvester) -> None:
    said = {"state": "KEN", "kind": "reservation", "text": "La position du Kenya.", "language": "fr"}
    topics = {"iot": {"en": "Internet of things", "fr": "Internet des objets"}}
    page = place.settings.read_url + place.release(1, topics=topics, statements=[said])

    root = harvester.ask("GetRecord", identifier=f"oai:{HOST}:CWG-Internet-22-OUT-1", metadataPrefix="oai_dc")

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
        "year.2026",
        "meeting.22",
        "kind.report",
        "topic.iot",
        "language.ar",
        "language.en",
        "language.fr",
    ]


def test_a_list_comes_in_parts_in_the_order_of_datestamps(
    place: Place, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(place, (3, 1, 2, 5, 4))
    monkeypatch.setattr(EACH, 2)

    first = harvester.ask("ListRecords", metadataPrefix="oai_dc")
    token = first.find(f".//{OAI}resumptionToken")
    second = harvester.ask("ListRecords", resumptionToken=token.text)
    third = harvester.ask("ListRecords", resumptionToken=second.findtext(f".//{OAI}resumptionToken"))

    assert (slugs(first), slugs(second), slugs(third)) == (["3", "1"], ["2", "5"], ["4"])
    ends = [root.find(f".//{OAI}resumptionToken") for root in (first, second, third)]
    assert [(each.get("cursor"), each.get("completeListSize")) for each in ends] == [("0", "5"), ("2", "5"), ("4", "5")]
    assert not ends[-1].text
    assert len(list(third.iter(f"{OAI}metadata"))) == 1
    monkeypatch.setattr(EACH, 5)
    assert harvester.ask("ListRecords", metadataPrefix="oai_dc").find(f".//{OAI}resumptionToken") is None


def test_a_token_holds_nothing_of_its_reader_and_survives_a_restart(
    place: Place, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(place, (1, 2, 3))
    monkeypatch.setattr(EACH, 2)
    ada, bo = Harvester(place), Harvester(place)

    tokens = {
        each.ask("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken") for each in (ada, bo)
    }

    assert (ada.address == bo.address, len(tokens)) == (False, 1)
    again = Place(settings, tmp_path)
    assert slugs(Harvester(again).ask("ListIdentifiers", resumptionToken=tokens.pop())) == ["3"]
    again.close()


def test_a_list_that_goes_on_while_something_is_released_misses_nothing(
    place: Place, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(place, (1, 2, 3))
    monkeypatch.setattr(EACH, 2)
    token = harvester.ask("ListIdentifiers", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken")

    place.release(4, released_at=NOON + timedelta(days=1))

    assert slugs(harvester.ask("ListIdentifiers", resumptionToken=token)) == ["3", "4"]


def test_a_process_that_is_behind_asks_to_wait(place: Place, settings: Settings, tmp_path: Path) -> None:
    several(place, (1, 2))
    behind = Place(settings, tmp_path)
    assert len(behind.catalogue.outputs) == 2
    place.release(3, released_at=NOON + timedelta(days=1))
    wish = ListRequest(verb="ListIdentifiers", after="CWG-Internet-22-OUT-2", at=1, given=2, size=3, number=3)

    one, other = (Harvester(each) for each in (place, behind))

    assert slugs(one.ask("ListIdentifiers", resumptionToken=wish.encode_token())) == ["1", "2", "3"]
    answer = other.client.get(f"{other.address}?verb=ListIdentifiers&resumptionToken={wish.encode_token()}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    behind.renew()
    assert slugs(other.ask("ListIdentifiers", resumptionToken=wish.encode_token())) == ["1", "2", "3"]
    behind.close()


def test_dates_choose_to_the_second_and_both_ends_count(place: Place, harvester: Harvester) -> None:
    place.release(1, released_at=NOON)
    place.release(2, released_at=NOON + timedelta(seconds=1, microseconds=1))
    place.release(3, released_at=NOON + timedelta(days=1))

    assert harvester.list(from_="2026-09-21T12:00:00Z", until="2026-09-21T12:00:01Z") == ["1"]
    assert harvester.list(from_="2026-09-21T12:00:02Z", until="2026-09-21T12:00:02Z") == ["2"]  # never before it was
    assert harvester.list(from_="2026-09-21T12:00:01Z") == ["2", "3"]
    assert harvester.list(from_="2026-09-21", until="2026-09-21") == ["1", "2"]
    assert harvester.list(from_="2026-09-22") == ["3"]
    assert harvester.list(until="2026-09-22") == ["1", "2", "3"]
    assert harvester.error("ListRecords", metadataPrefix="oai_dc", from_="2027-01-01") == "noRecordsMatch"
    assert harvester.error("ListRecords", metadataPrefix="oai_dc", until="1960-01-01") == "noRecordsMatch"


def test_sets_are_the_facets(place: Place, harvester: Harvester, monkeypatch: pytest.MonkeyPatch) -> None:
    assert harvester.error("ListSets") == "noSetHierarchy"
    place.release(1, topics={"iot": {"en": "Internet of things", "ru": "Интернет вещей"}})
    place.release(2, kind="decision", languages=("en", "ru"), released_at=NOON + timedelta(days=200))
    place.release(3, meeting=23, released_at=NOON + timedelta(days=201))
    monkeypatch.setattr(EACH, 1)

    sets = harvester.ask("ListSets").findall(f".//{OAI}set")

    assert [each.findtext(f"{OAI}setSpec") for each in sets] == [
        *("year.2026", "year.2027", "meeting.22", "meeting.23", "kind.decision", "kind.report", "topic.iot"),
        *("language.ar", "language.en", "language.fr", "language.ru"),
    ]
    iot = sets[6]
    assert iot.findtext(f"{OAI}setName") == "Topic: Internet of things"
    titles = {each.get(LANG): each.text for each in iot.iter(f"{DC}title")}
    assert (titles["ru"], len(titles)) == ("Тема: Интернет вещей", 6)
    chosen = {each.findtext(f"{OAI}setSpec"): harvester.list(set=each.findtext(f"{OAI}setSpec")) for each in sets}
    assert chosen["year.2026"] == chosen["topic.iot"] == ["1"]
    assert (chosen["language.ru"], chosen["language.en"]) == (["2"], ["1", "2", "3"])
    assert (chosen["meeting.23"], chosen["kind.decision"]) == (["3"], ["2"])
    assert harvester.list(set="kind.report", from_="2027-01-01") == ["3"]


def test_what_was_withdrawn_is_told_as_deleted_from_then_on(
    place: Place, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = {"iot": {"en": "Internet of things"}}
    for number in (1, 2, 3):
        place.release(number, topics=topics, released_at=NOON + timedelta(hours=number))
    monkeypatch.setattr(EACH, 2)
    named = f"oai:{HOST}:CWG-Internet-22-OUT-1"
    whole = harvester.ask("GetRecord", identifier=named, metadataPrefix="oai_dc")
    begun = harvester.ask("ListRecords", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken")

    place.withdraw(1, withdrawn_at=NOON + timedelta(days=3, microseconds=1))

    gone = harvester.ask("GetRecord", identifier=named, metadataPrefix="oai_dc")
    header = gone.find(f".//{OAI}header")
    assert (header.get("status"), header.findtext(f"{OAI}datestamp")) == ("deleted", "2026-09-24T12:00:01Z")
    assert (gone.find(f".//{OAI}metadata"), whole.find(f".//{OAI}metadata") is None) == (None, False)
    assert [each.text for each in gone.iter(f"{OAI}setSpec")] == [each.text for each in whole.iter(f"{OAI}setSpec")]
    assert slugs(harvester.ask("ListRecords", resumptionToken=begun)) == ["3", "1"]
    assert harvester.list() == harvester.list(set="topic.iot") == ["2", "3", "1"]
    assert harvester.list(until="2026-09-21") == ["2", "3"]
    assert harvester.list(from_="2026-09-24", set="language.fr") == ["1"]
    assert harvester.error("ListRecords", metadataPrefix="oai_dc", set="language.ru") == "noRecordsMatch"
    assert harvester.error("ListMetadataFormats", identifier=named) == "noMetadataFormats"
    assert harvester.ask("Identify").findtext(f".//{OAI}earliestDatestamp") == "2026-09-21T14:00:00Z"


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
            ListRequest(verb="ListIdentifiers", after="x").encode_token(),  # of the other list
            ListRequest(verb="ListRecords").encode_token(),  # of the beginning: we give none
            ListRequest(verb="ListRecords", after="x", set="secret").encode_token(),
            ListRequest(verb="ListRecords", after="x").encode_token() + "=",
        )
    ),
]


@pytest.mark.parametrize(("code", "pairs"), WRONG, ids=lambda each: each if isinstance(each, str) else urlencode(each))
def test_what_cannot_be_answered_is_refused_in_the_words_of_the_protocol(
    place: Place, harvester: Harvester, code: str, pairs: list[tuple[str, str]]
) -> None:
    place.release(1)

    root = harvester.checked(harvester.client.get(f"{harvester.address}?{urlencode(pairs)}"))

    assert root.find(f"{OAI}error").get("code") == code
    said = dict(root.find(f"{OAI}request").attrib)
    assert said == ({} if code in {"badVerb", "badArgument"} else dict(pairs))


def test_a_question_may_come_as_a_form(place: Place, harvester: Harvester) -> None:
    place.release(1)
    form = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}

    root = harvester.checked(harvester.client.post(harvester.address, data=form))

    assert slugs(root) == ["1"]
    other = harvester.checked(harvester.client.post(harvester.address, json=form))
    assert other.find(f"{OAI}error").get("code") == "badVerb"


def test_who_has_no_key_of_ours_learns_nothing(place: Place, harvester: Harvester) -> None:
    place.release(1)
    assert harvester.list() == ["1"]

    signed_in = place.browser("member_state")
    for client in (harvester.client, signed_in):
        for wrong in (harvester.address[:-1], "/oai/x", f"/oai/{place.cookie('academia')}"):
            for method in ("GET", "POST"):
                assert client.request(method, f"{wrong}?verb=Identify").status_code == 404
    assert "noRecordsMatch" in signed_in.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
    with clock.shifted_clock(FEED_KEY_LIFETIME + timedelta(seconds=1)):
        assert harvester.client.get(f"{harvester.address}?verb=Identify").status_code == 404


def test_an_answer_is_dated_when_everything_until_then_was_known(place: Place, harvester: Harvester) -> None:
    place.release(1)
    known = place.library.refresher.confirmed_at

    with clock.shifted_clock(timedelta(hours=1)):  # the database has been silent since
        said = harvester.ask("Identify").findtext(f"{OAI}responseDate")

    assert datetime.strptime(said, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) <= known - DATE_MARGIN


def test_readers_find_the_address_beside_the_feeds(place: Place) -> None:
    place.release(1)
    page = place.browser("academia").get("/feeds?lang=en").text
    address = page.partition(f'href="{place.settings.read_url}/oai/')[2].partition('"')[0]

    root = Harvester.checked(None, place.browser().get(f"/oai/{address}?verb=Identify"))

    assert root.findtext(f".//{OAI}baseURL").endswith(address)
    assert "OAI-PMH" in place.browser().get("/help?lang=en").text


@pytest.fixture
def harvested(settings: Settings, tmp_path: Path) -> Iterator[tuple[Place, str]]:
    """A place behind a real server."""
    port = free_port()
    place = Place(settings.model_copy(update={"read_url": f"http://{HOST}:{port}"}), tmp_path)
    with served(place.app, port):
        yield place, f"http://{HOST}:{port}/oai/{place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)}"
    place.close()


def test_a_harvester_of_other_hands_gets_all_of_it(
    harvested: tuple[Place, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, address = harvested
    several(place, (3, 1, 2))
    monkeypatch.setattr(EACH, 2)

    with Scythe(address) as scythe:
        records = list(scythe.list_records())
        since = list(scythe.list_identifiers(from_="2026-09-21T13:00:00Z", set_="language.fr"))
        one = scythe.get_record(identifier=f"oai:{HOST}:CWG-Internet-22-OUT-1")
        assert len(list(scythe.list_sets())) == 6
        assert [each.metadataPrefix for each in scythe.list_metadata_formats()] == ["oai_dc"]
        assert scythe.identify().granularity == "YYYY-MM-DDThh:mm:ssZ"

    assert [each.header.identifier.rpartition("-")[2] for each in records] == ["3", "1", "2"]
    assert [each.identifier.rpartition("-")[2] for each in since] == ["1", "2"]
    assert one.metadata["title"] == ["تقرير 1", "Report 1 & more"]
    assert one.metadata["identifier"][0].endswith("/outputs/CWG-Internet-22-OUT-1")
