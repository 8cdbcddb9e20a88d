"""Search engine of the read path: which outputs match a question, and in which order.

Outputs with all words in the title come first, then the others; both latest first. There is no relevance score:
computing one would take time proportional to the archive.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import LANGUAGES
from app.core.search.query_parser import ParsedQuery, parse_query
from app.core.search.spelling import correct_query
from app.dissemination.catalogue import Catalogue
from app.dissemination.filters import NO_FILTER, FilterChoice
from app.dissemination.search import index_terms
from app.dissemination.search.fts_index import ROWS_PER_OUTPUT, SearchIndex
from app.dissemination.search.fts_query import FtsQueryBuilder
from app.domain.releases.queries.catalogue_entries import CatalogueEntry

MAX_HITS = 200
"""Results counted, the latest ones; beyond that only "more" is reported."""
MAX_SYMBOL_HITS = 5
SPELLING_OUTPUTS, SPELLING_ROWS, SPELLING_CHARACTERS = 500, 100, 4_000
"""How words are written is read from titles of so many outputs and the beginnings of so many texts, the latest ones."""

SELECT_IN_TEXTS = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid DESC"
SELECT_IN_TITLES = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid DESC"
HitLanguages = Mapping[str, set[str]]
"""The languages in which each output was found, by its slug."""


@dataclass(frozen=True, slots=True)
class SearchHits:
    """Search results: outputs with the typed symbol; outputs with the words, and in which languages; whether there are
    more than counted."""

    symbol_hits: Sequence[CatalogueEntry]
    hits: Sequence[CatalogueEntry]
    languages: HitLanguages
    has_more: bool

    def best_language(self, hit: CatalogueEntry, page_language: str) -> str:
        """Return the best language to show a hit: that of the page, else the original, else any other."""
        order = (page_language, hit.original, *LANGUAGES)
        return next(language for language in order if language in self.languages[hit.slug])


class SearchEngine:
    """Searches one catalogue. Outputs outside of it are not found."""

    def __init__(self, index: SearchIndex, catalogue: Catalogue) -> None:
        self._index, self._catalogue = index, catalogue

    def find_hits(self, typed_text: str, question: ParsedQuery, choice: FilterChoice = NO_FILTER) -> SearchHits:
        """Find the outputs that match the question and the choice. A symbol is found whatever is selected."""
        with self._index.read_connection() as connection:
            named = self._find_by_symbol(connection, typed_text)
            terms = _Terms(FtsQueryBuilder(connection, self._index.keys), question, choice)
            if not terms.wanted:
                return SearchHits(named, (), {}, has_more=False)
            # The table of titles is small and fast, but excluded words have to be looked up in whole texts.
            in_title = self._match(
                connection, SELECT_IN_TEXTS if terms.unwanted else SELECT_IN_TITLES, terms.in_title()
            )
            anywhere = self._match(connection, SELECT_IN_TEXTS, terms.anywhere())
        sort_latest_first = self._catalogue.sort_latest_first
        hits = [*sort_latest_first(in_title), *sort_latest_first(slug for slug in anywhere if slug not in in_title)]
        languages = anywhere | {
            slug: languages_in_title | anywhere.get(slug, set()) for slug, languages_in_title in in_title.items()
        }
        return SearchHits(
            named, hits[:MAX_HITS], languages, has_more=max(len(in_title), len(anywhere), len(hits)) > MAX_HITS
        )

    def find_latest(self, question: ParsedQuery, choice: FilterChoice = NO_FILTER) -> Sequence[CatalogueEntry]:
        """Find the outputs that match, latest first wherever the words are: for a feed."""
        with self._index.read_connection() as connection:
            terms = _Terms(FtsQueryBuilder(connection, self._index.keys), question, choice)
            found = self._match(connection, SELECT_IN_TEXTS, terms.anywhere()) if terms.wanted else {}
        return self._catalogue.sort_latest_first(found)[:MAX_HITS]

    def suggest_query(self, typed: str, choice: FilterChoice = NO_FILTER) -> str:
        """Suggest a query without typing errors, from words of the catalogue alone; "" unless it finds something.

        The index may already have an output that the catalogue does not have yet.
        """
        titles = (title for entry in self._catalogue.outputs[:SPELLING_OUTPUTS] for title in entry.titles.values())
        openings = self._index.list_openings(SPELLING_ROWS, SPELLING_CHARACTERS)
        texts = (text for slug, text in openings if self._catalogue.has_output(slug))
        meant = correct_query(typed, (*titles, *texts))
        return meant if meant and self.find_hits(meant, parse_query(meant), choice).hits else ""

    def _find_by_symbol(self, connection: sqlite3.Connection, typed: str) -> Sequence[CatalogueEntry]:
        """Find outputs whose symbol is or ends in the typed one, latest first; a symbol has two pieces or more and ends
        in a number."""
        pieces = index_terms.symbol_terms(typed)
        if len(pieces) < 2 or not pieces[0].isdigit():
            return ()
        found = self._match(connection, SELECT_IN_TEXTS, f'symbol : ^ "{" ".join(pieces)}"')
        return self._catalogue.sort_latest_first(found)[:MAX_SYMBOL_HITS]

    def _match(self, connection: sqlite3.Connection, select: str, match: str) -> dict[str, set[str]]:
        """Return the latest outputs that match, with their languages; at most one more than `MAX_HITS`."""
        languages: dict[str, set[str]] = {}
        for (row,) in connection.execute(select, (match,)):
            slug = self._index.slugs.get(row // ROWS_PER_OUTPUT)
            if slug in languages:
                languages[slug].add(LANGUAGES[row % ROWS_PER_OUTPUT])
            elif slug is not None and self._catalogue.has_output(slug):
                if len(languages) > MAX_HITS:
                    break
                languages[slug] = {LANGUAGES[row % ROWS_PER_OUTPUT]}
        return languages


class _Terms:
    """A question and a choice as expressions of FTS5."""

    def __init__(self, builder: FtsQueryBuilder, asked: ParsedQuery, choice: FilterChoice) -> None:
        self.wanted, self.unwanted = (
            [builder.build_term(term) for term in terms] for terms in (asked.required, asked.excluded)
        )
        self._chosen = [f'signs : "{sign}"' for sign in index_terms.choice_terms(choice)]
        self._without = f" NOT ({' OR '.join(self.unwanted)})" if self.unwanted else ""

    def anywhere(self) -> str:
        """Return the expression for a match in any column."""
        return f"({' AND '.join([*self._chosen, *self.wanted])}){self._without}"

    def in_title(self) -> str:
        """Return the expression for a match of all words in the title."""
        return f"({' AND '.join([*self._chosen, *(f'title : {each}' for each in self.wanted)])}){self._without}"
