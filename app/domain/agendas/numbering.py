"""How items are numbered. A style is data: one kind of numeral for each level, and what stands between them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.core.i18n import Text, say


def _roman(number: int) -> str:
    signs = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    written = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        written += sign * count
    return written


def _letter(number: int) -> str:
    """a to z, then aa, ab."""
    written = ""
    while number:
        number, rest = divmod(number - 1, 26)
        written = chr(ord("a") + rest) + written
    return written


def _decimal(path: tuple[int, ...]) -> str:
    return ".".join(map(str, path))


def _lettered(path: tuple[int, ...]) -> str:
    """3, 3 (a), 3 (a) (ii), 3 (a) (ii) 1."""
    kinds: tuple[Callable[[int], str], ...] = (str, _letter, _roman, str)
    written = [kind(number) for kind, number in zip(kinds, path, strict=False)]
    return " ".join([written[0], *(f"({each})" for each in written[1:])])


def _upright(path: tuple[int, ...]) -> str:
    """III, III.2, III.2.1."""
    return ".".join([_roman(path[0]).upper(), *map(str, path[1:])])


STYLES: Mapping[str, Callable[[tuple[int, ...]], str]] = MappingProxyType(
    {"decimal": _decimal, "lettered": _lettered, "roman": _upright}
)
STYLE_WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "decimal": say("1, 1.1, 1.1.1"),
        "lettered": say("1, 1 (a), 1 (a) (i)"),
        "roman": say("I, I.1, I.1.1"),
    }
)


def label(style: str, path: tuple[int, ...]) -> str:
    """The number of an item by its path from the top, in one of the styles."""
    return STYLES[style](path)
