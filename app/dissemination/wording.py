"""A term of a question as FTS5 reads it. What is put in quotation marks is letters, digits and `_` only."""

import sqlite3
from collections.abc import Iterable
from itertools import pairwise, product

from app.core.search.keys import Keys
from app.core.search.question import Term

PHRASES = 64
"""So many spellings of a phrase are asked for; one with more is asked for as pairs of neighbours."""


class Wording:
    """Writes terms for one state of the index."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection, self._keys = connection, keys

    def of(self, term: Term) -> str:
        """An expression in parentheses that fits where the term stands."""
        if term.phrase and len(term.steps) > 1:
            return self._phrase([self._known(step) for step in term.steps])
        return _joined(" AND ", (_any(self._keys.of(sorted(step))) for step in term.steps))

    def _known(self, step: frozenset[str]) -> list[str]:
        """The keys of this word that stand anywhere: else a phrase would have thousands of spellings."""
        known = "SELECT 1 FROM known WHERE term = ? LIMIT 1"
        return [key for key in self._keys.of(sorted(step)) if self._connection.execute(known, (key,)).fetchone()]

    def _phrase(self, steps: list[list[str]]) -> str:
        if not all(steps):
            return '("_")'  # no key is this: one of the words stands nowhere
        spellings = 1
        for step in steps:
            spellings *= len(step)
        if spellings <= PHRASES:
            return _any([" ".join(words) for words in product(*steps)])
        pairs = ([" ".join(words) for words in product(one[:8], other[:8])] for one, other in pairwise(steps))
        return _joined(" AND ", map(_any, pairs))


def _any(phrases: list[str]) -> str:
    return _joined(" OR ", (f'"{phrase}"' for phrase in phrases))


def _joined(by: str, parts: Iterable[str]) -> str:
    return f"({by.join(parts)})"
