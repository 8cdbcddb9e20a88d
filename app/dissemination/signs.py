"""What stands in the index beside words: signs of what outputs are chosen by, and symbols, read from their end."""

import re
import unicodedata

from app.dissemination.choice import Choice
from app.dissemination.shelves import VALUES
from app.domain.releases.queries import Released

PIECE = re.compile(r"[^\W_]+")
LONGEST = 12  # pieces of a symbol
NOT_IN_A_SIGN = re.compile(r"[^0-9a-z]+")


def of_output(output: Released) -> str:
    """A sign for each value of each facet, parted by spaces."""
    return " ".join(_sign(name, value) for name, values in VALUES.items() for value in values(output))


def of_choice(choice: Choice) -> list[str]:
    """The signs that an output has if it fits."""
    return [_sign(name, value) for name, value in choice.chosen().items()]


def of_symbol(typed: str) -> list[str]:
    """The pieces of a symbol in any usual spelling, the last first: so a symbol is found by its end, `22/OUT/1`.

    None where there are too many to be one.
    """
    folded = unicodedata.normalize("NFKC", typed).casefold()
    digits = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), folded)
    pieces = PIECE.findall(digits)[::-1]
    return pieces if len(pieces) <= LONGEST else []


def _sign(facet: str, value: object) -> str:
    return f"{facet}_{NOT_IN_A_SIGN.sub('_', str(value))}"
