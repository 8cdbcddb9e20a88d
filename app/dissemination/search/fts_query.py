"""Terms of a question as FTS5 expressions. Quoted strings contain letters, digits and `_` only."""

import sqlite3
from collections.abc import Iterable
from itertools import pairwise, product

from app.core.search.query_parser import QueryTerm
from app.core.search.token_cache import TokenKeyMap

MAX_PHRASE_SPELLINGS = 64
"""Spellings queried per phrase; a phrase with more is queried as pairs of neighbouring words."""


class FtsQueryBuilder:
    """Builds expressions for one state of the index."""

    def __init__(self, connection: sqlite3.Connection, keys: TokenKeyMap) -> None:
        self._connection, self._keys = connection, keys

    def build_term(self, term: QueryTerm) -> str:
        """Return an expression in parentheses that matches a term."""
        if term.is_phrase and len(term.steps) > 1:
            return self._phrase([self._known_keys(step) for step in term.steps])
        return _joined(" AND ", (_any(self._keys.find_keys(sorted(step))) for step in term.steps))

    def _known_keys(self, step: frozenset[str]) -> list[str]:
        """Return the keys of a word that occur in the index; otherwise a phrase could have thousands of spellings."""
        query = "SELECT 1 FROM known WHERE term = ? LIMIT 1"
        return [key for key in self._keys.find_keys(sorted(step)) if self._connection.execute(query, (key,)).fetchone()]

    def _phrase(self, steps: list[list[str]]) -> str:
        if not all(steps):
            return '("_")'  # matches nothing: one of the words does not occur
        spellings = 1
        for step in steps:
            spellings *= len(step)
        if spellings <= MAX_PHRASE_SPELLINGS:
            return _any([" ".join(words) for words in product(*steps)])
        pairs = ([" ".join(words) for words in product(one[:8], other[:8])] for one, other in pairwise(steps))
        return _joined(" AND ", map(_any, pairs))


def _any(phrases: list[str]) -> str:
    return _joined(" OR ", (f'"{phrase}"' for phrase in phrases))


def _joined(operator: str, parts: Iterable[str]) -> str:
    return f"({operator.join(parts)})"
