"""Number agenda items. A style is a function from the path of an item, such as (3, 1), to its number as text."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


def _roman_numeral(number: int) -> str:
    """Format a number from 1 to 100 or so as a lower-case roman numeral."""
    signs = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    numeral = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        numeral += sign * count
    return numeral


def _letter_numeral(number: int) -> str:
    """Format a number as a letter: a to z, then aa, ab."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _format_decimal(path: tuple[int, ...]) -> str:
    """Format a path as 3.1.2."""
    return ".".join(map(str, path))


def _format_lettered(path: tuple[int, ...]) -> str:
    """Format a path as 3, 3 (a), 3 (a) (ii), 3 (a) (ii) 1."""
    kinds: tuple[Callable[[int], str], ...] = (str, _letter_numeral, _roman_numeral, str)
    parts = [kind(number) for kind, number in zip(kinds, path, strict=False)]
    return " ".join([parts[0], *(f"({part})" for part in parts[1:])])


def _format_roman(path: tuple[int, ...]) -> str:
    """Format a path as III, III.2, III.2.1."""
    return ".".join([_roman_numeral(path[0]).upper(), *map(str, path[1:])])


NUMBERING_STYLES: Mapping[str, Callable[[tuple[int, ...]], str]] = MappingProxyType(
    {"decimal": _format_decimal, "lettered": _format_lettered, "roman": _format_roman}
)
NUMBERING_STYLE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "decimal": _("1, 1.1, 1.1.1"),
        "lettered": _("1, 1 (a), 1 (a) (i)"),
        "roman": _("I, I.1, I.1.1"),
    }
)


def format_item_number(style: str, path: tuple[int, ...]) -> str:
    """Format the number of an item, given its path from the top, in one of the styles."""
    return NUMBERING_STYLES[style](path)
