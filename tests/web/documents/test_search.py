"""Search as a page: symbols first, marked passages, filters, and no query is an error."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from app.core import clock
from app.core.db import transaction
from app.domain.documents.models import Document
from app.domain.files.models import Rendition, RenditionState
from app.domain.search.actions import index_file
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.web.documents.test_lists import registered
from tests.world import World, record_rows

Open = Callable[..., Browser]


def index_file_text(world: World, *paragraphs: str) -> None:
    """Store this text as if the worker had extracted it from the file of every document."""
    sha256 = world.file().sha256
    with transaction(world.work) as session:
        record_rows(session)
        session.add(
            Rendition(sha256=sha256, state=RenditionState.READY, asked_at=clock.now(), paragraphs=list(paragraphs))
        )
        session.flush()
        index_file(session, sha256)


def test_a_passage_is_shown_escaped_with_its_words_marked(world: World, browser: Open) -> None:
    registered(world, "A <b>title</b>")
    index_file_text(world, "Nothing here.", "The <script>costs</script> of transit are high.")

    shown = browser("rafael").get("/search?q=cost+title").text

    assert 'href="/documents/CWG-Internet-22-1"' in shown
    assert "The &lt;script&gt;<mark>costs</mark>&lt;/script&gt; of transit" in shown
    assert "A &lt;b&gt;<mark>title</mark>&lt;/b&gt;" in shown
    assert "Kenya" in shown


def test_a_symbol_match_is_listed_before_text_matches(world: World, browser: Open) -> None:
    meeting = world.meeting()
    registered(world, "First")
    registered(world, "It speaks of 22/1")

    shown = browser("rafael").get("/search?q=22/1").text

    assert shown.index("Matching this symbol") < shown.index("First") < shown.index("In titles and texts")
    assert meeting.id


def test_filters_by_language_and_meeting(world: World, browser: Open) -> None:
    meeting, other = world.meeting(), world.meeting(number=21, opens_in=60)
    registered(world, "Transit here")
    registered(world, "Transit there", scope="21")
    rafael = browser("rafael")

    assert ">2 in total<" in rafael.get("/search?q=transit").text
    only = rafael.get(f"/search?q=transit&meeting={meeting.id}&language=en").text
    assert ">1 in total<" in only
    assert "there" not in only.split("In titles and texts")[1].split("</ol>")[0]
    assert "No results found." in rafael.get(f"/search?q=transit&meeting={other.id}&language=fr").text


@pytest.mark.parametrize(
    "address",
    [
        "?q=",
        "?q=%22",
        "?q=%00%27%29%3B--",
        "?q=-a",
        "?q=a+%3C-%3E+b",
        "?q=%26%7C!",
        "?q=" + "x" * 5000,
        "?q=a&meeting=none&language=xx",
    ],
)
def test_no_query_is_an_error(world: World, browser: Open, address: str) -> None:
    registered(world, "Transit")

    assert browser("rafael").get(f"/search{address}").status_code == 200


def test_the_search_box_is_on_every_page_of_those_who_can_search(world: World, browser: Open) -> None:
    assert 'action="/search"' in browser("rafael").get("/").text
    assert 'action="/search"' not in browser().get("/").text


def test_a_query_without_typing_errors_is_offered_from_what_the_reader_may_see(world: World, browser: Open) -> None:
    world.meeting()
    registered(world, "Internet exchange points")
    rafael = browser("rafael")

    page = rafael.get("/search?q=exchnage&language=en").text
    assert 'Did you mean: <a href="/search?q=exchange&amp;language=en"><b dir="auto">exchange</b></a>' in page
    assert page.index("No results found.") < page.index("Did you mean")
    assert "Internet <mark>exchange</mark> points" in rafael.get("/search?q=exchange&language=en").text
    assert "Did you mean" not in rafael.get("/search?q=exchange").text
    assert "Did you mean" not in rafael.get("/search?q=exchnage&language=fr").text


def test_a_typing_error_in_chinese_is_corrected(world: World, browser: Open) -> None:
    world.meeting()
    registered(world, "互联网公共政策")

    page = browser("rafael").get("/search?q=互连网公共").text

    assert f'Did you mean: <a href="/search?{urlencode({"q": "互联网公共"})}"><b dir="auto">互联网公共</b>' in page


def test_no_word_of_a_hidden_or_withdrawn_document_is_offered(world: World, browser: Open) -> None:
    world.meeting()
    registered(world, "An open title")
    obsolete = registered(world, "Obsolete spectrum")
    world.seat("ines", "secretary", body="wg-wsis")
    hidden = registered(world, "Confidential figures 频谱政策", body="wg-wsis")
    rafael, ines = browser("rafael"), browser("ines")

    assert '<b dir="auto">obsolete</b>' in rafael.get("/search?q=obsolite").text
    assert '<b dir="auto">confidential</b>' in ines.get("/search?q=confidentail").text
    assert '<b dir="auto">频谱政策</b>' in ines.get("/search?q=频普政策").text
    with transaction(world.read) as session:
        document = session.get_one(Document, obsolete)
    withdraw_document(world, document)
    assert rafael.get(f"/documents/{hidden}").status_code == 404
    for typed in ("obsolite", "confidentail", "频普政策"):
        assert "Did you mean" not in rafael.get(f"/search?q={typed}").text
