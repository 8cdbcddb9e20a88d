"""Facets: filters select the matching outputs, every count is right, and an address selects the same everywhere."""

import html
import io
import random
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from app.core.i18n import LANGUAGES
from app.dissemination.facet_links import MAX_FACET_VALUES, list_facets
from app.dissemination.facets import FACET_VALUES
from app.dissemination.filters import FACETS, NO_FILTER, FilterChoice
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, CatalogueFile, CatalogueTopic
from tests.dissemination.read_path_site import ReaderSite, build_catalogue
from tests.dissemination.test_json_api import KEY, list_entries
from tests.dissemination.test_outputs import list_numbers

TOPICS = {"iot": {"en": "Internet of things", "fr": "Internet des objets"}, "ipv6": {"en": "Deployment of IPv6"}}
OFFER = re.compile(r'<a href="([^"]+)"( aria-current="true")?><bdi>([^<]*)</bdi> <small>(\d+)</small>')

BAR = re.compile(
    r'<li><a href="([^"]+)"( aria-current="true")?>([^<]+)</a> <b>(\d+)</b><svg class="bar"[^>]+>'
    r'<rect x="0" y="0" width="([\d.]+)"'
)


def random_output(number: int, chance: random.Random) -> CatalogueEntry:
    """A random output without special properties."""
    texts = chance.sample(LANGUAGES, chance.randint(1, 3))
    return CatalogueEntry(
        slug=f"X-{number}",
        symbol=f"X {number}",
        kind=chance.choice(["report", "decision"]),
        body=chance.choice(["a", "b"]),
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
        mandates=tuple(CatalogueTopic(code, {}) for code in chance.sample(["d", "d/1", "e"], chance.randint(0, 2))),
        action_lines=tuple(CatalogueTopic(code, {}) for code in chance.sample(["C5", "C2"], chance.randint(0, 2))),
        questions=tuple(CatalogueTopic(code, {}) for code in chance.sample(["Q6/3", "Q2/3"], chance.randint(0, 2))),
    )


def release_two(reader_site: ReaderSite) -> None:
    reader_site.release(1, meeting=21, topics={"iot": TOPICS["iot"]}, languages=("en", "fr"))
    reader_site.release(2, kind="decision", topics=TOPICS, languages=("en",))


@pytest.mark.parametrize("how_many", [1, 3, 500])
def test_filters_select_exactly_the_matching_outputs(how_many: int) -> None:
    chance = random.Random(how_many)
    outputs = [random_output(number, chance) for number in range(how_many)]
    catalogue = build_catalogue(outputs)

    def fits(output: CatalogueEntry, choice: FilterChoice) -> bool:
        return all(value in FACET_VALUES[name](output) for name, value in choice.selected_values().items())

    chosen = 0
    choices = list(product(*((None, each) for each in ("b", 2021, 3, "report", "b", "d", "C5", "Q6/3", "zh"))))
    for values in chance.sample(choices, 64):
        choice = FilterChoice(**dict(zip(FACETS, values, strict=True)))
        by_hand = [output for output in outputs if fits(output, choice)]
        chosen += len(by_hand) > 0
        assert list(catalogue.list_outputs(choice)) == by_hand
        assert catalogue.count_outputs(choice) == len(by_hand)
        assert list(catalogue.list_outputs(choice, 1, 3)) == by_hand[1:3]
        for name in FACETS:
            for value, count in catalogue.count_facet_values(choice, name).items():
                matching = [output for output in outputs if fits(output, choice.with_changes(**{name: value}))]
                assert (name, value, count) == (name, value, len(matching))
    assert chosen


def test_each_value_is_a_link_with_a_count_that_keeps_the_other_filters(reader_site: ReaderSite) -> None:
    release_two(reader_site)

    page = reader_site.browser("academia").get("/outputs?topic=iot&lang=fr").text

    offers = [
        (html.unescape(href), bool(current), words, int(count)) for href, current, words, count in OFFER.findall(page)
    ]
    assert offers == [
        ("/outputs?year=2026&topic=iot", False, "2026", 2),
        ("/outputs?kind=decision&topic=iot", False, "Décision", 1),
        ("/outputs?kind=report&topic=iot", False, "Rapport", 1),
        ("/outputs?meeting=22&topic=iot", False, "22", 1),
        ("/outputs?meeting=21&topic=iot", False, "21", 1),
        ("/outputs?topic=iot", True, "Internet des objets", 2),
        ("/outputs?topic=ipv6", False, "Deployment of IPv6", 1),
        ("/outputs?topic=iot&language=en", False, "anglais", 2),
        ("/outputs?topic=iot&language=fr", False, "français", 1),
    ]
    for href, _, _, count in offers:
        assert len(list_numbers(reader_site.browser("academia").get(href).text)) == count


def test_what_was_released_by_topic_is_drawn_as_links_with_the_counts_of_the_list(reader_site: ReaderSite) -> None:
    release_two(reader_site)
    reader_site.release(3, topics={"iot": TOPICS["iot"]})
    members = reader_site.browser("academia")

    assert BAR.findall(members.get("/?lang=en").text) == [
        ("/outputs?topic=iot", "", "Internet of things", "3", "100.0"),
        ("/outputs?topic=ipv6", "", "Deployment of IPv6", "1", "33.3"),
    ]
    assert BAR.findall(members.get("/outputs?topic=ipv6&lang=en").text)[1][1] == ' aria-current="true"'


def test_an_output_for_members_changes_no_bar_of_the_public(reader_site: ReaderSite) -> None:
    public = {"addressees": ["membership", "public"]}
    reader_site.release(1, topics=TOPICS, **public)
    reader_site.release(2, topics={"iot": TOPICS["iot"]}, **public)

    def list_bars(membership: str | None) -> list[tuple[str, str]]:
        page = reader_site.browser(membership).get("/outputs?lang=en").text
        return [(label, count) for _href, _current, label, count, _width in BAR.findall(page)]

    before = list_bars(None)
    assert before == list_bars("academia") == [("Internet of things", "2"), ("Deployment of IPv6", "1")]
    reader_site.release(3, topics={"ipv6": TOPICS["ipv6"]}, released_at=datetime(2025, 6, 1, 12, tzinfo=UTC))

    assert list_bars(None) == before
    assert list_bars("academia") == [
        ("2026", "2"),
        ("2025", "1"),
        ("Internet of things", "2"),
        ("Deployment of IPv6", "2"),
    ]


def test_a_selected_value_without_results_is_shown(reader_site: ReaderSite) -> None:
    release_two(reader_site)

    page = reader_site.browser("academia").get("/outputs?topic=unheard-of").text

    assert list_numbers(page) == []
    assert ("/outputs?topic=unheard-of", ' aria-current="true"', "unheard-of", "0") in OFFER.findall(page)
    assert "No released outputs match these filters." in page


def test_of_many_meetings_the_latest_and_the_selected_one_are_offered() -> None:
    chance = random.Random(1)
    outputs = [random_output(number, chance) for number in range(MAX_FACET_VALUES + 5)]
    numbered = [
        CatalogueEntry(**{name: getattr(each, name) for name in CatalogueEntry.__slots__} | {"meeting": number})
        for number, each in enumerate(outputs, start=1)
    ]

    choice = FilterChoice(meeting=2)
    (meetings,) = (each for each in list_facets(build_catalogue(numbered), choice, "en") if each.name == "meeting")

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
def test_the_same_query_filters_page_json_zip_and_feed(reader_site: ReaderSite, query: str, numbers: list[str]) -> None:
    release_two(reader_site)
    reader = reader_site.browser("academia")
    symbols = [f"CWG-Internet 22/OUT/{number}" for number in numbers]

    page, data, bundle = (reader.get(f"/outputs{form}{query}") for form in ("", ".json", ".zip"))
    key = KEY.search(reader.get(f"/feeds?lang=en{query.replace('?', '&')}").text)[1]
    feed = reader_site.browser().get(f"/feeds/{key}/en.atom{query}")

    assert list_numbers(page.text) == numbers
    assert [each["symbol"] for each in data.json()] == symbols
    names = zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()
    assert {name[:21] for name in names if name != "manifest.csv"} == {
        s.replace(" ", "-").replace("/", "-") for s in symbols
    }
    assert [each[1].text.split(" Report")[0] for each in list_entries(feed.text)] == symbols


def test_a_list_offers_its_feed_which_names_the_filters(reader_site: ReaderSite) -> None:
    release_two(reader_site)
    reader = reader_site.browser("academia")
    assert 'href="/feeds?meeting=21&amp;topic=iot"' in reader.get("/outputs?topic=iot&meeting=21").text

    page = reader.get("/feeds?topic=iot&meeting=21&lang=en").text
    addresses = {html.unescape(href) for href in re.findall(r'<a href="([^"]+\.atom[^"]*)"', page)}
    queries = {address.partition(".atom")[2] for address in addresses}

    assert queries >= {"", "?meeting=21&topic=iot", "?topic=ipv6", "?kind=decision", "?language=fr"}
    (address,) = (each for each in addresses if "meeting=21" in each)
    feed = reader_site.browser().get(address).text
    assert "<title>ITU groups, released outputs: meeting 21, Internet of things</title>" in feed
    assert '<category term="iot" label="Internet of things" />' in feed


def test_the_page_of_an_output_lists_its_topics(reader_site: ReaderSite) -> None:
    release_two(reader_site)
    reader = reader_site.browser("academia")

    page = reader.get("/outputs/CWG-Internet-22-OUT-2?lang=fr").text

    assert re.findall(r'<a href="(/outputs\?topic=[^"]+)">([^<]+)<', page) == [
        ("/outputs?topic=iot", "Internet des objets"),
        ("/outputs?topic=ipv6", "Deployment of IPv6"),
    ]
    assert reader.get("/outputs/CWG-Internet-22-OUT-2.json").json()["topics"] == [
        {"code": code, "names": names} for code, names in TOPICS.items()
    ]


def test_groups_are_a_facet_once_there_are_two_of_them() -> None:
    of_one = [random_output(number, random.Random(number)) for number in range(9)]
    alone = build_catalogue([replace(output, body="sg3", symbol="SG3 1") for output in of_one])
    both = build_catalogue([replace(of_one[0], body="sg3", symbol="SG3 1"), replace(of_one[1], body="tsag")])

    assert "group" not in {facet.name for facet in list_facets(alone, NO_FILTER, "en")}
    (groups,) = (facet for facet in list_facets(both, NO_FILTER, "en") if facet.name == "group")
    assert {(offer.words, offer.count) for offer in groups.offers} == {("SG3", 1), ("X", 1)}
    assert [output.body for output in both.list_outputs(FilterChoice(group="sg3"))] == ["sg3"]
