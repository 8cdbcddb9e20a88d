"""The 194 Member States of ITU, with their United Nations names in the six languages, and their sort order.

The names are the short forms of United Nations documents, stored in `member_states.csv` so that no update of a library
can rename a delegation. Territories that are not Member States are not in the file. The region (A Americas, B Western
Europe, C Eastern Europe and Northern Asia, D Africa, E Asia and Australasia) only seeds an editable table: no complete
official list is published.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _

RES99_CODES = ("PSE",)
"""Not Member States, but seated among them: the State of Palestine (PP Resolution 99, Rev. Dubai, 2018)."""

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")

# Chinese characters whose position in GB 2312 does not match their reading in these names, each with a homophone in the
# right position. GB 2312 orders its common characters by pinyin, its rarer ones by radical.
PINYIN_SUBSTITUTES = str.maketrans({"斐": "匪", "梵": "泛", "汶": "问", "瑙": "脑", "秘": "毕"})

WORD_SEPARATORS = frozenset("-‐‑–—'’ʼ‘`´ ")
"""Space, hyphens and apostrophes, as they are typed and as they are set."""


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A State: its ISO 3166 codes (alpha-3 and alpha-2), ITU region and names by language."""

    code: str
    alpha2: str
    region: str
    names: Mapping[str, str]


def _read_states() -> dict[str, StateEntry]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as source:
        return {row["code"]: _parse_row(row) for row in csv.DictReader(source)}


def _parse_row(row: Mapping[str, str]) -> StateEntry:
    names = MappingProxyType({language: row[language] for language in LANGUAGES})
    return StateEntry(row["code"], row["alpha2"], row["region"], names)


_STATES = _read_states()
MEMBER_STATES: Mapping[str, StateEntry] = MappingProxyType(
    {code: state for code, state in _STATES.items() if code not in RES99_CODES}
)
"""Member States by code."""


def is_known_state(code: str) -> bool:
    """Return whether this is the code of a Member State, or of a participant under PP Resolution 99."""
    return code in _STATES


def get_state_name(code: str, language: str) -> str:
    """Return the name of a Member State or a participant under PP Resolution 99. Raises KeyError for any other code."""
    return _STATES[code].names[language]


def find_alpha2_code(code: str) -> str | None:
    """Find the ISO 3166 alpha-2 code of a State by its alpha-3 code; None for any other code."""
    return _STATES[code].alpha2 if code in _STATES else None


def find_name_of_country(alpha2: str, language: str) -> str | None:
    """Return the name of the Member State with this ISO 3166-1 code of two letters; None if there is none."""
    names = (entry.names[language] for entry in _STATES.values() if entry.alpha2 == alpha2)
    return next(names, None)


def find_state_name(code: str, language: str) -> str:
    """Find the name of a State; for any other code the code itself."""
    return get_state_name(code, language) if is_known_state(code) else code


def find_states(words: str, language: str) -> list[str]:
    """Find the States that somebody may mean: by code, by name in any language, or else by the beginning of a word of
    the name in `language`. Accents, capitals and punctuation do not matter. Several if the words are ambiguous."""
    typed = words.strip()
    if by_code := [code for code, state in _STATES.items() if typed.upper() in (code, state.alpha2)]:
        return by_code
    key = _search_key(typed)
    if by_name := _codes_by_name().get(key):
        return list(by_name)
    if not key:
        return []
    names = {code: _search_key(state.names[language]) for code, state in _STATES.items()}
    found = [code for code, name in names.items() if f" {key}" in f" {name}" or (language == "zh" and key in name)]
    return order_by_name(found, language)


@cache
def _codes_by_name() -> Mapping[str, frozenset[str]]:
    """Return the codes of the States with a name, in whichever language, by its search key."""
    codes: dict[str, frozenset[str]] = {}
    for code, state in _STATES.items():
        for name in state.names.values():
            codes[_search_key(name)] = codes.get(_search_key(name), frozenset()) | {code}
    return codes


FindName = Callable[[str, str], str | None]
_find_other_name: ContextVar[FindName] = ContextVar("find_other_name", default=lambda _code, _language: None)


def set_names_of_other_parties(find_name: FindName) -> None:
    """Set, for the present request or job, how the name of a party that is no State is found by code and language."""
    _find_other_name.set(find_name)


class EntityName(LazyText):
    """Name of a party: a State's in the language of the page; any other's as the register confirms it or as its people
    brought it; or else `otherwise`, or its code."""

    def translate(self, language: str) -> str:
        if is_known_state(self.message):
            return get_state_name(self.message, language)
        if self.message == "ITU":
            return _("ITU").translate(language)
        found = _find_other_name.get()(self.message, language) if self.message else None
        return str(found or self.values.get("otherwise") or self.message)


def name_sort_key(name: str, language: str) -> str:
    """Return the key that sorts names as readers of the language expect."""
    return _KEYS[language](name)


def order_by_name(codes: Iterable[str], language: str) -> list[str]:
    """Sort State codes by the names in a language. Raises KeyError for an unknown code."""
    positions = _positions(language)
    return sorted(codes, key=positions.__getitem__)


@cache
def _positions(language: str) -> Mapping[str, int]:
    """Return the position of each State by name. Cached: the names do not change while a process runs."""
    in_order = sorted(_STATES, key=lambda code: (name_sort_key(get_state_name(code, language), language), code))
    return {code: position for position, code in enumerate(in_order)}


def order_by_protocol(codes: Iterable[str]) -> list[str]:
    """Sort State codes in the order of seating: by their French names (General Rules)."""
    return order_by_name(codes, "fr")


def _normalize_words(text: str) -> str:
    """Reduce to letters and single spaces: hyphens and apostrophes separate words, brackets are removed."""
    separated = "".join(" " if mark in WORD_SEPARATORS else mark for mark in text if mark not in "()（）")
    return " ".join(separated.casefold().split())


def _remove_diacritics(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


def _latin_key(text: str) -> str:
    """Sort word by word, ignoring accents."""
    return _remove_diacritics(_normalize_words(text))


def _spanish_key(text: str) -> str:
    """Sort as Latin, but ñ is a letter of its own, after n."""
    return _remove_diacritics(_normalize_words(text).replace("ñ", "n~"))


def _russian_key(text: str) -> str:
    """Sort ё as е; й stays a letter of its own."""
    return _normalize_words(text).replace("ё", "е")


def _arabic_key(text: str) -> str:
    """Sort word by word, without the article; the forms of alif are one letter, tāʾ marbūṭa sorts as hāʾ."""
    return " ".join(
        _remove_diacritics(word).replace("ة", "ه").removeprefix("ال") for word in _normalize_words(text).split()
    )


def _search_key(text: str) -> str:
    """Reduce a name to what is compared when somebody types it, in every script."""
    return _arabic_key(text)


def _chinese_key(text: str) -> str:
    """Sort by pinyin, character by character; characters outside GB 2312 come last."""
    return text.translate(PINYIN_SUBSTITUTES).encode("gb18030").decode("latin-1")


_KEYS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"en": _latin_key, "fr": _latin_key, "es": _spanish_key, "ru": _russian_key, "ar": _arabic_key, "zh": _chinese_key}
)
