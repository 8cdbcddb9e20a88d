"""The words of a text for an index that keeps one word at a place: each as one key, made of all its forms.

A key is the word's forms, joined. Who looks for a form looks for every key that has it (`Keys.of`); so the same words
are found as where an index keeps all forms at a place, phrases too.
"""

from collections.abc import Iterable

from app.core.i18n import LANGUAGES
from app.core.search.words import CHINESE, LETTERS, words

JOIN = "_"
"""Stands in no form: these are letters and digits only."""


MOST = 100_000
"""So many spellings are kept with their keys, in each language. Most words of a text were in the one before it."""

SENTENCE = 8  # letters in one piece; longer ones in Chinese are whole sentences


def keys(text: str, language: str) -> str:
    """The keys of a text in that language, in order, parted by spaces."""
    known = _spellings[language]
    return " ".join(filter(None, [known[run] for run in LETTERS.findall(text)]))


class _Spellings(dict[str, str]):
    """The keys of what is written in one piece; in several threads at once, some are made twice."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, run: str) -> str:
        made = " ".join(JOIN.join(sorted(word.forms)) for word in words(run, self._language))
        if len(run) > SENTENCE and CHINESE.search(run):  # it hardly comes again
            return made
        if len(self) >= MOST:
            self.clear()
        self[run] = made
        return made


_spellings = {language: _Spellings(language) for language in LANGUAGES}


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
