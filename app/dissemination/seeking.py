"""Search engine of the read path: which outputs match a question, and in which order.

Outputs with all words in the title come first, then the others; both latest first. There is no relevance score:
computing one would take time proportional to the archive.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import LANGUAGES
from app.core.search.question import Question
from app.dissemination import signs
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, Choice
from app.dissemination.index import EACH, Index
from app.dissemination.wording import Wording
from app.domain.releases.queries import Released

MOST = 200
"""Results counted, the latest ones; beyond that only "more" is reported."""
NAMED = 5

IN_TEXTS = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid DESC"
IN_TITLES = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid DESC"
Languages = Mapping[str, set[str]]
"""The languages in which each output was found, by its slug."""


@dataclass(frozen=True, slots=True)
class Found:
    """Search results: outputs with the typed symbol; outputs with the words, and in which languages; whether there are
    more than counted."""

    named: Sequence[Released]
    hits: Sequence[Released]
    languages: Languages
    more: bool

    def language(self, hit: Released, reads: str) -> str:
        """Return the best language to show a hit: that of the page, else the original, else any other."""
        order = (reads, hit.original, *LANGUAGES)
        return next(language for language in order if language in self.languages[hit.slug])


class Search:
    """Searches one catalogue. Outputs outside of it are not found."""

    def __init__(self, index: Index, catalogue: Catalogue) -> None:
        self._index, self._catalogue = index, catalogue

    def find(self, typed: str, asked: Question, choice: Choice = EVERYTHING) -> Found:
        """Find the outputs that match the question and the choice. A symbol is found whatever is selected."""
        with self._index.reading() as connection:
            named = self._find_by_symbol(connection, typed)
            terms = _Terms(Wording(connection, self._index.keys), asked, choice)
            if not terms.wanted:
                return Found(named, (), {}, more=False)
            # The table of titles is small and fast, but excluded words have to be looked up in whole texts.
            in_title = self._match(connection, IN_TEXTS if terms.unwanted else IN_TITLES, terms.in_title())
            anywhere = self._match(connection, IN_TEXTS, terms.anywhere())
        sort_latest_first = self._catalogue.latest_first
        hits = [*sort_latest_first(in_title), *sort_latest_first(slug for slug in anywhere if slug not in in_title)]
        languages = anywhere | {
            slug: languages_in_title | anywhere.get(slug, set()) for slug, languages_in_title in in_title.items()
        }
        return Found(named, hits[:MOST], languages, more=max(len(in_title), len(anywhere), len(hits)) > MOST)

    def latest(self, asked: Question, choice: Choice = EVERYTHING) -> Sequence[Released]:
        """Find the outputs that match, latest first wherever the words are: for a feed."""
        with self._index.reading() as connection:
            terms = _Terms(Wording(connection, self._index.keys), asked, choice)
            found = self._match(connection, IN_TEXTS, terms.anywhere()) if terms.wanted else {}
        return self._catalogue.latest_first(found)[:MOST]

    def _find_by_symbol(self, connection: sqlite3.Connection, typed: str) -> Sequence[Released]:
        """Find outputs whose symbol is or ends in the typed one, latest first; a symbol has two pieces or more and ends
        in a number."""
        pieces = signs.of_symbol(typed)
        if len(pieces) < 2 or not pieces[0].isdigit():
            return ()
        found = self._match(connection, IN_TEXTS, f'symbol : ^ "{" ".join(pieces)}"')
        return self._catalogue.latest_first(found)[:NAMED]

    def _match(self, connection: sqlite3.Connection, select: str, match: str) -> dict[str, set[str]]:
        """Return the latest outputs that match, with their languages; at most one more than `MAX_HITS`."""
        languages: dict[str, set[str]] = {}
        for (row,) in connection.execute(select, (match,)):
            slug = self._index.slugs.get(row // EACH)
            if slug in languages:
                languages[slug].add(LANGUAGES[row % EACH])
            elif slug is not None and self._catalogue.holds(slug):
                if len(languages) > MOST:
                    break
                languages[slug] = {LANGUAGES[row % EACH]}
        return languages


class _Terms:
    """A question and a choice as expressions of FTS5."""

    def __init__(self, builder: Wording, asked: Question, choice: Choice) -> None:
        self.wanted, self.unwanted = ([builder.of(term) for term in terms] for terms in (asked.wanted, asked.unwanted))
        self._chosen = [f'signs : "{sign}"' for sign in signs.of_choice(choice)]
        self._without = f" NOT ({' OR '.join(self.unwanted)})" if self.unwanted else ""

    def anywhere(self) -> str:
        """Return the expression for a match in any column."""
        return f"({' AND '.join([*self._chosen, *self.wanted])}){self._without}"

    def in_title(self) -> str:
        """Return the expression for a match of all words in the title."""
        return f"({' AND '.join([*self._chosen, *(f'title : {each}' for each in self.wanted)])}){self._without}"
