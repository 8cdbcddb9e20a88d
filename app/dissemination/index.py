"""The words of everything that was released, in an SQLite file of this process: what search looks through.

A row is what an output has in one language: its title, what States said in it, its text. Rows are numbered by the order
of release, so that the latest are read first without sorting. The file goes with the process; it holds nothing that was
not released, and can always be made again.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from app.core.i18n import LANGUAGES
from app.core.search.keys import Keys, keys
from app.dissemination import signs
from app.domain.releases.queries import Released

EACH = 8
"""Row numbers for each output: one for a language, and two to spare."""
APART = "\x1e"
"""Parts two paragraphs. A text that has it is shown without it."""
LINE = " \n "
"""Parts the words of two paragraphs."""
TOKENS = """tokenize="ascii tokenchars '_'", content=''"""
TABLES = f"""
CREATE TABLE kept (row INTEGER PRIMARY KEY, symbol, signs, title, said, text, paragraphs);
CREATE VIRTUAL TABLE texts USING fts5 (symbol, signs, title, said, text, {TOKENS});
CREATE VIRTUAL TABLE titles USING fts5 (signs, title, {TOKENS});
CREATE VIRTUAL TABLE known USING fts5vocab (texts, instance);
"""
# What goes in as a row number with the columns of a table is taken out with the same values.
PUT = {
    "texts": "INSERT INTO texts (rowid, symbol, signs, title, said, text) VALUES (?, ?, ?, ?, ?, ?)",
    "titles": "INSERT INTO titles (rowid, signs, title) VALUES (?, ?, ?)",
}
TAKE_OUT = {
    "texts": "INSERT INTO texts (texts, rowid, symbol, signs, title, said, text) VALUES ('delete', ?, ?, ?, ?, ?, ?)",
    "titles": "INSERT INTO titles (titles, rowid, signs, title) VALUES ('delete', ?, ?, ?)",
}
COLUMNS = {"texts": slice(0, 5), "titles": slice(1, 3)}


class Row(NamedTuple):
    """What there is of an output in one language, in the words of the index; and its paragraphs as they are shown."""

    symbol: str
    signs: str
    title: str
    said: str
    text: str
    paragraphs: str


class Index:
    """One thread changes it at a time; any number search meanwhile, each in a state that was whole."""

    def __init__(self, folder: Path) -> None:
        """Begin an empty one in that folder. Raises sqlite3.Error, OSError."""
        self._path = folder / "words"
        self._writer = sqlite3.connect(self._path, check_same_thread=False)
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = OFF")  # after a crash it is made anew
        self._writer.executescript(TABLES)
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._last = 0
        self._known: dict[str, tuple[int, int]] = {}
        self.slugs: dict[int, str] = {}
        self.keys = Keys()

    def changed(self, outputs: Iterable[Released], read: frozenset[str]) -> list[Released]:
        """Those that are not in here as they are now, the earliest first. `read` are the files whose text there is."""
        found = [each for each in outputs if self._known.get(each.slug, (0, 0))[1] != _signature(each, read)]
        return sorted(found, key=lambda output: (output.released_at, output.symbol))

    def add(self, outputs: Iterable[Released], texts: Mapping[str, Sequence[str]], read: frozenset[str]) -> None:
        """Put these in, in the place of what was there of them. `texts` are paragraphs, by the digest of the file."""
        with self._lock:
            last, put = self._last, {}
            with self._writer:
                for output in outputs:
                    if known := self._known.get(output.slug):
                        number = known[0]
                        self._take_out(number)
                    else:
                        number = last = last + 1
                    for language, row in _rows(output, texts):
                        self._put(number * EACH + LANGUAGES.index(language), row)
                    put[output.slug] = number, _signature(output, read)
            # Only what was kept is known: after a failure all of these go in once more.
            self._last = last
            self._known |= put
            self.slugs |= {number: slug for slug, (number, _) in put.items()}

    def keep_only(self, outputs: Iterable[Released]) -> None:
        """Take out whatever is none of these."""
        with self._lock:
            gone = self._known.keys() - {output.slug for output in outputs}
            with self._writer:
                for slug in gone:
                    self._take_out(self._known[slug][0])
            for slug in gone:
                number, _ = self._known.pop(slug)
                del self.slugs[number]

    def number(self, slug: str) -> int:
        """The number of that output; 0, under which there is nothing, if it is not in here (any more)."""
        return self._known.get(slug, (0, 0))[0]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that cannot write, and sees one state of the index."""
        try:
            connection = self._idle.pop()
        except IndexError:
            address = f"file:{self._path}?mode=ro"
            connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
            self._idle.append(connection)

    def close(self) -> None:
        """Nobody searches any more."""
        for connection in (*self._idle, self._writer):
            connection.close()

    def _put(self, at: int, row: Row) -> None:
        self._writer.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?)", (at, *row))
        for table, put in PUT.items():
            self._writer.execute(put, (at, *row[COLUMNS[table]]))
        for part in (row.title, row.said, row.text):
            self.keys.add(set(part.split()))

    def _take_out(self, number: int) -> None:
        """FTS5 forgets what it is told anew: the same values that were put in."""
        first, end = number * EACH, number * EACH + EACH
        for at, *row in self._writer.execute("SELECT * FROM kept WHERE row >= ? AND row < ?", (first, end)).fetchall():
            for table, take_out in TAKE_OUT.items():
                self._writer.execute(take_out, (at, *row[COLUMNS[table]]))
        self._writer.execute("DELETE FROM kept WHERE row >= ? AND row < ?", (first, end))


def _rows(output: Released, texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Row]]:
    """One for each language in which there is anything."""
    files = {text.language: texts.get(text.sha256, ()) for text in output.texts}
    symbol, signed = " ".join(signs.of_symbol(output.symbol)), signs.of_output(output)
    for language in LANGUAGES:
        title = output.titles.get(language, "")
        said = [each.text for each in output.statements if each.language == language]
        paragraphs = files.get(language, ())
        if title or said or paragraphs:
            yield (
                language,
                Row(
                    symbol,
                    signed,
                    _words([title], language),
                    _words(said, language),
                    _words(paragraphs, language),
                    APART.join(each.replace(APART, "") for each in paragraphs),
                ),
            )


def _words(texts: Iterable[str], language: str) -> str:
    return LINE.join(keys(text, language) for text in texts)


def _signature(output: Released, read: frozenset[str]) -> int:
    """Another one as soon as anything differs that is found or chosen by."""
    texts = tuple((text.language, text.sha256, text.sha256 in read) for text in output.texts)
    titles, topics = tuple(output.titles.items()), tuple(topic.code for topic in output.topics)
    known = (output.symbol, output.kind, output.meeting, output.released_at)
    return hash((known, titles, topics, texts, output.statements)) or 1
