"""Texts that exist in several languages, as one reader sees them."""

from app.http.titles import localize_title

__all__ = ["get_original_language_if_foreign", "localize_title"]


def get_original_language_if_foreign(original: str, language: str) -> str | None:
    """Return the original language of a text that exists only in that, or None if it is the reader's."""
    return None if original == language else original
