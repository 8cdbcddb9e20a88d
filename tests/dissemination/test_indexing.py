"""The index behind search: at once where it is little, beside where it is much, and gone with its process."""

import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock, pubsub
from app.core.search.query_parser import QueryTerm, parse_query
from app.core.search.tokenizer import tokenize_text
from app.dissemination.search import indexer
from app.dissemination.search.engine import SearchEngine
from app.dissemination.search.fts_index import SearchIndex
from app.domain.releases.queries import releases
from app.domain.releases.queries.releases import CatalogueEntry, CatalogueFile
from tests.dissemination.read_path_site import Place, held
from tests.dissemination.test_catalogue import eventually, told
from tests.dissemination.test_outputs import listed
from tests.dissemination.test_search import found

__all__ = ["told"]

TAMPERED_TEXT = {
    "sha256": "sha256 = (SELECT sha256 FROM release.file JOIN release.output ON id = output_id WHERE slug LIKE '%-2')",
    "paragraphs": "paragraphs = ARRAY['About tariffs.', 'About cables.']",
    "signature": "signature = repeat('A', 86) || '=='",
    "public_key": "public_key = repeat('A', 43) || '='",
}


def test_much_is_indexed_beside_and_until_then_search_says_so_while_all_else_answers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_SIZE", 1)
    go_on, texts_of = threading.Event(), releases.list_file_texts
    monkeypatch.setattr(releases, "list_file_texts", lambda *given: (go_on.wait(10), texts_of(*given))[1])
    place.renew = lambda: None
    for number in range(1, 4):
        place.release(number, titles={"en": "Transit"}, texts={"en": ["About transit."]})
    reader = place.browser("academia")

    assert listed(reader.get("/outputs").text) == ["3", "2", "1"]
    answer = reader.get("/search?q=transit&lang=en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Search is being prepared." in answer.text

    place.release(4, titles={"en": "Transit"})
    place.library.refresher.refresh()  # meanwhile there is another catalogue: it is waited for as well
    assert reader.get("/search?q=transit").status_code == 503
    go_on.set()
    eventually(lambda: reader.get("/search?q=transit").status_code == 200)
    assert sorted(found(place, "transit")) == ["1", "2", "3", "4"]


def test_a_release_is_found_as_soon_as_it_is_listed_and_what_is_gone_as_long(told: Place, database) -> None:
    reader, told.renew = told.browser("academia"), lambda: None
    told.release(1, titles={"en": "Transit"}, texts={"en": ["About transit."]})

    eventually(lambda: listed(reader.get("/outputs").text) == ["1"])
    assert found(told, "about transit") == ["1"]

    told.read(1, "fr", "Au sujet du transit.")
    eventually(lambda: found(told, "sujet") == ["1"])

    database.run_as_superuser("DELETE FROM release.file; DELETE FROM release.output")
    eventually(lambda: listed(reader.get("/outputs").text) == [])
    assert found(told, "about transit") == []


def test_without_an_index_everything_but_search_answers_and_the_next_renewal_tries_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SearchIndex, "add_outputs", full)
        place.release(1, titles={"en": "Transit"})
    reader = place.browser("academia")

    assert listed(reader.get("/outputs").text) == ["1"]
    assert reader.get("/search?q=transit").status_code == 503
    place.library.refresher.refresh()
    assert found(place, "transit") == ["1"]


def test_search_comes_back_by_itself_after_a_fault(told: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubsub, "PROBE_INTERVAL", 0.2)
    failed: list[int] = []

    def full(*_: object) -> None:
        failed.append(1)
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SearchIndex, "add_outputs", full)
        patch.setattr(Place, "renew", lambda _: None)  # only what is told renews it
        told.release(1, titles={"en": "Transit"})
        eventually(lambda: bool(failed))

    eventually(lambda: told.browser("academia").get("/search?q=transit").status_code == 200, within=20)
    assert found(told, "transit") == ["1"]


def test_an_output_that_is_not_as_it_was_signed_is_found_no_more_and_again_once_it_is(place: Place, database) -> None:
    place.release(1, titles={"en": "Transit"}, texts={"en": ["Cables."]})
    for title, expected in (("Peering", []), ("Transit", ["1"])):
        database.run_as_superuser(f"""UPDATE release.output SET titles = '{{"en": "{title}"}}'""")
        place.renew()

        assert found(place, "peering") == []
        assert found(place, "transit") == found(place, "cables") == expected


@pytest.mark.parametrize("column", TAMPERED_TEXT)
def test_a_text_that_the_house_did_not_sign_is_neither_found_nor_shown(place: Place, database, column: str) -> None:
    place.release(1, titles={"en": "Transit"}, languages=("en",), texts={"en": ["About cables."]})
    place.release(2, titles={"en": "Other"}, languages=("en",))
    assert found(place, "cables") == ["1"]

    database.run_as_superuser(f"UPDATE release.text SET {TAMPERED_TEXT[column]}")
    place.library.refresher.stop()  # another process begins an index of its own
    place.renew()

    assert found(place, "transit") == ["1"]
    assert found(place, "tariffs") == found(place, "cables") == []


def test_nobody_writes_through_a_connection_that_searches(place: Place) -> None:
    place.release(1)
    index = place.indexing.get_ready_index()

    with pytest.raises(sqlite3.OperationalError, match="readonly"), index.read_connection() as connection:
        connection.execute("DELETE FROM kept")


def test_the_file_goes_with_its_process_also_with_one_that_was_killed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(indexer, "mkdtemp", lambda prefix: str(made(tmp_path / f"{prefix}own")))
    left, other = made(tmp_path / f"{indexer.FOLDER_PREFIX}left"), made(tmp_path / "something else")
    (left / "words").write_text("x")

    place.release(1)
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} >= {f"{indexer.FOLDER_PREFIX}own", other.name}
    assert not left.exists()
    indexer.remove_stale_folders()
    assert (tmp_path / f"{indexer.FOLDER_PREFIX}own").exists()

    place.library.refresher.stop()
    assert not (tmp_path / f"{indexer.FOLDER_PREFIX}own").exists()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


WORDS = ["étude", "etudes", "studies", "study", "câble", "cables", "والإنترنت", "انترنت", "互联", "联网", "l’eau", "22"]


def stands(term: QueryTerm, text: str, language: str) -> bool:
    """As a person would look: word by word, in every form."""
    there = list(tokenize_text(text, language))
    if not term.is_phrase or len(term.steps) == 1:
        return all(any(step & word.forms for word in there) for step in term.steps)
    places = [{word.position for word in there if step & word.forms} for step in term.steps]
    return any(all(first + further in places[further] for further in range(len(places))) for first in places[0])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["en", "fr", "ar", "zh"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
    st.lists(st.sampled_from([*WORDS, '"', "-", ' "', '" ']), min_size=1, max_size=7),
)
def test_what_is_found_is_what_stands_there_word_by_word(language: str, text: list[str], typed: list[str]) -> None:
    paragraph, asked = " ".join(text), parse_query(" ".join(typed).replace("- ", "-"))
    output = one(language)
    with TemporaryDirectory() as folder:
        index = SearchIndex(Path(folder))
        index.add_outputs([output], {output.texts[0].sha256: [paragraph]}, frozenset())
        found = SearchEngine(index, held([output])).find_hits("", asked)
        index.close()

    expected = bool(asked.required) and all(stands(term, paragraph, language) for term in asked.required)
    expected = expected and not any(stands(term, paragraph, language) for term in asked.excluded)
    assert (len(found.hits) == 1) == expected


def one(language: str) -> CatalogueEntry:
    """An output with one text and a title that nobody looks for."""
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


def test_a_batch_that_failed_half_way_is_indexed_whole_the_next_time(place: Place, monkeypatch) -> None:
    real, put = SearchIndex._put, []

    def full(index: SearchIndex, at: int, row: object) -> None:
        put.append(at)
        if len(put) == 2:  # in the second output: what was put in of the first is undone with it
            raise sqlite3.OperationalError("database or disk is full")
        real(index, at, row)

    monkeypatch.setattr(SearchIndex, "_put", full)
    with monkeypatch.context() as context:
        context.setattr(Place, "renew", lambda _: None)
        for number, word in enumerate(("transit", "zebras"), start=1):
            place.release(number, languages=("en",), titles={"en": "A report"}, texts={"en": [f"About {word}."]})
    place.renew()
    reader = place.browser("academia")
    assert len(put) == 2
    assert reader.get("/search.json?q=transit").status_code == 503

    place.renew()

    for number, word in enumerate(("transit", "zebras"), start=1):
        found = reader.get(f"/search.json?q={word}").json()["results"]
        assert [each["symbol"] for each in found] == [f"CWG-Internet 22/OUT/{number}"]
