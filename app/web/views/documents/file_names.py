"""Names of the files of documents that are downloaded together."""

LANGUAGE_LETTERS = {"ar": "A", "zh": "C", "en": "E", "fr": "F", "ru": "R", "es": "S"}
"""The letters by which ITU marks languages."""


def format_download_stem(symbol: str, language: str) -> str:
    """Return the name without extension: `CWG-Internet 22-8 Rev.1 E` for `CWG-Internet 22/8 (Rev.1)` in English."""
    return f"{symbol.replace('(', '').replace(')', '')} {LANGUAGE_LETTERS.get(language, language.upper())}"
