"""Search over released outputs: in six languages, with passages, and over nothing else."""

import html
import io
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.search import query_parser as questions
from app.core.search import token_cache as keying
from app.core.search import tokenizer
from app.core.search.query_parser import parse_query
from app.dissemination.search.engine import MAX_HITS, SearchEngine
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_json_api import list_entries
from tests.dissemination.test_outputs import list_numbers
from tests.sampling import count_examples

HIT = re.compile(r'<h3>.*?<a class="title" href="/outputs/CWG-Internet-22-OUT-(\d+)"')
MEANT = re.compile(r'Did you mean: <a href="([^"]*)"><b dir="auto">([^<]*)</b>')
MARK = re.compile(r"<mark>([^<]*)</mark>")
TITLES = {"en": "Nothing special"}


def search_outputs(reader_site: ReaderSite, words: str, **more: object) -> list[str]:
    """The numbers of the outputs that the page shows, in page order."""
    answer = reader_site.browser("academia").get("/search", params={"q": words, "lang": "en"} | more)
    assert answer.status_code == 200
    return HIT.findall(answer.text)


@pytest.mark.parametrize(
    ("language", "text", "query", "marked"),
    [
        ("en", "The studies of submarine cables went on.", "study cable", ["studies", "cables"]),
        ("fr", "Les câbles sous-marins et l’économie numérique", "cable économies", ["câbles", "économie"]),
        ("es", "Las organizaciones acordaron la interconexión.", "organización", ["organizaciones"]),
        ("ru", "Подводные кабели и стоимость транзита", "кабель стоимости", ["кабели", "стоимость"]),
        ("ar", "تكاليف العبور والإنترنت في البلدان النامية", "الانترنت", ["والإنترنت"]),
        ("zh", "国际互联网公共政策问题", "互联网", ["互联网"]),
    ],
)
def test_words_are_found_in_any_form_in_six_languages(
    reader_site: ReaderSite, language: str, text: str, query: str, marked: list[str]
) -> None:
    reader_site.release(
        1, languages=tuple({language, "en"}), titles=TITLES, texts={language: ["Another paragraph.", text]}
    )
    reader_site.release(2, titles=TITLES, texts={"fr": ["Rien"], "en": ["Nothing"]})

    page = reader_site.browser("academia").get("/search", params={"q": query, "lang": "en"}).text

    assert HIT.findall(page) == ["1"]
    assert [html.unescape(each) for each in MARK.findall(page)] == marked
    assert f'<p lang="{language}" dir="' in page


def test_title_matches_come_first_and_then_the_latest(reader_site: ReaderSite) -> None:
    for number, title in enumerate(("Transit", "Other", "Other", "Costs of transit"), start=1):
        reader_site.release(
            number,
            titles={"en": title},
            texts={"en": ["It is about transit."]},
            released_at=datetime(2026, number, 1, tzinfo=UTC),
        )

    assert search_outputs(reader_site, "transit") == ["4", "1", "3", "2"]


def test_a_phrase_matches_adjacent_words_and_a_minus_excludes(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles=TITLES, texts={"en": ["The costs of international transit rise."]})
    reader_site.release(2, titles=TITLES, texts={"en": ["Transit is international, its costs rise."]})

    assert sorted(search_outputs(reader_site, "international transit")) == ["1", "2"]
    assert search_outputs(reader_site, '"costs of international transit"') == ["1"]
    assert search_outputs(reader_site, '"cost of transit"') == []
    assert search_outputs(reader_site, "transit -international") == []
    assert search_outputs(reader_site, 'transit -"international transit"') == ["2"]
    assert search_outputs(reader_site, "-transit") == []


def test_no_phrase_reaches_from_a_title_into_the_text(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles={"en": "Costs of transit"}, texts={"en": ["rise everywhere"]})

    assert search_outputs(reader_site, "transit rise") == ["1"]
    assert search_outputs(reader_site, '"transit rise"') == []


@pytest.mark.parametrize(
    "typed", ["CWG-Internet 22/OUT/2", "cwg-internet-22-out-2", "22/out/2", "22 OUT 2", "OUT/2", "٢٢/OUT/٢"]
)
def test_a_symbol_in_any_spelling_puts_its_output_first(reader_site: ReaderSite, typed: str) -> None:
    reader_site.release(1, titles=TITLES, texts={"en": ["See also CWG-Internet 22/OUT/2 and OUT 2 of 22."]})
    reader_site.release(2, titles=TITLES)
    reader_site.release(12, titles=TITLES)

    assert search_outputs(reader_site, typed)[0] == "2"
    assert "12" not in search_outputs(reader_site, typed)


def test_the_passage_is_in_the_readers_language_or_else_in_the_original(reader_site: ReaderSite) -> None:
    texts = {"en": ["Internet here"], "fr": ["Internet ici"], "es": ["Internet aquí"]}
    reader_site.release(1, languages=("en", "fr", "es"), titles={"fr": "Titre"}, original="fr", texts=texts)
    reader = reader_site.browser("academia")

    def passage(language: str) -> str:
        page = reader.get("/search", params={"q": "internet", "lang": language}).text
        return re.search(r'<p lang="(\w\w)"', page)[1]

    assert [passage(language) for language in ("es", "en", "fr", "ru")] == ["es", "en", "fr", "fr"]


def test_statements_of_states_are_found_and_attributed(reader_site: ReaderSite) -> None:
    statement = {
        "state": "KEN",
        "kind": "reservation",
        "text": "Kenya réserve sa position sur le transit.",
        "language": "fr",
    }
    reader_site.release(1, languages=("en",), titles=TITLES, statements=[statement])
    reader_site.release(2, titles=TITLES)

    page = reader_site.browser("academia").get("/search?q=réserves&lang=en").text

    assert HIT.findall(page) == ["1"]
    assert "Statement of Kenya" in page
    assert MARK.findall(page) == ["réserve"]


def test_the_best_passages_contain_most_of_the_words(reader_site: ReaderSite) -> None:
    text = ["Transit first.", "Nothing.", "Costs, second.", "Costs of transit, both.", "Transit again."]
    reader_site.release(1, titles=TITLES, texts={"en": text})

    page = reader_site.browser("academia").get("/search?q=transit costs").text

    passages = re.findall(r'<p lang="[^>]*>(.*?)</p>', page)
    assert [re.sub("<[^>]+>", "", each) for each in passages] == ["Transit first.", "Costs of transit, both."]


def test_filters_narrow_the_results_on_every_surface(reader_site: ReaderSite) -> None:
    iot = {"internet-of-things": {"en": "Internet of things"}}
    texts = {"en": ["About transit."]}
    reader_site.release(1, titles=TITLES, texts=texts, topics=iot, meeting=21)
    reader_site.release(2, titles=TITLES, texts=texts, kind="decision")
    reader_site.release(3, titles=TITLES, languages=("en",), texts=texts)
    reader = reader_site.browser("academia")

    def numbers(**choice: str) -> list[str]:
        query = {"q": "transit"} | choice
        page = sorted(HIT.findall(reader.get("/search", params=query).text))
        data = reader.get("/search.json", params=query).json()
        assert sorted(each["symbol"].rpartition("/")[2] for each in data["results"]) == page
        assert data["total"] == len(page)
        names = zipfile.ZipFile(io.BytesIO(reader.get("/search.zip", params=query).content)).namelist()
        assert sorted({name.split("-")[4] for name in names if name != "manifest.csv"}) == page
        return page

    assert numbers() == ["1", "2", "3"]
    assert numbers(topic="internet-of-things") == numbers(meeting="21") == ["1"]
    assert numbers(kind="decision") == ["2"]
    assert numbers(language="ar") == ["1", "2"]
    assert numbers(year="2026", kind="report") == ["1", "3"]
    assert numbers(kind="conclusions") == []


def test_the_feed_of_a_search_is_named_after_it_and_lists_the_latest_first(reader_site: ReaderSite) -> None:
    public = {"addressees": ["membership", "public"]}
    reader_site.release(1, titles={"en": "Transit"}, released_at=datetime(2025, 1, 1, tzinfo=UTC), **public)
    reader_site.release(2, titles=TITLES, texts={"en": ["transit"]}, **public)
    page = reader_site.browser().get("/feeds?q=transit&year=2026&lang=en").text
    address = html.unescape(re.search(r'<a href="([^"]+\.atom\?q=[^"]+)"', page)[1])
    assert address.endswith("/en.atom?q=transit&year=2026")

    feed = reader_site.browser().get(address.replace("&year=2026", "")).text

    assert "<title>ITU groups, released outputs: “transit”</title>" in feed
    assert [each[1].text for each in list_entries(feed)] == [
        "CWG-Internet 22/OUT/2 Nothing special",
        "CWG-Internet 22/OUT/1 Transit",
    ]


def test_the_form_of_the_search_page_sends_empty_filters_for_all(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles={"en": "Transit"}, texts={"en": ["About transit."]})
    reader = reader_site.browser("academia")

    answer = reader.get("/search?q=transit&year=&meeting=&kind=&topic=&language=&lang=en")

    assert answer.status_code == 200
    assert "About" in answer.text
    assert list_numbers(reader.get("/outputs?year=&kind=").text) == ["1"]
    assert reader.get("/search?q=transit&year=abc").status_code == 422


def test_a_text_extracted_after_the_release_is_found_from_then_on(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles=TITLES, texts={"fr": ["Déjà là"]})
    assert search_outputs(reader_site, "transit") == []

    reader_site.add_text(1, "en", "About transit.")

    assert search_outputs(reader_site, "transit") == ["1"]
    assert search_outputs(reader_site, "déjà") == ["1"]


def test_a_removed_output_is_no_longer_found(reader_site: ReaderSite, database) -> None:
    reader_site.release(1, titles=TITLES, texts={"en": ["About transit."]})
    reader_site.release(2, titles=TITLES, texts={"en": ["About transit."]})
    assert sorted(search_outputs(reader_site, "transit")) == ["1", "2"]

    database.run_as_superuser(
        "DELETE FROM release.file WHERE output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/1');"
        "DELETE FROM release.output WHERE symbol LIKE '%/1'"
    )
    reader_site.renew()

    assert search_outputs(reader_site, "transit") == ["2"]
    with reader_site.indexing.get_ready_index().read_connection() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
        counts = connection.execute("SELECT count(*) FROM known WHERE term = 'transit'").fetchone()
    assert counts == (1,)


def test_an_output_missing_in_the_answering_catalogue_is_not_found(reader_site: ReaderSite) -> None:
    """The index may be ahead of the catalogue for a moment: a search then finds what the list shows."""
    reader_site.release(1, titles={"en": "Transit"})
    earlier = reader_site.catalogue
    reader_site.release(2, titles={"en": "Transit"})
    index = reader_site.indexing.get_ready_index()

    def numbers(catalogue: object) -> list[str]:
        hits = SearchEngine(index, catalogue).find_hits("transit", parse_query("transit")).hits
        return [hit.symbol[-1] for hit in hits]

    assert numbers(earlier) == ["1"]
    assert numbers(reader_site.catalogue) == ["2", "1"]


def test_an_output_missing_in_the_answering_catalogue_changes_no_suggestion(reader_site: ReaderSite) -> None:
    """Of two words as near to the typed one, the more frequent is offered: of those in the catalogue."""
    reader_site.release(1, titles={"en": "A table"})
    earlier = reader_site.catalogue
    reader_site.release(2, titles=TITLES, texts={"en": ["Label by label, one label more."]})
    index = reader_site.indexing.get_ready_index()

    assert SearchEngine(index, earlier).suggest_query("tabel") == "table"
    assert SearchEngine(index, reader_site.catalogue).suggest_query("tabel") == "label"


def test_beyond_the_counting_limit_the_latest_are_found_and_a_notice_is_shown(
    reader_site: ReaderSite, monkeypatch
) -> None:
    monkeypatch.setattr("app.dissemination.search.engine.MAX_HITS", 3)
    for number in range(1, 6):
        reader_site.release(number, titles={"en": "Transit"}, released_at=datetime(2026, number, 1, tzinfo=UTC))

    page = reader_site.browser("academia").get("/search?q=transit&lang=en").text

    assert HIT.findall(page) == ["5", "4", "3"]
    assert "More than 3 outputs" in page
    assert MAX_HITS == 200


def test_a_page_lists_ten_results(reader_site: ReaderSite) -> None:
    for number in range(1, 13):
        reader_site.release(number, titles={"en": "Transit"}, released_at=datetime(2026, 1, number, tzinfo=UTC))
    reader = reader_site.browser("academia")

    assert search_outputs(reader_site, "transit", page=2) == ["2", "1"]
    assert 'href="?q=transit&amp;page=2" rel="next"' in reader.get("/search?q=transit").text
    assert reader.get("/search?q=transit&page=3").status_code == 404
    assert reader.get("/search.json?q=transit").json()["next"].endswith("/search.json?q=transit&page=2")
    assert reader.get("/search.json?q=transit&page=2").json()["next"] is None


def test_an_empty_query_runs_no_search(reader_site: ReaderSite) -> None:
    reader_site.release(1)

    page = reader_site.browser("academia").get("/search?q=+&lang=en").text

    assert HIT.findall(page) == []
    assert "No results found." not in page
    assert "No results found." in reader_site.browser("academia").get("/search?q=zebra&lang=en").text


def test_no_search_queries_the_database(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles={"en": "Transit"})

    with reader_site.statements() as statements:
        assert search_outputs(reader_site, "transit") == ["1"]
    assert statements == []


@settings(max_examples=count_examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from('abc "*^-+():{}_ NEAR OR AND NOT 互联 é ١'), max_size=25).map("".join)
)
def test_no_query_is_an_error(reader_site: ReaderSite, typed: str) -> None:
    if not reader_site.state.refresher.current_catalogues:
        reader_site.release(1, titles={"en": "a b c"}, texts={"zh": ["互联网"], "en": ["a b NEAR AND c"]})
    index, catalogue = reader_site.indexing.get_ready_index(), reader_site.catalogue

    assert len(SearchEngine(index, catalogue).find_hits(typed, parse_query(typed)).hits) <= 1


def test_queries_are_not_cached(reader_site: ReaderSite) -> None:
    reader_site.release(1, texts={"en": ["A text about transit."]})
    reader = reader_site.browser("academia")
    assert reader.get("/search.json?q=transit").json()["results"]
    caches = [
        each
        for module in (tokenizer, keying, questions)
        for each in vars(module).values()
        if hasattr(each, "cache_info")
    ]
    before = [each.cache_info().currsize for each in caches]
    assert caches

    reader.get("/search?q=Verteidigungsgeheimnis")

    assert [each.cache_info().currsize for each in caches] == before


def test_a_control_character_in_a_query_does_not_break_the_feed(reader_site: ReaderSite) -> None:
    reader_site.release(1, texts={"en": ["A text about transit."]}, addressees=["membership", "public"])

    answer = reader_site.browser().get("/feeds/en.atom?q=%01transit%00")

    feed = Xml.fromstring(answer.content)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1


def read_suggestion(reader_site: ReaderSite, words: str, who: str = "academia", **more: str) -> list[str]:
    """The query that the page offers instead, and the address behind it."""
    page = reader_site.browser(who).get("/search", params={"q": words, "lang": "en"} | more).text
    return [html.unescape(part) for found in MEANT.findall(page) for part in found]


def test_a_query_without_typing_errors_is_offered_from_titles_and_texts(reader_site: ReaderSite) -> None:
    reader_site.release(1, titles={"en": "Internet exchange points"}, texts={"en": ["The locality of traffic."]})

    assert read_suggestion(reader_site, "exchnage") == ["/search?q=exchange", "exchange"]
    assert read_suggestion(reader_site, "lokality exchnage", year="2026") == [
        "/search?q=locality+exchange&year=2026",
        "locality exchange",
    ]
    assert read_suggestion(reader_site, "exchange") == []
    assert read_suggestion(reader_site, "exchnage", year="1999") == []


def test_no_word_of_what_the_reader_may_not_see_is_offered(reader_site: ReaderSite) -> None:
    texts = {"en": ["The spectrum of members.", "频谱政策"]}
    reader_site.release(1, titles={"en": "Confidential figures"}, texts=texts)
    reader_site.release(2, titles={"en": "Open figures"}, addressees=["membership", "public"])

    for typed, meant in (("confidentail", "confidential"), ("spectrmu", "spectrum"), ("频普政策", "频谱政策")):
        assert read_suggestion(reader_site, typed)[1:] == [meant]
        assert read_suggestion(reader_site, typed, None) == []
    assert read_suggestion(reader_site, "figurse", None)[1:] == ["figures"]
