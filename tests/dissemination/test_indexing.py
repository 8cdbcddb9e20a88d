"""The search index: built at once if small, in the background if large, and deleted with its process."""

import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.search.query_parser import QueryTerm, parse_query
from app.core.search.tokenizer import tokenize_text
from app.dissemination.search import indexer
from app.dissemination.search.engine import SearchEngine
from app.dissemination.search.fts_index import SearchIndex
from app.domain.releases.queries import releases
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, CatalogueFile, SignedFileText
from tests.dissemination.read_path_site import ReaderSite, build_catalogue
from tests.dissemination.test_catalogue import eventually, listening_site
from tests.dissemination.test_outputs import list_numbers
from tests.dissemination.test_search import search_outputs
from tests.sampling import count_examples

__all__ = ["listening_site"]

TAMPERED_TEXT = {
    "sha256": "sha256 = (SELECT sha256 FROM release.file JOIN release.output ON id = output_id WHERE slug LIKE '%-2')",
    "paragraphs": "paragraphs = ARRAY['About tariffs.', 'About cables.']",
    "signature": "signature = repeat('A', 86) || '=='",
    "public_key": "public_key = repeat('A', 43) || '='",
    "heading_levels": "heading_levels = '{1}'",
}


@pytest.fixture
def reader_site(reader_site: ReaderSite) -> ReaderSite:
    """Refreshed after each release, from the first on."""
    reader_site.is_unread = False
    return reader_site


def test_a_large_index_is_built_in_the_background_while_only_search_is_unavailable(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_SIZE", 1)
    go_on, texts_of = threading.Event(), releases.list_file_texts
    monkeypatch.setattr(releases, "list_file_texts", lambda *args: (go_on.wait(60), texts_of(*args))[1])
    reader_site.renew = lambda: None
    for number in range(1, 4):
        reader_site.release(number, titles={"en": "Transit"}, texts={"en": ["About transit."]})
    reader = reader_site.browser("academia")

    assert list_numbers(reader.get("/outputs").text) == ["3", "2", "1"]
    answer = reader.get("/search?q=transit&lang=en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Search is being prepared." in answer.text

    reader_site.release(4, titles={"en": "Transit"})
    reader_site.state.refresher.refresh()  # a newer catalogue exists meanwhile, and is waited for as well
    assert reader.get("/search?q=transit").status_code == 503
    page = "/outputs/CWG-Internet-22-OUT-1"
    assert "The text is being prepared for reading." in reader.get(page).text
    go_on.set()
    eventually(lambda: reader.get("/search?q=transit").status_code == 200)
    assert sorted(search_outputs(reader_site, "transit")) == ["1", "2", "3", "4"]
    assert "About transit." in reader.get(page).text


def test_an_output_is_found_exactly_as_long_as_it_is_listed(listening_site: ReaderSite, database) -> None:
    reader, listening_site.renew = listening_site.browser("academia"), lambda: None
    listening_site.release(1, titles={"en": "Transit"}, texts={"en": ["About transit."]})

    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])
    assert search_outputs(listening_site, "about transit") == ["1"]

    listening_site.add_text(1, "fr", "Au sujet du transit.")
    eventually(lambda: search_outputs(listening_site, "sujet") == ["1"])

    database.run_as_superuser("DELETE FROM release.file; DELETE FROM release.output")
    eventually(lambda: list_numbers(reader.get("/outputs").text) == [])
    assert search_outputs(listening_site, "about transit") == []


def test_without_an_index_only_search_fails_and_the_next_refresh_retries(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SearchIndex, "add_outputs", full)
        reader_site.release(1, titles={"en": "Transit"})
    reader = reader_site.browser("academia")

    assert list_numbers(reader.get("/outputs").text) == ["1"]
    assert reader.get("/search?q=transit").status_code == 503
    reader_site.state.refresher.refresh()
    assert search_outputs(reader_site, "transit") == ["1"]


def test_search_recovers_by_itself_after_an_error(listening_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[int] = []

    def full(*_: object) -> None:
        failed.append(1)
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SearchIndex, "add_outputs", full)
        patch.setattr(ReaderSite, "renew", lambda _: None)  # only the watcher refreshes the catalogue
        listening_site.release(1, titles={"en": "Transit"})
        eventually(lambda: bool(failed))

    eventually(lambda: listening_site.browser("academia").get("/search?q=transit").status_code == 200)
    assert search_outputs(listening_site, "transit") == ["1"]


def test_a_page_is_shown_without_its_text_while_the_index_cannot_be_read(reader_site: ReaderSite) -> None:
    page = reader_site.release(1, texts={"en": ["About transit."]})
    reader = reader_site.browser("academia")
    index = reader_site.indexing.get_ready_index()
    with index.read_connection() as connection:
        pass
    connection.close()  # it is the one that is used next

    answer = reader.get(page)
    assert (answer.status_code, "The text is being prepared for reading." in answer.text) == (200, True)
    assert reader_site.indexing.needs_retry

    reader_site.renew()
    assert reader_site.indexing.get_ready_index() is not index
    assert "About transit." in reader.get(page).text


def test_a_tampered_output_is_not_found_until_it_is_restored(reader_site: ReaderSite, database) -> None:
    reader_site.release(1, titles={"en": "Transit"}, texts={"en": ["Cables."]})
    for title, expected in (("Peering", []), ("Transit", ["1"])):
        database.run_as_superuser(f"""UPDATE release.output SET titles = '{{"en": "{title}"}}'""")
        reader_site.renew()

        assert search_outputs(reader_site, "peering") == []
        assert search_outputs(reader_site, "transit") == search_outputs(reader_site, "cables") == expected


@pytest.mark.parametrize("column", TAMPERED_TEXT)
def test_a_text_not_signed_by_the_portal_is_neither_found_nor_shown(
    reader_site: ReaderSite, database, column: str
) -> None:
    reader_site.release(1, titles={"en": "Transit"}, languages=("en",), texts={"en": ["About cables."]})
    reader_site.release(2, titles={"en": "Other"}, languages=("en",))
    assert search_outputs(reader_site, "cables") == ["1"]

    database.run_as_superuser(f"UPDATE release.text SET {TAMPERED_TEXT[column]}")
    reader_site.state.refresher.stop()  # another process starts an index of its own
    reader_site.renew()

    assert search_outputs(reader_site, "transit") == ["1"]
    assert search_outputs(reader_site, "tariffs") == search_outputs(reader_site, "cables") == []


def test_a_search_connection_is_read_only(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    index = reader_site.indexing.get_ready_index()

    with pytest.raises(sqlite3.OperationalError, match="readonly"), index.read_connection() as connection:
        connection.execute("DELETE FROM kept")


def test_the_index_file_is_deleted_with_its_process_even_a_killed_one(
    reader_site: ReaderSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(indexer, "mkdtemp", lambda prefix: str(make_folder(tmp_path / f"{prefix}own")))
    left, other = make_folder(tmp_path / f"{indexer.FOLDER_PREFIX}left"), make_folder(tmp_path / "something else")
    (left / "words").write_text("x")

    reader_site.release(1)
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} >= {f"{indexer.FOLDER_PREFIX}own", other.name}
    assert not left.exists()
    indexer.remove_stale_folders()
    assert (tmp_path / f"{indexer.FOLDER_PREFIX}own").exists()

    reader_site.state.refresher.stop()
    assert not (tmp_path / f"{indexer.FOLDER_PREFIX}own").exists()


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


WORDS = ["étude", "etudes", "studies", "study", "câble", "cables", "والإنترنت", "انترنت", "互联", "联网", "l’eau", "22"]


def is_matched(term: QueryTerm, text: str, language: str) -> bool:
    """Match the term naively: word by word, in every form."""
    text_words = list(tokenize_text(text, language))
    if not term.is_phrase or len(term.steps) == 1:
        return all(any(step & word.forms for word in text_words) for step in term.steps)
    places = [{word.position for word in text_words if step & word.forms} for step in term.steps]
    return any(all(first + further in places[further] for further in range(len(places))) for first in places[0])


@settings(max_examples=count_examples(200), deadline=None)
@given(
    st.sampled_from(["en", "fr", "ar", "zh"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
    st.lists(st.sampled_from([*WORDS, '"', "-", ' "', '" ']), min_size=1, max_size=7),
)
def test_search_finds_exactly_the_texts_that_match_word_by_word(
    language: str, text: list[str], typed: list[str]
) -> None:
    paragraph, query = " ".join(text), parse_query(" ".join(typed).replace("- ", "-"))
    output = build_output(language)
    with TemporaryDirectory() as folder:
        index, sha256 = SearchIndex(Path(folder)), output.texts[0].sha256
        index.add_outputs([output], {sha256: SignedFileText(sha256, (paragraph,), "", "")}, frozenset())
        results = SearchEngine(index, build_catalogue([output])).find_hits("", query)
        index.close()

    expected = bool(query.required) and all(is_matched(term, paragraph, language) for term in query.required)
    expected = expected and not any(is_matched(term, paragraph, language) for term in query.excluded)
    assert (len(results.hits) == 1) == expected


def build_output(language: str) -> CatalogueEntry:
    """An output with one text and a title that matches no query."""
    return CatalogueEntry(
        slug="X-1",
        symbol="X 1",
        kind="report",
        body="x",
        body_names={},
        meeting=1,
        titles={"ru": "Название"},
        original="ru",
        for_action=(),
        for_information=(),
        reply_by=None,
        adopted_on=clock.now().date(),
        adopted_how="meeting",
        released_at=clock.now(),
        texts=(CatalogueFile(language, "0" * 64, 1, "x", "x.pdf"),),
        statements=(),
        addressees=(),
    )


def test_a_partly_failed_batch_is_indexed_completely_the_next_time(reader_site: ReaderSite, monkeypatch) -> None:
    real, put_rows = SearchIndex._put, []

    def full(index: SearchIndex, at: int, row: object) -> None:
        put_rows.append(at)
        if len(put_rows) == 2:  # at the second output: the rows of the first are rolled back with it
            raise sqlite3.OperationalError("database or disk is full")
        real(index, at, row)

    monkeypatch.setattr(SearchIndex, "_put", full)
    with monkeypatch.context() as context:
        context.setattr(ReaderSite, "renew", lambda _: None)
        for number, word in enumerate(("transit", "zebras"), start=1):
            reader_site.release(number, languages=("en",), titles={"en": "A report"}, texts={"en": [f"About {word}."]})
    reader_site.renew()
    reader = reader_site.browser("academia")
    assert len(put_rows) == 2
    assert reader.get("/search.json?q=transit").status_code == 503

    reader_site.renew()

    for number, word in enumerate(("transit", "zebras"), start=1):
        results = reader.get(f"/search.json?q={word}").json()["results"]
        assert [each["symbol"] for each in results] == [f"CWG-Internet 22/OUT/{number}"]
