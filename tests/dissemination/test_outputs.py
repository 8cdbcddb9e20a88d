"""The list and the page of an output."""

import re
from datetime import UTC, datetime

import pytest

from app.core.i18n import LANGUAGES
from app.core.long_texts import MAX_CHARACTERS
from app.core.rendering import docx_text
from app.dissemination import openings
from app.dissemination.feeds import create_feed_key
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite, text_of

LINK = re.compile(r'<h3 class="document-title"><a href="([^"]+)"([^>]*)>([^<]*)<')


def list_numbers(page: str) -> list[str]:
    return [href.rpartition("-")[2] for href, _, _ in LINK.findall(page)]


def test_an_output_appears_only_with_its_release(reader_site: ReaderSite) -> None:
    reader = reader_site.browser("academia")
    address = "/outputs/CWG-Internet-22-OUT-1"
    before = [reader.get(path) for path in ("/", "/outputs", address, f"{address}/files/en")]

    reader_site.release()
    after = [reader.get(path) for path in ("/", "/outputs", address, f"{address}/files/en")]

    assert [answer.status_code for answer in before] == [200, 200, 404, 404]
    assert [answer.status_code for answer in after] == [200, 200, 200, 200]
    assert "Nothing has been released yet." in before[0].text
    assert list_numbers(before[1].text) == []
    assert list_numbers(after[0].text) == list_numbers(after[1].text) == ["1"]


def test_the_list_shows_symbol_day_title_kind_and_languages(reader_site: ReaderSite) -> None:
    address = reader_site.release(original="en")

    page = reader_site.browser("member_state").get("/outputs").text

    assert f'<a class="symbol" dir="ltr" href="{address}">CWG-Internet 22/OUT/1</a>' in page
    assert '<time datetime="2026-09-21">21 September 2026</time>' in page
    assert LINK.findall(page) == [(address, "", "Report 1 &amp; more")]
    assert re.findall(rf'href="{address}/text/(\w\w)" lang="\w\w" aria-label="\w+"( class="original")?', page) == [
        ("ar", ""),
        ("en", ' class="original"'),
        ("fr", ""),
    ]


def test_a_title_is_in_the_readers_language_or_marked_as_the_original(reader_site: ReaderSite) -> None:
    reader_site.release()
    reader = reader_site.browser("member_state")

    pages = {language: reader.get("/outputs", params={"lang": language}).text for language in LANGUAGES}
    titles = {language: LINK.findall(page)[0][1:] for language, page in pages.items()}

    original = (' lang="en" dir="ltr"', "Report 1 &amp; more")
    assert titles == dict.fromkeys(("zh", "fr", "ru", "es"), original) | {
        "en": ("", "Report 1 &amp; more"),
        "ar": ("", "تقرير 1"),
    }


def test_year_and_kind_filter_the_list_and_the_year_is_in_geneva_time(reader_site: ReaderSite) -> None:
    reader_site.release(1, released_at=datetime(2025, 12, 31, 22, 30, tzinfo=UTC))
    reader_site.release(2, released_at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC), kind="decision")
    reader_site.release(3, released_at=datetime(2026, 9, 1, tzinfo=UTC))
    reader = reader_site.browser("member_state")

    def shown(query: str) -> list[str]:
        return list_numbers(reader.get(f"/outputs{query}").text)

    assert shown("") == ["3", "2", "1"]
    assert shown("?year=2026") == ["3", "2"]
    assert shown("?year=2025") == ["1"]
    assert shown("?kind=decision") == ["2"]
    assert shown("?year=2025&kind=decision") == []


def test_a_page_lists_twenty_outputs(reader_site: ReaderSite) -> None:
    for number in range(1, 23):
        reader_site.release(number, languages=("en",), released_at=datetime(2026, 1, number, tzinfo=UTC))
    reader = reader_site.browser("member_state")

    first, second = reader.get("/").text, reader.get("/outputs?page=2&year=2026").text

    assert list_numbers(first) == [str(number) for number in range(22, 2, -1)]
    assert list_numbers(second) == ["2", "1"]
    assert "21 to 22 of 22" in second
    assert 'href="?page=2" rel="next"' in first
    assert 'href="?year=2026&amp;page=1" rel="prev"' in second
    assert list_numbers(reader.get("/?page=2").text) == ["2", "1"]
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
def test_an_invalid_query_is_refused(reader_site: ReaderSite, query: str, status: int) -> None:
    reader_site.release()

    assert reader_site.browser("member_state").get(f"/outputs?{query}").status_code == status


def test_no_page_queries_the_database_and_a_refresh_needs_a_constant_number_of_statements(
    reader_site: ReaderSite,
) -> None:
    reader = reader_site.browser("member_state")
    address = reader_site.release(1)
    with reader_site.statements() as for_second:
        reader_site.release(2)
    with reader_site.statements() as for_third:
        reader_site.release(3)
    assert len(for_second) == len(for_third) > 0

    with reader_site.statements() as for_pages:
        assert list_numbers(reader.get("/outputs").text) == ["3", "2", "1"]
        assert [reader.get(path).status_code for path in (address, f"{address}/files/en")] == [200, 200]
    assert for_pages == []


def test_the_page_of_an_output_shows_its_data_and_the_digest_of_each_file(reader_site: ReaderSite) -> None:
    address = reader_site.release()

    page = reader_site.browser("itu_staff").get(address).text

    assert '<h1 class="document-title">Report 1 &amp; more</h1>' in page
    words = re.sub(r"</?time[^>]*>", "", page)
    assert "Adopted on 9 September 2026. Released to all members of ITU on 21 September 2026." in words
    assert "Monday 21 September 2026, 14:00:00 in Geneva (UTC+2)</time>" in page
    assert "<b>Council Working Group</b>" in page
    assert re.findall(r'<code dir="ltr">([0-9a-f]{64})</code>', page) == [
        reader_site.store_bytes(text_of(1, language)) for language in ("ar", "en", "fr")
    ]
    assert page.count('<span class="meta">original</span>') == 1
    assert 'lang="ar" dir="rtl">تقرير 1</span>' in page


def test_a_text_is_cited_by_its_title_in_the_readers_language(reader_site: ReaderSite) -> None:
    address, reader = reader_site.release(), reader_site.browser("itu_staff")

    cited = {
        language: reader.get(address, params={"lang": language}).text.partition('<cite class="cited"')[2]
        for language in ("ar", "fr")
    }

    symbol = '<bdi class="nowrap" dir="ltr">CWG-Internet 22/OUT/1</bdi>'
    assert cited["ar"].startswith(f">تقرير 1</cite>. {symbol}، <time")
    assert cited["fr"].startswith(f' lang="en" dir="ltr">Report 1 &amp; more</cite>. {symbol}, <time')


def test_statements_of_states_are_shown_with_the_text_in_their_own_words(reader_site: ReaderSite) -> None:
    reader_site.release(
        adopted_how="silence",
        statements=[
            {"state": "KEN", "kind": "reservation", "text": "نتحفظ على <الفقرة> 3.", "language": "ar"},
            {"state": "BRA", "kind": "non_association", "text": "We are no part of it.", "language": "en"},
        ],
    )
    reader_site.release(2)
    reader = reader_site.browser("sector_member")

    page = reader.get("/outputs/CWG-Internet-22-OUT-1").text
    other = reader.get("/outputs/CWG-Internet-22-OUT-2").text

    assert '<p class="text close" lang="ar" dir="rtl">نتحفظ على &lt;الفقرة&gt; 3.</p>' in page
    assert re.search(r"<h3>Kenya <span class=\"tag info\">Reservation", page)
    assert re.search(r"<h3>Brazil <span class=\"tag info\">Non-association", page)
    assert "Under the silence procedure" in page
    assert "In the meeting" in other
    assert "Statements of States" not in other


def test_a_missing_output_is_not_found(reader_site: ReaderSite) -> None:
    reader_site.release()
    reader = reader_site.browser("member_state")

    assert reader.get("/outputs/CWG-Internet-22-OUT-1").status_code == 200
    for path in ("/outputs/CWG-Internet-22-OUT-2", "/outputs/" + "x" * 300, "/outputs/%27", "/outputs/1/files/english"):
        assert reader.get(path).status_code == 404


def test_every_surface_of_an_output_mentions_an_attached_statement(reader_site: ReaderSite) -> None:
    statement = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves its position.", "language": "en"}
    address = reader_site.release(1, statements=[statement])
    reader_site.release(2)
    reader = reader_site.browser("academia")
    feeds = f"/feeds/{create_feed_key(reader_site.state)}"
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


PARAGRAPH = re.compile(r'<p class="para" id="p-(\d+)" dir="auto">([^<]*)</p>')
TEXTS = {"en": ["The costs of transit rise.", "They rise most inland."], "ar": ["ترتفع تكاليف العبور."]}


def test_the_text_is_on_the_page_in_the_readers_language_or_the_original(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, texts=TEXTS, original="en")
    reader = reader_site.browser("member_state")

    english, arabic, russian = (reader.get(address, params={"lang": code}).text for code in ("en", "ar", "ru"))

    assert [PARAGRAPH.findall(page) for page in (english, arabic, russian)] == [
        [("1", TEXTS["en"][0]), ("2", TEXTS["en"][1])],
        [("1", TEXTS["ar"][0])],
        [("1", TEXTS["en"][0]), ("2", TEXTS["en"][1])],
    ]
    assert '<div class="text paras" lang="ar" dir="rtl">' in arabic
    assert TEXTS["ar"][0] in arabic


def test_every_language_of_a_text_has_an_address(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, texts=TEXTS)
    reader = reader_site.browser("academia")

    page = reader.get(f"{address}/text/ar", params={"lang": "en"}).text

    assert TEXTS["ar"][0] in page
    assert f'href="{address}/text/en"' in page
    assert "The text can be read in the file only." in reader.get(f"{address}/text/fr").text
    assert reader.get(f"{address}/text/es").status_code == 404  # released in Arabic, English and French


def test_a_text_that_is_read_later_replaces_the_page_without_it(reader_site: ReaderSite) -> None:
    address = reader_site.release(1)
    reader = reader_site.browser("academia")
    assert "The text can be read in the file only." in reader.get(address).text

    reader_site.add_text(1, "en", "Read at last.")

    assert "Read at last." in reader.get(address).text


def test_a_text_that_is_not_as_it_was_signed_is_not_shown(reader_site: ReaderSite, database: Database) -> None:
    address = reader_site.release(1, texts=TEXTS)
    reader_site.release(2, texts=TEXTS)

    database.run_as_superuser("UPDATE release.text SET paragraphs = '{\"The costs of transit fall.\"}'")
    reader_site.renew()

    page = reader_site.browser("academia").get(address).text
    assert "The text can be read in the file only." in page
    assert "transit" not in page


def test_the_text_of_a_withdrawn_output_is_gone(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, texts=TEXTS)
    reader = reader_site.browser("academia")
    pages = (address, f"{address}/text/en", f"{address}/text/ar")
    assert [bool(PARAGRAPH.findall(reader.get(page).text)) for page in pages] == [True] * 3

    reader_site.withdraw(1)

    answers = [reader.get(page) for page in pages]
    assert [answer.status_code for answer in answers] == [410] * 3
    assert not any("transit" in answer.text or TEXTS["ar"][0] in answer.text for answer in answers)


OPENING = re.compile(r'<p class="opening" lang="(\w\w)" dir="\w+">([^<]*)</p>')


def test_a_list_shows_how_each_text_begins(reader_site: ReaderSite) -> None:
    long = "The costs of transit rise, " + "and rise, " * 40
    chinese = "过境费用上涨，" * 30
    reader_site.release(1, texts={"en": ["1. Purpose", long], "ar": ["ترتفع تكاليف العبور."]}, original="en")
    reader_site.release(2, languages=("en", "zh"), texts={"zh": ["一、目的", chinese], "en": ["Short."]}, original="zh")
    reader = reader_site.browser("member_state")

    english, arabic = (OPENING.findall(reader.get("/outputs", params={"lang": code}).text) for code in ("en", "ar"))

    assert [code for code, _ in english] == [code for code, _ in arabic] == ["zh", "en"]
    assert english == arabic  # the Arabic text is too short to tell anything
    assert english[1][1].startswith("The costs of transit rise, and rise,")
    assert english[1][1].endswith("rise, and…")
    assert (len(english[1][1]) <= 241, len(english[0][1])) == (True, 121)


def test_neither_a_cover_nor_the_title_is_how_a_text_begins(reader_site: ReaderSite) -> None:
    assert openings.CELL_SEPARATOR == docx_text.CELL_SEPARATOR
    title = "On the costs of transit, of landing rights and of exchange points in rural regions"
    cover = "International Telecommunication Union ITU-T Study Group 3 | 30 November 2026 Original: English"
    text = "The costs of transit rise in every region, and the Group asks for figures by route."
    reader_site.release(1, titles={"en": title}, texts={"en": [cover, title, text]}, original="en")

    shown = OPENING.findall(reader_site.browser("member_state").get("/outputs?lang=en").text)

    assert shown == [("en", text)]


def test_a_page_is_bounded_whatever_the_length_of_the_paragraphs(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, texts={"en": ["x" * 20_000] * 400})

    page = reader_site.browser("academia").get(f"{address}/text/en").text

    assert len(page) < MAX_CHARACTERS + 50_000
    assert "The text continues in the file." in page
