"""Search among what was released: what is found by a question, and in which order.

What has all of the words in its title comes first, then whatever else has them; the latest first in both. Nothing is
weighed by how often a word stands in the archive: that would cost as much as the archive is long.
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
"""So many outputs are counted, the latest that fit; of more it is said that there are more."""
NAMED = 5

IN_TEXTS = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid DESC"
IN_TITLES = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid DESC"
Languages = Mapping[str, set[str]]
"""Of each output that was found, by its slug: the languages in which it was."""


@dataclass(frozen=True, slots=True)
class Found:
    """What has the symbol that was typed; what has the words, and in which languages; and whether there is more of that
    than is counted."""

    named: Sequence[Released]
    hits: Sequence[Released]
    languages: Languages
    more: bool

    def language(self, hit: Released, reads: str) -> str:
        """In which a hit serves a reader of that language best; else in the original, else in another."""
        order = (reads, hit.original, *LANGUAGES)
        return next(language for language in order if language in self.languages[hit.slug])


class Search:
    """Looks through one catalogue. What that does not hold is not found."""

    def __init__(self, index: Index, catalogue: Catalogue) -> None:
        self._index, self._catalogue = index, catalogue

    def find(self, typed: str, asked: Question, choice: Choice = EVERYTHING) -> Found:
        """What fits the question and the choice. A symbol is found whatever is chosen."""
        with self._index.reading() as connection:
            named = self._named(connection, typed)
            terms = _Terms(Wording(connection, self._index.keys), asked, choice)
            if not terms.wanted:
                return Found(named, (), {}, more=False)
            # Titles have a table of their own, which is short; what must not be there is not known to it.
            first = self._outputs(connection, IN_TEXTS if terms.unwanted else IN_TITLES, terms.in_title())
            then = self._outputs(connection, IN_TEXTS, terms.anywhere())
        in_order = self._catalogue.latest_first
        hits = [*in_order(first), *in_order(slug for slug in then if slug not in first)]
        languages = then | {slug: found | then.get(slug, set()) for slug, found in first.items()}
        return Found(named, hits[:MOST], languages, more=max(len(first), len(then), len(hits)) > MOST)

    def latest(self, asked: Question, choice: Choice = EVERYTHING) -> Sequence[Released]:
        """The same outputs, the latest first whatever stands in their titles: for a feed."""
        with self._index.reading() as connection:
            terms = _Terms(Wording(connection, self._index.keys), asked, choice)
            found = self._outputs(connection, IN_TEXTS, terms.anywhere()) if terms.wanted else {}
        return self._catalogue.latest_first(found)[:MOST]

    def _named(self, connection: sqlite3.Connection, typed: str) -> Sequence[Released]:
        """What has this symbol, or one that ends so, the latest first; a symbol has two pieces and ends in a number."""
        pieces = signs.of_symbol(typed)
        if len(pieces) < 2 or not pieces[0].isdigit():
            return ()
        found = self._outputs(connection, IN_TEXTS, f'symbol : ^ "{" ".join(pieces)}"')
        return self._catalogue.latest_first(found)[:NAMED]

    def _outputs(self, connection: sqlite3.Connection, select: str, match: str) -> dict[str, set[str]]:
        """The latest that match, one more than are counted."""
        found: dict[str, set[str]] = {}
        for (row,) in connection.execute(select, (match,)):
            slug = self._index.slugs.get(row // EACH)
            if slug in found:
                found[slug].add(LANGUAGES[row % EACH])
            elif slug is not None and self._catalogue.holds(slug):
                if len(found) > MOST:
                    break
                found[slug] = {LANGUAGES[row % EACH]}
        return found


class _Terms:
    """A question and a choice, as expressions of FTS5."""

    def __init__(self, wording: Wording, asked: Question, choice: Choice) -> None:
        self.wanted, self.unwanted = ([wording.of(term) for term in terms] for terms in (asked.wanted, asked.unwanted))
        self._chosen = [f'signs : "{sign}"' for sign in signs.of_choice(choice)]
        self._without = f" NOT ({' OR '.join(self.unwanted)})" if self.unwanted else ""

    def anywhere(self) -> str:
        return f"({' AND '.join([*self._chosen, *self.wanted])}){self._without}"

    def in_title(self) -> str:
        return f"({' AND '.join([*self._chosen, *(f'title : {each}' for each in self.wanted)])}){self._without}"
