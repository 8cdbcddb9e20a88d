"""Tokenizer: splits a text into words, each in the forms under which it is indexed and searched.

Letters are folded (NFKC, case, accents; Arabic vowel signs, tatweel and the forms of alif; Russian ё), words of five
languages are stemmed, and Chinese, which has no spaces, is split into characters and pairs. The stemmer is chosen by
the script of a word; for Latin letters, by the language of the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import local
from types import MappingProxyType
from typing import NamedTuple

from Stemmer import Stemmer

COMBINING_MARKS = "\u0300-\u036f\u0483-\u0487\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d"
HAN_RANGES = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN_PATTERN = re.compile(rf"[^\W_]+(?:[{COMBINING_MARKS}]+[^\W_]*)*")
CHINESE_PATTERN = re.compile(rf"[{HAN_RANGES}]")
SCRIPT_RUN_PATTERN = re.compile(rf"[{HAN_RANGES}]+|[^{HAN_RANGES}]+")
# "And", "so", "in", "like", "for" are joined to the article or the word; the stemmer does not always remove them.
ARABIC_ARTICLE = re.compile("^(?:[وفبك]?ال|لل)(?=...)")
ARABIC_CONJUNCTION = re.compile("^[وف](?=....)")
LATIN_LANGUAGES = ("en", "fr", "es")
STEMMER_NAMES = MappingProxyType({"en": "english", "fr": "french", "es": "spanish", "ru": "russian", "ar": "arabic"})
LETTER_FOLDING = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ـ": None, "ё": "е"})
ARABIC_END_FOLDING = str.maketrans({"ى": "ي", "ة": "ه"})
MAX_WORD_LETTERS = 60  # letters of a word that count; PostgreSQL takes no word of more than 2 kB
_stemmers = local()  # a stemmer is not shared between threads


class Token(NamedTuple):
    """A word at `start` to `end` of a text. `position` counts words; a pair of characters has the position of its
    first."""

    position: int
    start: int
    end: int
    forms: frozenset[str]


def tokenize_text(text: str, language: str) -> Iterator[Token]:
    """Yield every token of a text in that language, in order."""
    place = 0
    for start, run in split_runs(text):
        if is_chinese_run(run):
            yield from _chinese_tokens(run, start, place)
            place += len(run)
        elif token_forms := list_indexed_word_forms(run[:MAX_WORD_LETTERS], language):
            place += 1
            yield Token(place, start, start + len(run), token_forms)


class WordFormMatcher(dict[str, tuple[tuple[int, int], ...]]):
    """Finds words with given forms in texts of one language.

    Maps a run of letters to the spans in it that match, computed once each, since most runs repeat. Used for one query.
    """

    def __init__(self, language: str, forms: frozenset[str]) -> None:
        super().__init__()
        self._language, self._forms = language, forms

    def __missing__(self, piece: str) -> tuple[tuple[int, int], ...]:
        if piece.isascii() or CHINESE_PATTERN.search(piece) is None:  # one word
            spans: tuple[tuple[int, int], ...] = ((0, len(piece)),) if self._matches(piece) else ()
        else:
            spans = tuple(self._find_in_run(piece))
        self[piece] = spans
        return spans

    def find_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each word that has one of the forms."""
        for match in RUN_PATTERN.finditer(text):
            if spans := self[match[0]]:
                offset = match.start()
                yield from ((offset + start, offset + end) for start, end in spans)

    def _matches(self, word: str) -> bool:
        """Return whether a word has one of the forms."""
        return not self._forms.isdisjoint(list_indexed_word_forms(word[:MAX_WORD_LETTERS], self._language))

    def _find_in_run(self, piece: str) -> Iterator[tuple[int, int]]:
        """Yield the matching spans in a run of mixed scripts."""
        for start, run in split_runs(piece):
            if is_chinese_run(run):
                yield from ((start + at, start + end) for at, end in self._find_in_chinese(run))
            elif self._matches(run):
                yield start, start + len(run)

    def _find_in_chinese(self, run: str) -> Iterator[tuple[int, int]]:
        """Yield the matching characters and pairs of characters."""
        folded = [_fold_character(character) for character in run]
        for at, character in enumerate(folded):
            if character in self._forms:
                yield at, at + 1
            if at + 1 < len(folded) and character + folded[at + 1] in self._forms:
                yield at, at + 2


def split_runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield start and text of each run of letters and digits; a run ends where Chinese begins or ends."""
    for run in RUN_PATTERN.finditer(text):
        if run[0].isascii():
            yield run.start(), run[0]
        else:
            for part in SCRIPT_RUN_PATTERN.finditer(run[0]):
                yield run.start() + part.start(), part[0]


def _chinese_tokens(run: str, start: int, place: int) -> Iterator[Token]:
    """Yield each character, and each with the one after it, as tokens."""
    folded = [_fold_character(character) for character in run]
    for at, character in enumerate(folded):
        yield Token(place + at + 1, start + at, start + at + 1, frozenset([character]))
        if at + 1 < len(folded):
            yield Token(place + at + 1, start + at, start + at + 2, frozenset([character + folded[at + 1]]))


def is_chinese_run(run: str) -> bool:
    """Return whether a run is Chinese; a run is never mixed."""
    return not run.isascii() and CHINESE_PATTERN.match(run) is not None


@lru_cache(maxsize=100_000)
def list_indexed_word_forms(word: str, language: str) -> frozenset[str]:
    """Return the forms under which a word of a text in that language is indexed; none if it has no letters or
    digits."""
    return _stems(word, (_stemmer_language(word, language),))


def list_searched_word_forms(word: str) -> frozenset[str]:
    """Return the forms under which a word of a query is searched; its language is not known.

    Not cached, since a cache would remember what people searched for.
    """
    script = _stemmer_language(word, "")
    return _stems(word, LATIN_LANGUAGES if script in LATIN_LANGUAGES else (script,))


def fold_typed_word(word: str) -> str:
    """Fold a word to the letters that people type: without case, accents and vowel signs."""
    return _without_marks(_fold_word(word[:MAX_WORD_LETTERS]))


def _stems(word: str, languages: Sequence[str]) -> frozenset[str]:
    """Return the stems with and without accents: they matter to the stemmers, but people omit them."""
    folded = _fold_word(word)
    unaccented = _without_marks(folded)
    bases = {folded, unaccented}
    if "ar" in languages:
        bases = {folded, ARABIC_ARTICLE.sub("", folded), ARABIC_CONJUNCTION.sub("", folded)}
    stems = {_without_marks(_stem(base, language)) for language in languages for base in bases}
    return frozenset("".join(filter(str.isalnum, stem))[:MAX_WORD_LETTERS] for stem in stems) - {""}


def _fold_word(word: str) -> str:
    """Fold a word for the stemmers: composed, lower case, Western digits."""
    folded = unicodedata.normalize("NFKC", word).casefold().translate(LETTER_FOLDING)
    folded = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), folded)
    return "".join(mark for mark in folded if not "\u064b" <= mark <= "\u0670" or mark.isalnum())


def _without_marks(word: str) -> str:
    """Remove accents; й stays a letter of its own."""
    parted = (
        letter if letter == "й" else unicodedata.normalize("NFKD", letter)
        for letter in word.translate(ARABIC_END_FOLDING)
    )
    return "".join(mark for letters in parted for mark in letters if not unicodedata.combining(mark))


def _fold_character(character: str) -> str:
    """Fold a character (NFKC)."""
    return unicodedata.normalize("NFKC", character)


def _stemmer_language(word: str, language: str) -> str:
    """Return the language whose stemmer applies to this word."""
    if "\u0600" <= word[0] <= "\u06ff" or "\ufb50" <= word[0] <= "\ufeff":
        return "ar"
    if "\u0400" <= word[0] <= "\u052f":
        return "ru"
    return language if language in LATIN_LANGUAGES else "en"


def _stem(word: str, language: str) -> str:
    """Stem a word with the stemmer of this thread."""
    if not hasattr(_stemmers, language):
        setattr(_stemmers, language, Stemmer(STEMMER_NAMES[language]))
    return str(getattr(_stemmers, language).stemWord(word))
