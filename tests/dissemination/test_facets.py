"""Facets: what is chosen is what fits, every number is right, and the same address chooses everywhere."""

import html
import io
import random
import re
import zipfile
from datetime import UTC, datetime
from itertools import product

import pytest

from app.core.i18n import LANGUAGES
from app.dissemination.facet_links import MAX_FACET_VALUES, list_facets
from app.dissemination.facets import FACET_VALUES
from app.dissemination.filters import FACETS, FilterChoice
from app.domain.releases.queries.releases import CatalogueEntry, CatalogueFile, CatalogueTopic
from tests.dissemination.read_path_site import Place, held
from tests.dissemination.test_json_api import KEY, entries
from tests.dissemination.test_outputs import listed

TOPICS = {"iot": {"en": "Internet of things", "fr": "Internet des objets"}, "ipv6": {"en": "Deployment of IPv6"}}
OFFER = re.compile(r'<a href="([^"]+)"( aria-current="true")?><bdi>([^<]*)</bdi> <small>(\d+)</small>')


def some(number: int, chance: random.Random) -> CatalogueEntry:
    """An output of which nothing is special."""
    texts = chance.sample(LANGUAGES, chance.randint(1, 3))
    return CatalogueEntry(
        slug=f"X-{number}",
        symbol=f"X {number}",
        kind=chance.choice(["report", "decision"]),
        body="x",
        body_names={},
        meeting=chance.randint(1, 4),
        titles={"en": "X"},
        original="en",
        for_action=(),
        for_information=(),
        reply_by=None,
        adopted_on=datetime(2026, 1, 1, tzinfo=UTC).date(),
        adopted_how="meeting",
        released_at=datetime(chance.randint(2020, 2023), 6, 1, tzinfo=UTC),
        texts=tuple(CatalogueFile(language, "0" * 64, 1, "x", "x.pdf") for language in texts),
        statements=(),
        addressees=(),
        topics=tuple(CatalogueTopic(code, {}) for code in chance.sample(["a", "b", "c"], chance.randint(0, 2))),
    )


def released_twice(place: Place) -> None:
    place.release(1, meeting=21, topics={"iot": TOPICS["iot"]}, languages=("en", "fr"))
    place.release(2, kind="decision", topics=TOPICS, languages=("en",))


@pytest.mark.parametrize("how_many", [1, 3, 500])
def test_whatever_is_chosen_is_what_one_would_pick_by_hand(how_many: int) -> None:
    chance = random.Random(how_many)
    outputs = [some(number, chance) for number in range(how_many)]
    catalogue = held(outputs)

    def fits(output: CatalogueEntry, choice: FilterChoice) -> bool:
        return all(value in FACET_VALUES[name](output) for name, value in choice.selected_values().items())

    chosen = 0
    for values in product((None, 2021), (None, 3), (None, "report"), (None, "b"), (None, "zh")):
        choice = FilterChoice(**dict(zip(FACETS, values, strict=True)))
        by_hand = [output for output in outputs if fits(output, choice)]
        chosen += len(by_hand) > 0
        assert list(catalogue.list_outputs(choice)) == by_hand
        assert catalogue.count_outputs(choice) == len(by_hand)
        assert list(catalogue.list_outputs(choice, 1, 3)) == by_hand[1:3]
        for name in FACETS:
            for value, count in catalogue.count_facet_values(choice, name).items():
                there = [output for output in outputs if fits(output, choice.with_changes(**{name: value}))]
                assert (name, value, count) == (name, value, len(there))
    assert chosen


def test_each_value_is_a_link_that_says_how_much_is_left_and_keeps_the_rest(place: Place) -> None:
    released_twice(place)

    page = place.browser("academia").get("/outputs?topic=iot&lang=fr").text

    offers = [(html.unescape(href), bool(here), words, int(count)) for href, here, words, count in OFFER.findall(page)]
    assert offers == [
        ("/outputs?year=2026&topic=iot", False, "2026", 2),
        ("/outputs?meeting=22&topic=iot", False, "22", 1),
        ("/outputs?meeting=21&topic=iot", False, "21", 1),
        ("/outputs?kind=decision&topic=iot", False, "Décision", 1),
        ("/outputs?kind=report&topic=iot", False, "Rapport", 1),
        ("/outputs?topic=iot", True, "Internet des objets", 2),
        ("/outputs?topic=ipv6", False, "Deployment of IPv6", 1),
        ("/outputs?topic=iot&language=en", False, "anglais", 2),
        ("/outputs?topic=iot&language=fr", False, "français", 1),
    ]
    for href, _, _, count in offers:
        assert len(listed(place.browser("academia").get(href).text)) == count


def test_a_value_that_leaves_nothing_is_shown_where_it_was_asked_for(place: Place) -> None:
    released_twice(place)

    page = place.browser("academia").get("/outputs?topic=unheard-of").text

    assert listed(page) == []
    assert ("/outputs?topic=unheard-of", ' aria-current="true"', "unheard-of", "0") in OFFER.findall(page)
    assert "Nothing like this was released." in page


def test_of_many_meetings_the_latest_are_offered_and_the_one_that_was_asked_for() -> None:
    chance = random.Random(1)
    outputs = [some(number, chance) for number in range(MAX_FACET_VALUES + 5)]
    numbered = [
        CatalogueEntry(**{name: getattr(each, name) for name in CatalogueEntry.__slots__} | {"meeting": number})
        for number, each in enumerate(outputs, start=1)
    ]

    choice = FilterChoice(meeting=2)
    (meetings,) = (each for each in list_facets(held(numbered), choice, "en") if each.name == "meeting")

    latest = list(range(MAX_FACET_VALUES + 5, 5, -1))
    assert [each.choice.meeting for each in meetings.offers] == [*latest, 2]
    assert [each.current for each in meetings.offers] == [*(False for _ in latest), True]
    assert meetings.more


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["2", "1"]),
        ("?meeting=21", ["1"]),
        ("?topic=ipv6", ["2"]),
        ("?language=fr", ["1"]),
        ("?language=fr&topic=iot&meeting=21&year=2026&kind=report", ["1"]),
        ("?language=fr&kind=decision", []),
    ],
)
def test_the_same_address_chooses_on_the_page_as_json_as_zip_and_in_the_feed(
    place: Place, query: str, numbers: list[str]
) -> None:
    released_twice(place)
    reader = place.browser("academia")
    symbols = [f"CWG-Internet 22/OUT/{number}" for number in numbers]

    page, data, bundle = (reader.get(f"/outputs{form}{query}") for form in ("", ".json", ".zip"))
    key = KEY.search(reader.get(f"/feeds?lang=en{query.replace('?', '&')}").text)[1]
    feed = place.browser().get(f"/feeds/{key}/en.atom{query}")

    assert listed(page.text) == numbers
    assert [each["symbol"] for each in data.json()] == symbols
    names = zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()
    assert {name[:21] for name in names if name != "manifest.csv"} == {
        s.replace(" ", "-").replace("/", "-") for s in symbols
    }
    assert [each[1].text.split(" Report")[0] for each in entries(feed.text)] == symbols


def test_the_feed_of_a_list_is_offered_beside_it_and_names_what_is_chosen(place: Place) -> None:
    released_twice(place)
    reader = place.browser("academia")
    assert 'href="/feeds?meeting=21&amp;topic=iot"' in reader.get("/outputs?topic=iot&meeting=21").text

    page = reader.get("/feeds?topic=iot&meeting=21&lang=en").text
    addresses = {html.unescape(href) for href in re.findall(r'<a href="([^"]+\.atom[^"]*)"', page)}
    queries = {address.partition(".atom")[2] for address in addresses}

    assert queries >= {"", "?meeting=21&topic=iot", "?topic=ipv6", "?kind=decision", "?language=fr"}
    (address,) = (each for each in addresses if "meeting=21" in each)
    feed = place.browser().get(address).text
    assert "<title>CWG-Internet, released outputs: meeting 21, Internet of things</title>" in feed
    assert '<category term="iot" label="Internet of things" />' in feed


def test_an_output_says_what_it_is_about(place: Place) -> None:
    released_twice(place)
    reader = place.browser("academia")

    page = reader.get("/outputs/CWG-Internet-22-OUT-2?lang=fr").text

    assert re.findall(r'<a href="(/outputs\?topic=[^"]+)">([^<]+)<', page) == [
        ("/outputs?topic=iot", "Internet des objets"),
        ("/outputs?topic=ipv6", "Deployment of IPv6"),
    ]
    assert reader.get("/outputs/CWG-Internet-22-OUT-2.json").json()["topics"] == [
        {"code": code, "names": names} for code, names in TOPICS.items()
    ]
