"""Full-text index of everything released, in an SQLite file of this process.

A row holds an output in one language: its title, the statements of States, its text. Row numbers follow the order of
release, so that the latest are read first without sorting. The file is deleted with the process; it contains released
texts only and can always be rebuilt.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from app.core.i18n import LANGUAGES
from app.core.search.token_cache import TokenKeyMap, convert_text_to_search_keys
from app.dissemination.search import index_terms
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, SignedFileText

ROWS_PER_OUTPUT = 8
"""Row numbers per output: one for each of the six languages, and two spare."""
PARAGRAPH_SEPARATOR = "\x1e"
"""Separates paragraphs; removed from texts that contain it."""
LINE_SEPARATOR = " \n "
"""Separates the tokens of two paragraphs."""
TOKENIZER = """tokenize="ascii tokenchars '_'", content=''"""
CREATE_TABLES = f"""
CREATE TABLE kept (row INTEGER PRIMARY KEY, symbol, signs, title, said, text, paragraphs, levels);
CREATE VIRTUAL TABLE texts USING fts5 (symbol, signs, title, said, text, {TOKENIZER});
CREATE VIRTUAL TABLE titles USING fts5 (signs, title, {TOKENIZER});
CREATE VIRTUAL TABLE known USING fts5vocab (texts, instance);
"""
# A contentless FTS5 table deletes a row by its number and the same column values that were inserted.
INSERT_SQL = {
    "texts": "INSERT INTO texts (rowid, symbol, signs, title, said, text) VALUES (?, ?, ?, ?, ?, ?)",
    "titles": "INSERT INTO titles (rowid, signs, title) VALUES (?, ?, ?)",
}
DELETE_SQL = {
    "texts": "INSERT INTO texts (texts, rowid, symbol, signs, title, said, text) VALUES ('delete', ?, ?, ?, ?, ?, ?)",
    "titles": "INSERT INTO titles (titles, rowid, signs, title) VALUES ('delete', ?, ?, ?)",
}
TABLE_COLUMNS = {"texts": slice(0, 5), "titles": slice(1, 3)}


class IndexRow(NamedTuple):
    """An output in one language: the tokens of each column, its paragraphs as displayed, and their levels as headings,
    separated by spaces; "" if none is a heading."""

    symbol: str
    terms: str
    title: str
    statements: str
    text: str
    paragraphs: str
    heading_levels: str


class IndexedText(NamedTuple):
    """The paragraphs of a text, or as many of the first as were asked for, and their levels as headings; no levels if
    none is a heading."""

    paragraphs: tuple[str, ...]
    heading_levels: tuple[int, ...]


NO_TEXT = IndexedText((), ())


class SearchIndex:
    """Full-text index with one writing thread at a time; any number of threads search consistent states meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Create an empty index in this folder. Raises sqlite3.Error, OSError."""
        self._path = folder / "words"
        self._writer = sqlite3.connect(self._path, check_same_thread=False)
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = OFF")  # rebuilt after a crash
        self._writer.executescript(CREATE_TABLES)
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._last = 0
        self._known: dict[str, tuple[int, int]] = {}
        self.slugs: dict[int, str] = {}
        self.keys = TokenKeyMap()

    def find_changed(self, outputs: Iterable[CatalogueEntry], readable_files: frozenset[str]) -> list[CatalogueEntry]:
        """List the outputs that are missing or differ in the index, earliest first.

        `readable_files` have extracted text.
        """
        outdated = [
            output
            for output in outputs
            if self._known.get(output.slug, (0, 0))[1] != _signature(output, readable_files)
        ]
        return sorted(outdated, key=lambda output: (output.released_at, output.symbol))

    def add_outputs(
        self, outputs: Iterable[CatalogueEntry], texts: Mapping[str, SignedFileText], readable_files: frozenset[str]
    ) -> None:
        """Add or replace outputs. `texts` maps the SHA-256 of a file to its text, whose signature was verified."""
        with self._lock:
            last, added = self._last, {}
            with self._writer:
                for output in outputs:
                    if known := self._known.get(output.slug):
                        number = known[0]
                        self._delete(number)
                    else:
                        number = last = last + 1
                    for language, row in _rows(output, texts):
                        self._put(number * ROWS_PER_OUTPUT + LANGUAGES.index(language), row)
                    added[output.slug] = number, _signature(output, readable_files)
            # Recorded after the commit only: after a failure all of these outputs are added again.
            self._last = last
            self._known |= added
            self.slugs |= {number: slug for slug, (number, _) in added.items()}

    def remove_all_but(self, outputs: Iterable[CatalogueEntry]) -> None:
        """Delete every output that is not among these."""
        with self._lock:
            gone = self._known.keys() - {output.slug for output in outputs}
            with self._writer:
                for slug in gone:
                    self._delete(self._known[slug][0])
            for slug in gone:
                number, _ = self._known.pop(slug)
                del self.slugs[number]

    def output_row_number_base(self, slug: str) -> int:
        """Return the row number base of an output; 0, which has no rows, if it is not in the index."""
        return self._known.get(slug, (0, 0))[0]

    def read_text(self, slug: str, language: str, characters: int = -1) -> IndexedText:
        """Read the text of an output in this language, as it was signed; nothing if it is not in the index.

        With `characters`, only the paragraphs that are whole within so many.
        """
        row_number = self.output_row_number_base(slug) * ROWS_PER_OUTPUT + LANGUAGES.index(language)
        with self.read_connection() as connection:
            part = "paragraphs" if characters < 0 else f"substr(paragraphs, 1, {characters + 1:d})"
            row = connection.execute(f"SELECT {part}, levels FROM kept WHERE row = ?", (row_number,)).fetchone()  # noqa: S608  # a number
        text, levels = row or ("", "")
        if 0 <= characters < len(text):
            text = text[:characters].rpartition(PARAGRAPH_SEPARATOR)[0]
        paragraphs = tuple(text.split(PARAGRAPH_SEPARATOR)) if text else ()
        return IndexedText(paragraphs, tuple(map(int, levels.split()[: len(paragraphs)])))

    def list_openings(self, rows: int, characters: int) -> list[tuple[str, str]]:
        """List the beginnings of the latest texts, each with the slug of its output."""
        select = "SELECT row, substr(paragraphs, 1, ?) FROM kept ORDER BY row DESC LIMIT ?"
        with self.read_connection() as connection:
            found = connection.execute(select, (characters, rows)).fetchall()
        return [(self.slugs.get(row // ROWS_PER_OUTPUT, ""), text) for row, text in found]

    @contextmanager
    def read_connection(self) -> Iterator[sqlite3.Connection]:
        """Context manager: a read-only connection that sees one state of the index."""
        try:
            connection = self._idle.pop()
        except IndexError:
            uri = f"file:{self._path}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
            self._idle.append(connection)

    def close(self) -> None:
        """Close all connections; no one may be searching any more."""
        for connection in (*self._idle, self._writer):
            connection.close()

    def _put(self, row_number: int, row: IndexRow) -> None:
        self._writer.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (row_number, *row))
        for table, insert in INSERT_SQL.items():
            self._writer.execute(insert, (row_number, *row[TABLE_COLUMNS[table]]))
        for part in (row.title, row.statements, row.text):
            self.keys.add_keys(set(part.split()))

    def _delete(self, number: int) -> None:
        """Delete the rows of an output. FTS5 needs the values that were inserted to delete them."""
        first, end = number * ROWS_PER_OUTPUT, number * ROWS_PER_OUTPUT + ROWS_PER_OUTPUT
        for row_number, *row in self._writer.execute(
            "SELECT * FROM kept WHERE row >= ? AND row < ?", (first, end)
        ).fetchall():
            for table, delete in DELETE_SQL.items():
                self._writer.execute(delete, (row_number, *row[TABLE_COLUMNS[table]]))
        self._writer.execute("DELETE FROM kept WHERE row >= ? AND row < ?", (first, end))


def _rows(output: CatalogueEntry, texts: Mapping[str, SignedFileText]) -> Iterator[tuple[str, IndexRow]]:
    """Yield a row for each language in which the output has a title, statements or text."""
    files = {file.language: text for file in output.texts if (text := texts.get(file.sha256))}
    symbol, facet_terms = " ".join(index_terms.symbol_terms(output.symbol)), index_terms.output_terms(output)
    for language in LANGUAGES:
        title = output.titles.get(language, "")
        statements = [statement.text for statement in output.statements if statement.language == language]
        paragraphs, levels = (text.paragraphs, text.heading_levels) if (text := files.get(language)) else ((), ())
        if title or statements or paragraphs:
            yield (
                language,
                IndexRow(
                    symbol,
                    facet_terms,
                    _tokens([title], language),
                    _tokens(statements, language),
                    _tokens(paragraphs, language),
                    PARAGRAPH_SEPARATOR.join(paragraph.replace(PARAGRAPH_SEPARATOR, "") for paragraph in paragraphs),
                    " ".join(map(str, levels)),
                ),
            )


def _tokens(texts: Iterable[str], language: str) -> str:
    return LINE_SEPARATOR.join(convert_text_to_search_keys(text, language) for text in texts)


def _signature(output: CatalogueEntry, read: frozenset[str]) -> int:
    """Hash everything of an output that can be searched or filtered; never 0."""
    texts = tuple((text.language, text.sha256, text.sha256 in read) for text in output.texts)
    titles, topics = tuple(output.titles.items()), tuple(topic.code for topic in output.topics)
    basics = (output.symbol, output.kind, output.meeting, output.released_at)
    cited = tuple(each.code for each in (*output.mandates, *output.action_lines, *output.questions))
    return hash((basics, titles, topics, cited, texts, output.statements)) or 1
