"""The list and the page of an output."""

import re
from datetime import UTC, datetime

import pytest

from app.core.i18n import LANGUAGES
from app.dissemination.feeds import FEED_KEY_LIFETIME
from tests.dissemination.read_path_site import Place, text_of

LINK = re.compile(r'<h3 class="document-title"><a href="([^"]+)"([^>]*)>([^<]*)<')


def listed(page: str) -> list[str]:
    return [href.rpartition("-")[2] for href, _, _ in LINK.findall(page)]


def test_an_output_appears_with_its_release_and_not_before(place: Place) -> None:
    reader = place.browser("academia")
    address = "/outputs/CWG-Internet-22-OUT-1"
    before = [reader.get(path) for path in ("/", "/outputs", address, f"{address}/files/en")]

    place.release()
    after = [reader.get(path) for path in ("/", "/outputs", address, f"{address}/files/en")]

    assert [answer.status_code for answer in before] == [200, 200, 404, 404]
    assert [answer.status_code for answer in after] == [200, 200, 200, 200]
    assert "Nothing has been released yet." in before[0].text
    assert listed(before[1].text) == []
    assert listed(after[0].text) == listed(after[1].text) == ["1"]


def test_the_list_shows_symbol_day_title_kind_and_languages(place: Place) -> None:
    address = place.release(original="en")

    page = place.browser("member_state").get("/outputs").text

    assert f'<a class="symbol" dir="ltr" href="{address}">CWG-Internet 22/OUT/1</a>' in page
    assert '<time datetime="2026-09-21">21 September 2026</time>' in page
    assert LINK.findall(page) == [(address, "", "Report 1 &amp; more")]
    assert re.findall(rf'href="{address}/files/(\w\w)" hreflang="\w\w"( class="original")?', page) == [
        ("ar", ""),
        ("en", ' class="original"'),
        ("fr", ""),
    ]


def test_a_title_is_in_the_readers_language_or_the_original_and_says_which(place: Place) -> None:
    place.release()
    reader = place.browser("member_state")

    pages = {language: reader.get("/outputs", params={"lang": language}).text for language in LANGUAGES}
    titles = {language: LINK.findall(page)[0][1:] for language, page in pages.items()}

    original = (' lang="en" dir="ltr"', "Report 1 &amp; more")
    assert titles == dict.fromkeys(("zh", "fr", "ru", "es"), original) | {
        "en": ("", "Report 1 &amp; more"),
        "ar": ("", "تقرير 1"),
    }


def test_year_and_kind_narrow_the_list_and_the_year_is_that_of_geneva(place: Place) -> None:
    place.release(1, released_at=datetime(2025, 12, 31, 22, 30, tzinfo=UTC))
    place.release(2, released_at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC), kind="decision")
    place.release(3, released_at=datetime(2026, 9, 1, tzinfo=UTC))
    reader = place.browser("member_state")

    def shown(query: str) -> list[str]:
        return listed(reader.get(f"/outputs{query}").text)

    assert shown("") == ["3", "2", "1"]
    assert shown("?year=2026") == ["3", "2"]
    assert shown("?year=2025") == ["1"]
    assert shown("?kind=decision") == ["2"]
    assert shown("?year=2025&kind=decision") == []


def test_pages_of_twenty(place: Place) -> None:
    for number in range(1, 23):
        place.release(number, languages=("en",), released_at=datetime(2026, 1, number, tzinfo=UTC))
    reader = place.browser("member_state")

    first, second = reader.get("/").text, reader.get("/outputs?page=2&year=2026").text

    assert listed(first) == [str(number) for number in range(22, 2, -1)]
    assert listed(second) == ["2", "1"]
    assert "21 to 22 of 22" in second
    assert 'href="?page=2" rel="next"' in first
    assert 'href="?year=2026&amp;page=1" rel="prev"' in second
    assert listed(reader.get("/?page=2").text) == ["2", "1"]
    assert reader.get("/outputs?page=3").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("year=2026", 200),
        ("year=2026&year=2025", 400),
        ("year=x", 422),
        ("year=99999999999", 422),
        ("kind=%00", 422),
        ("page=0", 400),
        ("page=x", 400),
        ("page=1&page=2", 400),
        ("page=2", 404),
        ("page=9999999999", 400),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(place: Place, query: str, status: int) -> None:
    place.release()

    assert place.browser("member_state").get(f"/outputs?{query}").status_code == status


def test_no_page_asks_the_database_and_three_outputs_are_read_with_as_many_statements_as_one(place: Place) -> None:
    reader = place.browser("member_state")
    with place.statements() as for_one:
        address = place.release(1)
    place.release(2)
    with place.statements() as for_three:
        place.release(3)
    assert len(for_one) == len(for_three) > 0

    with place.statements() as for_pages:
        assert listed(reader.get("/outputs").text) == ["3", "2", "1"]
        assert [reader.get(path).status_code for path in (address, f"{address}/files/en")] == [200, 200]
    assert for_pages == []


def test_the_page_of_an_output_says_what_it_is_and_how_each_file_is_recognised(place: Place) -> None:
    address = place.release()

    page = place.browser("itu_staff").get(address).text

    assert '<h1 class="document-title">Report 1 &amp; more</h1>' in page
    assert "Adopted on 9 September 2026. Released to all members of ITU on 21 September 2026." in page
    assert "Monday 21 September 2026, 14:00:00 in Geneva</time>" in page
    assert "Monday 21 September 2026, 12:00:00 UTC</time>" in page
    assert "Council Working Group</dd>" in page
    assert re.findall(r'<code dir="ltr">([0-9a-f]{64})</code>', page) == [
        place.shelve(text_of(1, language)) for language in ("ar", "en", "fr")
    ]
    assert page.count('<span class="tag info">original</span>') == 1
    assert 'lang="ar" dir="rtl">تقرير 1</span>' in page


def test_what_states_said_stands_beside_the_text_in_their_own_words(place: Place) -> None:
    place.release(
        adopted_how="silence",
        statements=[
            {"state": "KEN", "kind": "reservation", "text": "نتحفظ على <الفقرة> 3.", "language": "ar"},
            {"state": "BRA", "kind": "non_association", "text": "We are no part of it.", "language": "en"},
        ],
    )
    place.release(2)
    reader = place.browser("sector_member")

    page = reader.get("/outputs/CWG-Internet-22-OUT-1").text
    other = reader.get("/outputs/CWG-Internet-22-OUT-2").text

    assert '<p class="text close" lang="ar" dir="rtl">نتحفظ على &lt;الفقرة&gt; 3.</p>' in page
    assert re.search(r"<h3>Kenya <span class=\"tag info\">Reservation", page)
    assert re.search(r"<h3>Brazil <span class=\"tag info\">Non-association", page)
    assert "By silence" in page
    assert "In the meeting" in other
    assert "Statements of States" not in other


def test_an_output_that_is_not_there_is_unknown(place: Place) -> None:
    place.release()
    reader = place.browser("member_state")

    assert reader.get("/outputs/CWG-Internet-22-OUT-1").status_code == 200
    for path in ("/outputs/CWG-Internet-22-OUT-2", "/outputs/" + "x" * 300, "/outputs/%27", "/outputs/1/files/english"):
        assert reader.get(path).status_code == 404


def test_that_a_state_attached_a_statement_is_said_wherever_the_text_is(place: Place) -> None:
    said = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves its position.", "language": "en"}
    address = place.release(1, statements=[said])
    place.release(2)
    reader = place.browser("academia")
    feeds = f"/feeds/{place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)}"
    surfaces = {
        "/outputs?lang=en": "Statements of States: Kenya (Reservation)",
        "/outputs?lang=fr": "Kenya (Réserve)",
        "/search?q=report&lang=en": "Statements of States: Kenya (Reservation)",
        f"{feeds}/en.atom": "Statements of States: Kenya (Reservation)",
        f"{address}/cite.bib": "Statements of States: Kenya (Reservation)",
        f"{address}/cite.ris": "N1  - Statements of States: Kenya (Reservation)",
        f"{address}/cite.json": '"note": "Statements of States: Kenya (Reservation)"',
        f"{address}?lang=en": "Kenya reserves its position.",
        f"{address}.json": "Kenya reserves its position.",
        f"{address}.manifest.json": "Kenya reserves its position.",
    }

    for surface, words in surfaces.items():
        assert reader.get(surface).text.count(words) == 1, surface
