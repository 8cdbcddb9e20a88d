"""PostgreSQL `tsvector` literals: words come from the own tokenizer, not from a text search configuration."""

from collections.abc import Iterable

from app.core.search.tokenizer import tokenize_text

MAX_POSITION = 16_383  # the highest position in PostgreSQL: later words are found, but not in phrases
MAX_POSITIONS_PER_FORM = 100  # of one form; PostgreSQL keeps 256
MAX_VECTOR_BYTES = 900_000  # bytes of all forms; PostgreSQL takes a megabyte


def build_tsvector(parts: Iterable[tuple[str, str, str]]) -> str:
    """Build the `tsvector` literal of a text of several parts: (weight A to D, language, text) each."""
    positions_by_form: dict[str, list[str]] = {}
    size = offset = 0
    for weight, language, text in parts:
        last = 0
        for token in tokenize_text(text, language):
            last = token.position
            for form in token.forms:
                if form not in positions_by_form and (size := size + len(form.encode()) + 8) > MAX_VECTOR_BYTES:
                    return _format_vector(positions_by_form)
                positions = positions_by_form.setdefault(form, [])
                if len(positions) < MAX_POSITIONS_PER_FORM:
                    positions.append(f"{min(offset + last, MAX_POSITION)}{weight}")
        offset += last + 1  # a phrase cannot span two parts
    return _format_vector(positions_by_form)


def _format_vector(positions_by_form: dict[str, list[str]]) -> str:
    """Format the literal. Forms are letters and digits only, so nothing has to be escaped."""
    return " ".join(f"'{form}':{','.join(dict.fromkeys(positions))}" for form, positions in positions_by_form.items())
