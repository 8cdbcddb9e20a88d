"""Search over what was released: in six languages, with passages, and of nothing else."""

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
from app.dissemination.feeds import FEED_KEY_LIFETIME
from app.dissemination.search.engine import MAX_HITS, SearchEngine
from tests.dissemination.read_path_site import Place
from tests.dissemination.test_json_api import entries

HIT = re.compile(r'<h3>.*?<a class="title" href="/outputs/CWG-Internet-22-OUT-(\d+)"')
MARK = re.compile(r"<mark>([^<]*)</mark>")
TITLES = {"en": "Nothing special"}


def found(place: Place, words: str, **more: object) -> list[str]:
    """The numbers of the outputs that the page shows, in its order."""
    answer = place.browser("academia").get("/search", params={"q": words, "lang": "en"} | more)
    assert answer.status_code == 200
    return HIT.findall(answer.text)


@pytest.mark.parametrize(
    ("language", "text", "asked", "marked"),
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
    place: Place, language: str, text: str, asked: str, marked: list[str]
) -> None:
    place.release(1, languages=tuple({language, "en"}), titles=TITLES, texts={language: ["Another paragraph.", text]})
    place.release(2, titles=TITLES, texts={"fr": ["Rien"], "en": ["Nothing"]})

    page = place.browser("academia").get("/search", params={"q": asked, "lang": "en"}).text

    assert HIT.findall(page) == ["1"]
    assert [html.unescape(each) for each in MARK.findall(page)] == marked
    assert f'<p lang="{language}" dir="' in page


def test_what_is_in_a_title_comes_first_and_then_the_latest(place: Place) -> None:
    for number, title in enumerate(("Transit", "Other", "Other", "Costs of transit"), start=1):
        place.release(
            number,
            titles={"en": title},
            texts={"en": ["It is about transit."]},
            released_at=datetime(2026, number, 1, tzinfo=UTC),
        )

    assert found(place, "transit") == ["4", "1", "3", "2"]


def test_a_phrase_stands_together_and_a_minus_keeps_away(place: Place) -> None:
    place.release(1, titles=TITLES, texts={"en": ["The costs of international transit rise."]})
    place.release(2, titles=TITLES, texts={"en": ["Transit is international, its costs rise."]})

    assert sorted(found(place, "international transit")) == ["1", "2"]
    assert found(place, '"costs of international transit"') == ["1"]
    assert found(place, '"cost of transit"') == []
    assert found(place, "transit -international") == []
    assert found(place, 'transit -"international transit"') == ["2"]
    assert found(place, "-transit") == []


def test_no_phrase_reaches_from_a_title_into_the_text(place: Place) -> None:
    place.release(1, titles={"en": "Costs of transit"}, texts={"en": ["rise everywhere"]})

    assert found(place, "transit rise") == ["1"]
    assert found(place, '"transit rise"') == []


@pytest.mark.parametrize(
    "typed", ["CWG-Internet 22/OUT/2", "cwg-internet-22-out-2", "22/out/2", "22 OUT 2", "OUT/2", "٢٢/OUT/٢"]
)
def test_a_symbol_in_any_spelling_leads_with_that_output(place: Place, typed: str) -> None:
    place.release(1, titles=TITLES, texts={"en": ["See also CWG-Internet 22/OUT/2 and OUT 2 of 22."]})
    place.release(2, titles=TITLES)
    place.release(12, titles=TITLES)

    assert found(place, typed)[0] == "2"
    assert "12" not in found(place, typed)


def test_the_passage_is_in_the_readers_language_else_in_the_original(place: Place) -> None:
    texts = {"en": ["Internet here"], "fr": ["Internet ici"], "es": ["Internet aquí"]}
    place.release(1, languages=("en", "fr", "es"), titles={"fr": "Titre"}, original="fr", texts=texts)
    reader = place.browser("academia")

    def passage(language: str) -> str:
        page = reader.get("/search", params={"q": "internet", "lang": language}).text
        return re.search(r'<p lang="(\w\w)"', page)[1]

    assert [passage(language) for language in ("es", "en", "fr", "ru")] == ["es", "en", "fr", "fr"]


def test_statements_of_states_are_found_and_say_whose_they_are(place: Place) -> None:
    said = {
        "state": "KEN",
        "kind": "reservation",
        "text": "Kenya réserve sa position sur le transit.",
        "language": "fr",
    }
    place.release(1, languages=("en",), titles=TITLES, statements=[said])
    place.release(2, titles=TITLES)

    page = place.browser("academia").get("/search?q=réserves&lang=en").text

    assert HIT.findall(page) == ["1"]
    assert "Statement of Kenya" in page
    assert MARK.findall(page) == ["réserve"]


def test_the_best_passages_are_those_in_which_most_of_the_words_stand(place: Place) -> None:
    text = ["Transit first.", "Nothing.", "Costs, second.", "Costs of transit, both.", "Transit again."]
    place.release(1, titles=TITLES, texts={"en": text})

    page = place.browser("academia").get("/search?q=transit costs").text

    passages = re.findall(r'<p lang="[^>]*>(.*?)</p>', page)
    assert [re.sub("<[^>]+>", "", each) for each in passages] == ["Transit first.", "Costs of transit, both."]


def test_a_choice_narrows_what_is_found_on_every_surface(place: Place) -> None:
    iot = {"internet-of-things": {"en": "Internet of things"}}
    texts = {"en": ["About transit."]}
    place.release(1, titles=TITLES, texts=texts, topics=iot, meeting=21)
    place.release(2, titles=TITLES, texts=texts, kind="decision")
    place.release(3, titles=TITLES, languages=("en",), texts=texts)
    reader = place.browser("academia")

    def numbers(**choice: str) -> list[str]:
        query = {"q": "transit"} | choice
        page = sorted(HIT.findall(reader.get("/search", params=query).text))
        data = reader.get("/search.json", params=query).json()
        assert sorted(each["symbol"].rpartition("/")[2] for each in data["results"]) == page
        assert data["total"] == len(page)
        names = zipfile.ZipFile(io.BytesIO(reader.get("/search.zip", params=query).content)).namelist()
        assert sorted({name.split("-")[4] for name in names if name != "manifest.csv"}) == page
        key = re.search(r"/feeds/([\w-]+)/", reader.get("/feeds", params=query | {"lang": "en"}).text)[1]
        feed = place.browser().get(f"/feeds/{key}/en.atom", params=query).text
        assert sorted(each[1].text.split("/OUT/")[1][0] for each in entries(feed)) == page
        return page

    assert numbers() == ["1", "2", "3"]
    assert numbers(topic="internet-of-things") == numbers(meeting="21") == ["1"]
    assert numbers(kind="decision") == ["2"]
    assert numbers(language="ar") == ["1", "2"]
    assert numbers(year="2026", kind="report") == ["1", "3"]
    assert numbers(kind="conclusions") == []


def test_the_feed_of_a_search_is_named_by_it_and_tells_the_latest_first(place: Place) -> None:
    place.release(1, titles={"en": "Transit"}, released_at=datetime(2025, 1, 1, tzinfo=UTC))
    place.release(2, titles=TITLES, texts={"en": ["transit"]})
    page = place.browser("academia").get("/feeds?q=transit&year=2026&lang=en").text
    address = html.unescape(re.search(r'<a href="([^"]+\.atom\?q=[^"]+)"', page)[1])
    assert address.endswith("/en.atom?q=transit&year=2026")

    feed = place.browser().get(address.replace("&year=2026", "")).text

    assert "<title>CWG-Internet, released outputs: “transit”</title>" in feed
    assert [each[1].text for each in entries(feed)] == [
        "CWG-Internet 22/OUT/2 Nothing special",
        "CWG-Internet 22/OUT/1 Transit",
    ]


def test_a_text_that_is_read_after_the_release_is_found_from_then_on(place: Place) -> None:
    place.release(1, titles=TITLES, texts={"fr": ["Déjà là"]})
    assert found(place, "transit") == []

    place.read(1, "en", "About transit.")

    assert found(place, "transit") == ["1"]
    assert found(place, "déjà") == ["1"]


def test_what_is_taken_away_is_not_found_any_more(place: Place, database) -> None:
    place.release(1, titles=TITLES, texts={"en": ["About transit."]})
    place.release(2, titles=TITLES, texts={"en": ["About transit."]})
    assert sorted(found(place, "transit")) == ["1", "2"]

    database.run_as_superuser(
        "DELETE FROM release.file WHERE output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/1');"
        "DELETE FROM release.output WHERE symbol LIKE '%/1'"
    )
    place.renew()

    assert found(place, "transit") == ["2"]
    with place.indexing.get_ready_index().read_connection() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
        counts = connection.execute("SELECT count(*) FROM known WHERE term = 'transit'").fetchone()
    assert counts == (1,)


def test_what_the_answering_catalogue_does_not_hold_is_not_found(place: Place) -> None:
    """The index is ahead of the catalogue for a moment: a search in between sees what the list shows."""
    place.release(1, titles={"en": "Transit"})
    earlier = place.catalogue
    place.release(2, titles={"en": "Transit"})
    index = place.indexing.get_ready_index()

    def numbers(catalogue: object) -> list[str]:
        hits = SearchEngine(index, catalogue).find_hits("transit", parse_query("transit")).hits
        return [hit.symbol[-1] for hit in hits]

    assert numbers(earlier) == ["1"]
    assert numbers(place.catalogue) == ["2", "1"]


def test_of_more_than_are_counted_the_latest_are_found_and_it_is_said(place: Place, monkeypatch) -> None:
    monkeypatch.setattr("app.dissemination.search.engine.MAX_HITS", 3)
    for number in range(1, 6):
        place.release(number, titles={"en": "Transit"}, released_at=datetime(2026, number, 1, tzinfo=UTC))

    page = place.browser("academia").get("/search?q=transit&lang=en").text

    assert HIT.findall(page) == ["5", "4", "3"]
    assert "More than 3 outputs" in page
    assert MAX_HITS == 200


def test_pages_of_ten(place: Place) -> None:
    for number in range(1, 13):
        place.release(number, titles={"en": "Transit"}, released_at=datetime(2026, 1, number, tzinfo=UTC))
    reader = place.browser("academia")

    assert found(place, "transit", page=2) == ["2", "1"]
    assert 'href="?q=transit&amp;page=2" rel="next"' in reader.get("/search?q=transit").text
    assert reader.get("/search?q=transit&page=3").status_code == 404
    assert reader.get("/search.json?q=transit").json()["next"].endswith("/search.json?q=transit&page=2")
    assert reader.get("/search.json?q=transit&page=2").json()["next"] is None


def test_without_a_question_nothing_is_looked_for(place: Place) -> None:
    place.release(1)

    page = place.browser("academia").get("/search?q=+&lang=en").text

    assert HIT.findall(page) == []
    assert "Nothing was found." not in page
    assert "Nothing was found." in place.browser("academia").get("/search?q=zebra&lang=en").text


def test_no_search_asks_the_database(place: Place) -> None:
    place.release(1, titles={"en": "Transit"})

    with place.statements() as statements:
        assert found(place, "transit") == ["1"]
    assert statements == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from('abc "*^-+():{}_ NEAR OR AND NOT 互联 é ١'), max_size=25).map("".join)
)
def test_whatever_is_typed_is_a_question_and_no_error(place: Place, typed: str) -> None:
    if not place.library.refresher.current_catalogues:
        place.release(1, titles={"en": "a b c"}, texts={"zh": ["互联网"], "en": ["a b NEAR AND c"]})
    index, catalogue = place.indexing.get_ready_index(), place.catalogue

    assert len(SearchEngine(index, catalogue).find_hits(typed, parse_query(typed)).hits) <= 1


def test_what_was_looked_for_is_remembered_nowhere(place: Place) -> None:
    place.release(1, texts={"en": ["A text about transit."]})
    reader = place.browser("academia")
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


def test_a_control_character_in_a_question_spoils_no_feed(place: Place) -> None:
    place.release(1, texts={"en": ["A text about transit."]})
    address = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)

    answer = place.browser().get(f"/feeds/{address}/en.atom?q=%01transit%00")

    feed = Xml.fromstring(answer.content)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
