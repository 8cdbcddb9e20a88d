"""Names of files that leave for translation and come back: `CWG-Internet-22-8-Rev.1_FR.docx`.

What comes back is matched by the symbol and the language in its name, however these are separated; the beginning of the
symbol may be missing (`22-8-F.docx`), and languages may have the letters by which ITU marks them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core.i18n import LANGUAGES
from app.domain.translations.inputs import TranslationKey

LANGUAGE_MARKS = {code: code for code in LANGUAGES} | {
    **{"a": "ar", "c": "zh", "e": "en", "f": "fr", "r": "ru", "s": "es"},
}
"""Codes, and the letters of ITU."""
PART_PATTERN = re.compile(r"[^\W\d_]+|\d+")
SEPARATOR_PATTERN = re.compile(r"[^\w.]+")
COPY_PATTERN = re.compile(r"\s*\(\d+\)$")  # of a browser that downloaded the name twice
MIN_PARTS = 2  # the number of the meeting, and that of the document


@dataclass(frozen=True, slots=True)
class FileNameParts:
    """The parts of a symbol that a name has, and the language at its end."""

    symbol: tuple[str, ...]
    language: str | None


def format_file_stem(symbol: str, language: str) -> str:
    """Return the name without extension under which a text leaves for translation into a language."""
    plain = SEPARATOR_PATTERN.sub("-", symbol).strip("-")
    return f"{plain}_{language.upper()}"


def split_symbol(text: str) -> tuple[str, ...]:
    """Return the words and numbers of a symbol, without regard to case."""
    return tuple(PART_PATTERN.findall(text.casefold()))


def parse_file_name(name: str) -> FileNameParts:
    """Parse the name of a file with its extension."""
    stem = COPY_PATTERN.sub("", name.rpartition(".")[0])
    parts = split_symbol(stem)
    language = LANGUAGE_MARKS.get(parts[-1]) if parts else None
    return FileNameParts(parts[:-1] if language else parts, language)


def match_file_name(name: str, candidates: Iterable[tuple[TranslationKey, str]]) -> TranslationKey | None:
    """Find the one translation that a file name means, of these with the symbols of their texts; None if it means none
    or several."""
    parts = parse_file_name(name)
    if parts.language is None or len(parts.symbol) < MIN_PARTS:
        return None
    of_language = [(key, split_symbol(symbol)) for key, symbol in candidates if key.language == parts.language]
    whole = [key for key, symbol in of_language if symbol == parts.symbol]
    ending = [key for key, symbol in of_language if symbol[-len(parts.symbol) :] == parts.symbol]
    return _single(whole) or _single(ending)


def _single(keys: Sequence[TranslationKey]) -> TranslationKey | None:
    return keys[0] if len(keys) == 1 else None
