"""Token keys for an index that stores one word at a position: each key joins all forms of a token.

A search for a form looks for every key that contains it (`TokenKeyMap.find_keys`), so that the result, phrases
included, is the same as in an index that stores all forms at a position.
"""

from collections.abc import Iterable

from app.core.i18n import LANGUAGES
from app.core.search.words import CHINESE, LETTERS, words

JOIN = "_"
"""Occurs in no form, since forms are letters and digits only."""


MOST = 100_000
"""Runs that are cached for each language. Most words of a text also occur in the text before it."""

SENTENCE = 8  # letters; a longer Chinese run is a whole sentence


def keys(text: str, language: str) -> str:
    """Return the keys of a text in that language, in order, separated by spaces."""
    cache = _key_caches[language]
    return " ".join(filter(None, [cache[run] for run in LETTERS.findall(text)]))


class _KeyCache(dict[str, str]):
    """Cache of the keys of each run of letters in one language. Two threads may compute the same entry twice."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, run: str) -> str:
        run_keys = " ".join(JOIN.join(sorted(token.forms)) for token in words(run, self._language))
        if len(run) > SENTENCE and CHINESE.search(run):  # rarely repeats, so it is not cached
            return run_keys
        if len(self) >= MOST:
            self.clear()
        self[run] = run_keys
        return run_keys


_key_caches = {language: _KeyCache(language) for language in LANGUAGES}


class Keys:
    """Map from a form to the keys that contain it. Threads may read while one adds."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}

    def add(self, made: Iterable[str]) -> None:
        """Add keys that are now in the index."""
        for key in made:
            if JOIN in key:
                for form in key.split(JOIN):
                    known_keys = self._of.get(form, ())
                    if key not in known_keys:
                        self._of[form] = (*known_keys, key)

    def of(self, asked: Iterable[str]) -> list[str]:
        """Return the forms themselves and the keys of tokens that have one of them."""
        result = dict.fromkeys(asked)
        for form in tuple(result):
            result.update(dict.fromkeys(self._of.get(form, ())))
        return list(result)
