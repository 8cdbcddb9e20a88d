"""Texts that exist in several languages, as one reader sees them."""

from app.core.db import LocalizedText
from app.core.i18n import DEFAULT_LANGUAGE


def localize_title(titles: LocalizedText, language: str, original: str = DEFAULT_LANGUAGE) -> tuple[str, str | None]:
    """Choose the text in the reader's language, else the original one, else any.

    Returns it with its language, or None if that is the reader's.
    """
    chosen = next(
        (code for code in (language, original, DEFAULT_LANGUAGE) if code in titles), next(iter(titles), language)
    )
    return titles.get(chosen, ""), None if chosen == language else chosen
