"""The words of a text for an index that keeps one word at a place: each as one key, made of all its forms.

A key is the word's forms, joined. Who looks for a form looks for every key that has it (`Keys.of`); so the same words
are found as where an index keeps all forms at a place, phrases too.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.core.search.words import words

JOIN = "_"
"""Stands in no form: these are letters and digits only."""


def keys(text: str, language: str) -> Iterator[str]:
    """The keys of a text in that language, in order."""
    for word in words(text, language):
        yield key_of(word.forms)


@lru_cache(maxsize=100_000)
def key_of(forms: frozenset[str]) -> str:
    """The key of a word that has these forms."""
    return JOIN.join(sorted(forms))


class Keys:
    """Which keys there are for a form, beside the form itself. Any thread may ask while one adds."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}

    def add(self, made: Iterable[str]) -> None:
        """These keys are in the index now."""
        for key in made:
            if JOIN in key:
                for form in key.split(JOIN):
                    known = self._of.get(form, ())
                    if key not in known:
                        self._of[form] = (*known, key)

    def of(self, asked: Iterable[str]) -> list[str]:
        """The keys of words that have one of these forms."""
        found = dict.fromkeys(asked)
        for form in tuple(found):
            found.update(dict.fromkeys(self._of.get(form, ())))
        return list(found)
