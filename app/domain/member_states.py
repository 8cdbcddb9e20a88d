"""The 194 Member States of the ITU and how the United Nations prints their names in the six languages.

The names are the short forms of United Nations documents, held whole in `member_states.csv` so that no library's update
can rename a delegation. Territories that are not Member States are not in this file at all. The region
(A Americas, B Western Europe, C Eastern Europe and Northern Asia, D Africa, E Asia and
Australasia) is only the seed of an editable table: no complete official list is published.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

RES99 = ("PSE",)
"""Not a Member State, yet seated among them: the State of Palestine (Resolution 99, Rev. Dubai, 2018)."""

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")

# Chinese characters whose place in GB 2312 does not follow their reading in these names, and one that sounds the same
# and stands where it should. GB 2312 orders its common characters by pinyin, its rarer ones by radical.
SOUNDS_LIKE = str.maketrans({"斐": "匪", "梵": "泛", "汶": "问", "瑙": "脑", "秘": "毕"})


@dataclass(frozen=True, slots=True)
class State:
    """A State: its ISO 3166 codes (alpha-3 and alpha-2), ITU region and names by language."""

    code: str
    alpha2: str
    region: str
    names: Mapping[str, str]


def _read() -> dict[str, State]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as source:
        return {row["code"]: _state(row) for row in csv.DictReader(source)}


def _state(row: Mapping[str, str]) -> State:
    names = MappingProxyType({language: row[language] for language in LANGUAGES})
    return State(row["code"], row["alpha2"], row["region"], names)


_STATES = _read()
MEMBER_STATES: Mapping[str, State] = MappingProxyType(
    {code: state for code, state in _STATES.items() if code not in RES99}
)
"""Member States by code."""


def is_known(code: str) -> bool:
    """Whether this is the code of a Member State, or of a participant under Resolution 99."""
    return code in _STATES


def name(code: str, language: str) -> str:
    """The name of a Member State or a participant under Resolution 99; KeyError for any other code or language."""
    return _STATES[code].names[language]


def sort_key(words: str, language: str) -> str:
    """Names sorted by it stand where a reader of that language looks them up."""
    return _KEYS[language](words)


def order(codes: Iterable[str], language: str) -> list[str]:
    """In the order in which a reader of that language looks names up."""
    places = _places(language)
    return sorted(codes, key=places.__getitem__)


@cache
def _places(language: str) -> Mapping[str, int]:
    """Where each one stands. The names do not change while a process lives."""
    in_order = sorted(_STATES, key=lambda code: (sort_key(name(code, language), language), code))
    return {code: place for place, code in enumerate(in_order)}


def protocol_order(codes: Iterable[str]) -> list[str]:
    """As delegations are seated: by the French names (General Rules, order of seating)."""
    return order(codes, "fr")


def _words(text: str) -> str:
    """Letters and single spaces: hyphens and apostrophes part words, brackets are not read at all."""
    parted = "".join(" " if mark in "-—' " else mark for mark in text if mark not in "()（）")
    return " ".join(parted.casefold().split())


def _without_marks(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


def _latin(text: str) -> str:
    """Word by word, accents unseen."""
    return _without_marks(_words(text))


def _spanish(text: str) -> str:
    """As `_latin`, but ñ is a letter of its own, after n."""
    return _without_marks(_words(text).replace("ñ", "n~"))


def _russian(text: str) -> str:
    """ё stands with е; й stays a letter of its own."""
    return _words(text).replace("ё", "е")


def _arabic(text: str) -> str:
    """Word by word, without the article; the forms of alif are one letter, tāʾ marbūṭa stands with hāʾ."""
    return " ".join(_without_marks(word).replace("ة", "ه").removeprefix("ال") for word in _words(text).split())


def _chinese(text: str) -> str:
    """By pinyin, character by character; a character outside GB 2312 stands last."""
    return text.translate(SOUNDS_LIKE).encode("gb18030").decode("latin-1")


_KEYS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"en": _latin, "fr": _latin, "es": _spanish, "ru": _russian, "ar": _arabic, "zh": _chinese}
)
