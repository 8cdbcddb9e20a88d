"""Sizes for readers: unit and plural in each language, and 100 MiB as a round number."""

import pytest

from app.core.file_sizes import FileSize, format_file_size
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _

SPACES = str.maketrans("\xa0\u202f", "  ")


def format_sizes(language: str, *sizes: int) -> list[str]:
    return [format_file_size(language, octets).translate(SPACES) for octets in sizes]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["1 byte", "2 bytes", "828 bytes", "209 kB", "100 MB"]),
        ("fr", ["1 octet", "2 octets", "828 octets", "209 ko", "100 Mo"]),
        ("es", ["1 byte", "2 bytes", "828 bytes", "209 kB", "100 MB"]),
        ("ru", ["1 байт", "2 байта", "828 байт", "209 кБ", "100 МБ"]),
        ("ar", ["1 بايت", "2 بايت", "828 بايت", "209 كيلوبايت", "100 م.ب"]),
        ("zh", ["1字节", "2字节", "828字节", "209 kB", "100 MB"]),
    ],
)
def test_a_size_has_its_unit_in_the_readers_language(language: str, words: list[str]) -> None:
    assert format_sizes(language, 1, 2, 828, 214_000, 100 * 1024**2) == words


def test_a_size_fits_into_a_sentence_of_any_language() -> None:
    sentence = _("%(most)s", most=FileSize.from_bytes(3 * 1024**3))

    assert {language: sentence.translate(language) for language in LANGUAGES} == {
        language: format_file_size(language, 3 * 1024**3) for language in LANGUAGES
    }
