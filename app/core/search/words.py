"""The words of a text, each in the forms under which it is found: the same for what is kept and for what is asked.

Letters are folded (NFKC, case, accents; Arabic vowel signs, tatweel and the forms of alif; Russian ё), words of five
languages are brought to their stems, and Chinese is read character by character and pair by pair, since it is written
without spaces. Which stemmer reads a word follows from its script; for Latin letters from the language of the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import local
from types import MappingProxyType
from typing import NamedTuple

from Stemmer import Stemmer

MARKS = "\u0300-\u036f\u0483-\u0487\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
LETTERS = re.compile(rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*")
CHINESE = re.compile(rf"[{HAN}]")
BY_SCRIPT = re.compile(rf"[{HAN}]+|[^{HAN}]+")
# And, so, in, like, for are written as one with the article or the word; the stemmer takes off some of them, sometimes.
ARTICLE = re.compile("^(?:[وفبك]?ال|لل)(?=...)")
CONJUNCTION = re.compile("^[وف](?=....)")
LATIN = ("en", "fr", "es")
NAMES = MappingProxyType({"en": "english", "fr": "french", "es": "spanish", "ru": "russian", "ar": "arabic"})
ALIFS = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ـ": None, "ё": "е"})
ENDS = str.maketrans({"ى": "ي", "ة": "ه"})
LONGEST = 60  # letters of a word that count; PostgreSQL takes no word of more than 2 kB
_stemmers = local()  # a stemmer is not shared between threads


class Word(NamedTuple):
    """A word at `start` to `end` of a text. `place` counts words; a pair of characters stands where its first does."""

    place: int
    start: int
    end: int
    forms: frozenset[str]


def words(text: str, language: str) -> Iterator[Word]:
    """Every word of a text in that language, in order."""
    place = 0
    for start, run in runs(text):
        if is_chinese(run):
            yield from _pairs(run, start, place)
            place += len(run)
        elif found := forms(run[:LONGEST], language):
            place += 1
            yield Word(place, start, start + len(run), found)


class Sought(dict[str, tuple[tuple[int, int], ...]]):
    """These forms in texts of one language. Holds from where to where in a piece of letters they stand, found out once
    for each: most pieces come many times. Made for one question, and gone with it."""

    def __init__(self, language: str, asked: frozenset[str]) -> None:
        super().__init__()
        self._language, self._asked = language, asked

    def __missing__(self, piece: str) -> tuple[tuple[int, int], ...]:
        if piece.isascii() or CHINESE.search(piece) is None:  # one word
            found: tuple[tuple[int, int], ...] = ((0, len(piece)),) if self._is_sought(piece) else ()
        else:
            found = tuple(self._in_piece(piece))
        self[piece] = found
        return found

    def standing(self, text: str) -> Iterator[tuple[int, int]]:
        """From where to where words stand that have one of the forms."""
        for found in LETTERS.finditer(text):
            if there := self[found[0]]:
                at = found.start()
                yield from ((at + start, at + end) for start, end in there)

    def _is_sought(self, word: str) -> bool:
        return not self._asked.isdisjoint(forms(word[:LONGEST], self._language))

    def _in_piece(self, piece: str) -> Iterator[tuple[int, int]]:
        for start, run in runs(piece):
            if is_chinese(run):
                yield from ((start + at, start + end) for at, end in self._in_chinese(run))
            elif self._is_sought(run):
                yield start, start + len(run)

    def _in_chinese(self, run: str) -> Iterator[tuple[int, int]]:
        """Each character, and each with the one after it."""
        folded = [_folded(character) for character in run]
        for at, character in enumerate(folded):
            if character in self._asked:
                yield at, at + 1
            if at + 1 < len(folded) and character + folded[at + 1] in self._asked:
                yield at, at + 2


def runs(text: str) -> Iterator[tuple[int, str]]:
    """Letters and digits that stand together, and where they begin; where the script turns Chinese, a new run does."""
    for run in LETTERS.finditer(text):
        if run[0].isascii():
            yield run.start(), run[0]
        else:
            for part in BY_SCRIPT.finditer(run[0]):
                yield run.start() + part.start(), part[0]


def _pairs(run: str, start: int, place: int) -> Iterator[Word]:
    """Each character, and each with the one after it."""
    folded = [_folded(character) for character in run]
    for at, character in enumerate(folded):
        yield Word(place + at + 1, start + at, start + at + 1, frozenset([character]))
        if at + 1 < len(folded):
            yield Word(place + at + 1, start + at, start + at + 2, frozenset([character + folded[at + 1]]))


def is_chinese(run: str) -> bool:
    """Whether a run is of Chinese characters; no run is mixed."""
    return not run.isascii() and CHINESE.match(run) is not None


@lru_cache(maxsize=100_000)
def forms(word: str, language: str) -> frozenset[str]:
    """The forms under which a word of a text in that language is kept; none if nothing of it can be read."""
    return _stems(word, (_reader(word, language),))


def asked_forms(word: str) -> frozenset[str]:
    """The forms under which a word is looked for; in which language it was meant is not known.

    They are made anew each time: what was remembered here would be what people looked for.
    """
    script = _reader(word, "")
    return _stems(word, LATIN if script in LATIN else (script,))


def _stems(word: str, languages: Sequence[str]) -> frozenset[str]:
    """Accents matter to the stemmers, and readers leave them out: the stem is taken before and after they go."""
    whole = _composed(word)
    bare = _without_marks(whole)
    bases = {whole, bare}
    if "ar" in languages:
        bases = {whole, ARTICLE.sub("", whole), CONJUNCTION.sub("", whole)}
    stems = {_without_marks(_stem(each, language)) for language in languages for each in bases}
    return frozenset("".join(filter(str.isalnum, stem))[:LONGEST] for stem in stems) - {""}


def _composed(word: str) -> str:
    """Folded as far as the stemmers like it: composed, in small letters, Western digits."""
    folded = unicodedata.normalize("NFKC", word).casefold().translate(ALIFS)
    folded = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), folded)
    return "".join(mark for mark in folded if not "\u064b" <= mark <= "\u0670" or mark.isalnum())


def _without_marks(word: str) -> str:
    """Without accents; й stays a letter of its own."""
    parted = (letter if letter == "й" else unicodedata.normalize("NFKD", letter) for letter in word.translate(ENDS))
    return "".join(mark for letters in parted for mark in letters if not unicodedata.combining(mark))


def _folded(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _reader(word: str, language: str) -> str:
    """Whose stemmer reads this word."""
    if "\u0600" <= word[0] <= "\u06ff" or "\ufb50" <= word[0] <= "\ufeff":
        return "ar"
    if "\u0400" <= word[0] <= "\u052f":
        return "ru"
    return language if language in LATIN else "en"


def _stem(word: str, language: str) -> str:
    if not hasattr(_stemmers, language):
        setattr(_stemmers, language, Stemmer(NAMES[language]))
    return str(getattr(_stemmers, language).stemWord(word))
