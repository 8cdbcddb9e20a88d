"""How much of a long text a page shows; files, and the page for reading, have all of it."""

from collections.abc import Sequence

MAX_PARAGRAPHS, MAX_CHARACTERS = 400, 300_000
"""A paragraph has up to 20,000 characters (`app.core.rendering.paragraphs`): their number alone bounds no page."""
MAX_CHARACTERS_READ = MAX_CHARACTERS + 25_000
"""With so many, what follows the last paragraph that a page shows is known to be there."""


def take_first_paragraphs(paragraphs: Sequence[str]) -> tuple[Sequence[str], bool]:
    """Return the first paragraphs, as many as a page shows, and whether these are all. There is at least one of any."""
    length, count = 0, 0
    for paragraph in paragraphs[:MAX_PARAGRAPHS]:
        length += len(paragraph)
        if count and length > MAX_CHARACTERS:
            break
        count += 1
    return paragraphs[:count], count == len(paragraphs)
