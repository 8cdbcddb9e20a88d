"""Index terms besides words: terms of facet values, and the pieces of symbols in reverse order."""

import re
import unicodedata

from app.dissemination.facets import FACET_VALUES
from app.dissemination.filters import FilterChoice
from app.domain.releases.queries.catalogue_entries import CatalogueEntry

SYMBOL_PIECE = re.compile(r"[^\W_]+")
MAX_SYMBOL_PIECES = 12  # pieces of a symbol
NOT_IN_A_TERM = re.compile(r"[^0-9a-z]+")


def output_terms(output: CatalogueEntry) -> str:
    """Return a term for each value of each facet, separated by spaces."""
    return " ".join(_term(name, value) for name, values in FACET_VALUES.items() for value in values(output))


def choice_terms(choice: FilterChoice) -> list[str]:
    """Return the terms that an output must have to match a choice."""
    return [_term(name, value) for name, value in choice.selected_values().items()]


def symbol_terms(text: str) -> list[str]:
    """Return the pieces of a symbol in any usual spelling, last first: so a symbol is found by its end, `22/OUT/1`.

    Empty if there are too many pieces for a symbol.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    digits = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), folded)
    pieces = SYMBOL_PIECE.findall(digits)[::-1]
    return pieces if len(pieces) <= MAX_SYMBOL_PIECES else []


def _term(facet: str, value: object) -> str:
    return f"{facet}_{NOT_IN_A_TERM.sub('_', str(value))}"
