"""Which choices of the cover a document means by its words: its purpose, and the item of the agenda."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import UUID

from app.core.i18n import LANGUAGES
from app.core.inspection import CoverReading
from app.http.labels import PURPOSE_LABELS

NUMBER_PATTERN = re.compile(r"\d+(?:\.\d+)*")
MAX_LETTERS_WITH_NUMBER = 25
"""Of `Item 4` or `Point 4 de l’ordre du jour`; more of them are a title, which has to be that of the item."""


class ReleasedItem(Protocol):
    """An item of a released agenda, with its number (`4.1`) and its titles by language."""

    @property
    def item_id(self) -> UUID: ...

    @property
    def label(self) -> str: ...

    @property
    def titles(self) -> Mapping[str, str]: ...


def find_cover_choices(reading: CoverReading, items: Iterable[ReleasedItem]) -> dict[str, str]:
    """Find the choices that the words of a document name, by field; without those that name none, or more than one."""
    purpose, item = find_purpose(reading.purpose or ""), find_item(reading.item or "", items)
    return {name: value for name, value in (("purpose", purpose), ("item", str(item or ""))) if value}


def find_purpose(words: str) -> str:
    """Find the purpose that a text names in one of the six languages; empty if it names none."""
    named = reduce_words(words)
    return next(
        (
            purpose
            for purpose, label in PURPOSE_LABELS.items()
            if named in {purpose, *(reduce_words(label.translate(language)) for language in LANGUAGES)}
        ),
        "",
    )


def find_item(words: str, items: Iterable[ReleasedItem]) -> UUID | None:
    """Find the item that a text names by its title in one of the languages, or by its number; None if it names none."""
    listed, named = list(items), reduce_words(words)
    titled = {item.item_id for item in listed if any(has_title(named, title) for title in item.titles.values())}
    if titled:
        return titled.pop() if len(titled) == 1 else None
    number = NUMBER_PATTERN.search(unicodedata.normalize("NFKC", words))
    if number is None or sum(map(str.isalpha, words)) > MAX_LETTERS_WITH_NUMBER:
        return None
    return next((item.item_id for item in listed if item.label == number[0]), None)


def has_title(named: str, title: str) -> bool:
    """Return whether a reduced text is a title, with its number or without."""
    reduced = reduce_words(title)
    return bool(reduced) and reduced in {named, named.lstrip("0123456789 ")}


def reduce_words(text: str) -> str:
    """Reduce a text to its words in small letters, each after one space."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
