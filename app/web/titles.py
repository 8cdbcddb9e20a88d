"""A text that there is in several languages, as one reader sees it."""

from app.core.db import Titles
from app.core.i18n import DEFAULT


def in_language(titles: Titles, language: str, original: str = DEFAULT) -> tuple[str, str | None]:
    """The text in the reader's language, else in the original one, else in any; and its language where that differs."""
    found = next((code for code in (language, original, DEFAULT) if code in titles), next(iter(titles), language))
    return titles.get(found, ""), None if found == language else found


def foreign(original: str, language: str) -> str | None:
    """The language of a text that there is only in the original, where it is not the reader's."""
    return None if original == language else original
