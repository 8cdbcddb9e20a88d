"""Token keys for an index that stores one word at a position: each key joins all forms of a token.

A search for a form looks for every key that contains it (`TokenKeyMap.find_keys`), so that the result, phrases
included, is the same as in an index that stores all forms at a position.
"""

from collections.abc import Iterable

from app.core.i18n import LANGUAGES
from app.core.search.tokenizer import CHINESE_PATTERN, RUN_PATTERN, tokenize_text

FORM_SEPARATOR = "_"
"""Occurs in no form, since forms are letters and digits only."""


MAX_CACHED_RUNS = 100_000
"""Runs that are cached for each language. Most words of a text also occur in the text before it."""

MAX_CACHED_CHINESE_RUN = 8  # letters; a longer Chinese run is a whole sentence


def convert_text_to_search_keys(text: str, language: str) -> str:
    """Return the keys of a text in that language, in order, separated by spaces."""
    cache = _key_caches[language]
    return " ".join(filter(None, [cache[run] for run in RUN_PATTERN.findall(text)]))


class _KeyCache(dict[str, str]):
    """Cache of the keys of each run of letters in one language. Two threads may compute the same entry twice."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, run: str) -> str:
        run_keys = " ".join(FORM_SEPARATOR.join(sorted(token.forms)) for token in tokenize_text(run, self._language))
        if len(run) > MAX_CACHED_CHINESE_RUN and CHINESE_PATTERN.search(run):  # rarely repeats, so it is not cached
            return run_keys
        if len(self) >= MAX_CACHED_RUNS:
            self.clear()
        self[run] = run_keys
        return run_keys


_key_caches = {language: _KeyCache(language) for language in LANGUAGES}


class TokenKeyMap:
    """Map from a form to the keys that contain it. Threads may read while one adds."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}

    def add_keys(self, keys: Iterable[str]) -> None:
        """Add keys that are now in the index."""
        for key in keys:
            if FORM_SEPARATOR in key:
                for form in key.split(FORM_SEPARATOR):
                    known_keys = self._of.get(form, ())
                    if key not in known_keys:
                        self._of[form] = (*known_keys, key)

    def find_keys(self, forms: Iterable[str]) -> list[str]:
        """Return the forms themselves and the keys of tokens that have one of them."""
        result = dict.fromkeys(forms)
        for form in tuple(result):
            result.update(dict.fromkeys(self._of.get(form, ())))
        return list(result)
