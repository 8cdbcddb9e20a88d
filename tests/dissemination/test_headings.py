"""Headings of a released text: on the page of an output, in its contents, and in links that lead to them."""

import re
from itertools import pairwise

from tests.dissemination.read_path_site import ReaderSite

TEXTS = {
    "en": ["1. Costs", "The costs of transit rise.", "1.1 Inland", "They rise most inland.", "2. Proposals", "Annex"],
    "ar": ["١. التكاليف", "ترتفع تكاليف العبور.", "٢. المقترحات"],
    "ru": ["Расходы", "Расходы растут.", "Предложения"],
    "zh": ["一、费用", "费用上涨。", "二、提案"],
    "fr": ["Coûts", "Les coûts augmentent."],
}
LEVELS = {"en": [2, 0, 4, 0, 2, 0], "ar": [1, 0, 1], "ru": [1, 0, 1], "zh": [1, 0, 1]}
HEADING = re.compile(r'<h([1-6])[^>]*>(?:<a id="([^"]*)" href="#([^"]*)">)?([^<]*)')
LINK = re.compile(r'<li><a href="#([^"]*)"(?: dir="auto")?>([^<]*)</a>')


def release(reader_site: ReaderSite, **more: object) -> str:
    more = {"languages": tuple(TEXTS), "texts": TEXTS, "heading_levels": LEVELS} | more
    return reader_site.release(1, **more)


def test_headings_of_the_text_are_headings_of_the_page_without_a_gap(reader_site: ReaderSite) -> None:
    page = reader_site.browser("academia").get(f"{release(reader_site)}/text/en?lang=en").text

    headings = [(int(level), words.strip()) for level, _, _, words in HEADING.findall(page)]
    levels = [level for level, _ in headings]
    assert [each for each in headings if each[1] in TEXTS["en"]] == [
        (3, "1. Costs"),
        (4, "1.1 Inland"),
        (3, "2. Proposals"),
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert '<p class="para" id="p-6" dir="auto">Annex</p>' in page
    assert re.findall(r' id="p-(\d+)"', page) == list("123456")


def test_on_this_page_lists_headings_and_sections_where_they_are(reader_site: ReaderSite) -> None:
    statement = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves its position.", "language": "en"}
    page = reader_site.browser("academia").get(f"{release(reader_site, statements=[statement])}/text/en?lang=en").text

    links = LINK.findall(page.partition('<ol class="contents">')[2].partition("</ol>")[0])

    assert links == [
        ("text", "Text"),
        ("section-costs", "1. Costs"),
        ("section-inland", "1.1 Inland"),
        ("section-proposals", "2. Proposals"),
        ("statements", "Statements of States"),
        ("record", "Details"),
        ("who", "Who can read this?"),
        ("files", "Files"),
        ("cite", "Cite this text"),
    ]
    for anchor, _words in links:
        assert page.count(f' id="{anchor}"') == 1
    assert page.index(">Statements of States</h2>") > page.index("Annex</p>")


def test_each_script_has_headings_and_links_in_its_own_direction(reader_site: ReaderSite) -> None:
    address, reader = release(reader_site), reader_site.browser("academia")

    found = {}
    for language in LEVELS:
        page = reader.get(f"{address}/text/{language}?lang=en").text
        found[language] = [anchor for _, anchor, target, _ in HEADING.findall(page) if anchor and anchor == target]
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<ul lang="{language}" dir="{direction}">' in page

    assert found == {
        "en": ["section-costs", "section-inland", "section-proposals"],
        "ar": ["section-التكاليف", "section-المقترحات"],
        "ru": ["section-расходы", "section-предложения"],
        "zh": ["section-一-费用", "section-二-提案"],
    }


def test_a_link_to_a_heading_leads_there_in_the_next_revision(reader_site: ReaderSite) -> None:
    earlier = release(reader_site)
    revised = {"en": ["1. Scope", "Transit alone.", "2. Costs", "Costs have risen.", "3. Proposals"]}
    later = reader_site.release(2, texts=revised, heading_levels={"en": [1, 0, 1, 0, 1]})
    reader = reader_site.browser("academia")

    for address, number in ((earlier, 1), (later, 3)):
        page = reader.get(f"{address}/text/en").text
        assert f'id="p-{number}" dir="auto"><a id="section-costs" href="#section-costs">' in page


def test_a_text_that_was_released_without_levels_looks_as_before(reader_site: ReaderSite) -> None:
    address, reader = release(reader_site), reader_site.browser("academia")

    page = reader.get(f"{address}/text/fr?lang=en").text

    assert '<p class="para" id="p-1" dir="auto">Coûts</p>' in page
    assert "On this page" not in page
    assert "On this page" in reader.get(f"{address}/text/en?lang=en").text


def test_a_heading_is_not_how_a_text_begins(reader_site: ReaderSite) -> None:
    heading = "On the costs of transit in countries without a coast, and what they do"
    release(reader_site, texts={"en": [heading, f"{heading} about them."]}, heading_levels={"en": [1, 0]})

    page = reader_site.browser("academia").get("/outputs?lang=en").text

    assert f"{heading} about them.</p>" in page
    assert f">{heading}<" not in page
