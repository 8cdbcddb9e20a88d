"""A text as PostgreSQL's `tsvector`, written out by us: its words come from `words`, not from a configuration there."""

from collections.abc import Iterable

from app.core.search.words import words

LAST_PLACE = 16_383  # PostgreSQL counts no further: words beyond are found, but not as part of a phrase
PLACES = 100  # of one word; PostgreSQL keeps 256
LARGEST = 900_000  # bytes of words; PostgreSQL takes a megabyte, and no document of ours comes near


def vector(parts: Iterable[tuple[str, str, str]]) -> str:
    """The literal for a text of several parts: (weight A to D, language, text) each."""
    places: dict[str, list[str]] = {}
    size = offset = 0
    for weight, language, text in parts:
        last = 0
        for word in words(text, language):
            last = word.place
            for form in word.forms:
                if form not in places and (size := size + len(form.encode()) + 8) > LARGEST:
                    return _written(places)
                kept = places.setdefault(form, [])
                if len(kept) < PLACES:
                    kept.append(f"{min(offset + last, LAST_PLACE)}{weight}")
        offset += last + 1  # no phrase reaches from one part into the next
    return _written(places)


def _written(places: dict[str, list[str]]) -> str:
    """Forms are letters and digits only, so that nothing has to be escaped."""
    return " ".join(f"'{form}':{','.join(dict.fromkeys(kept))}" for form, kept in places.items())
