"""Index terms besides words: terms of facet values, and the pieces of symbols in reverse order."""

import re
import unicodedata

from app.dissemination.choice import Choice
from app.dissemination.shelves import VALUES
from app.domain.releases.queries import Released

PIECE = re.compile(r"[^\W_]+")
LONGEST = 12  # pieces of a symbol
NOT_IN_A_SIGN = re.compile(r"[^0-9a-z]+")


def of_output(output: Released) -> str:
    """Return a term for each value of each facet, separated by spaces."""
    return " ".join(_term(name, value) for name, values in VALUES.items() for value in values(output))


def of_choice(choice: Choice) -> list[str]:
    """Return the terms that an output must have to match a choice."""
    return [_term(name, value) for name, value in choice.chosen().items()]


def of_symbol(typed: str) -> list[str]:
    """Return the pieces of a symbol in any usual spelling, last first: so a symbol is found by its end, `22/OUT/1`.

    Empty if there are too many pieces for a symbol.
    """
    folded = unicodedata.normalize("NFKC", typed).casefold()
    digits = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), folded)
    pieces = PIECE.findall(digits)[::-1]
    return pieces if len(pieces) <= LONGEST else []


def _term(facet: str, value: object) -> str:
    return f"{facet}_{NOT_IN_A_SIGN.sub('_', str(value))}"
