"""Which translation the name of a file means: by symbol, revision and language, however they are separated."""

from uuid import UUID

import pytest

from app.domain.translations.inputs import TranslationKey
from app.domain.translations.models import TextKind
from app.domain.translations.rules.file_names import format_file_stem, match_file_name

SYMBOLS = ("CWG-Internet 22/8", "CWG-Internet 22/8 (Rev.1)", "CWG-Internet 22/18", "CWG-Internet 22/9", "WG-WSIS 22/9")
DUE = [
    (TranslationKey(TextKind.EDITION, UUID(int=number), language), symbol)
    for number, symbol in enumerate(SYMBOLS)
    for language in ("fr", "zh")
]


def match(name: str) -> tuple[str, str] | None:
    key = match_file_name(name, DUE)
    return (SYMBOLS[key.text_id.int], key.language) if key else None


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_name_under_which_a_text_leaves_is_matched_when_it_comes_back(symbol: str) -> None:
    for language in ("fr", "zh"):
        stem = format_file_stem(symbol, language)
        assert match(f"{stem}.docx") == match(f"{stem} (2).xlf") == match(f"{stem.lower()}.pdf") == (symbol, language)


@pytest.mark.parametrize(
    ("name", "meant"),
    {
        "22-8-F.docx": ("CWG-Internet 22/8", "fr"),
        "22_8_C.docx": ("CWG-Internet 22/8", "zh"),
        "CWG-Internet 22-8 Rev.1 F.docx": ("CWG-Internet 22/8 (Rev.1)", "fr"),  # as the ZIP of a list names it
        "CWG-Internet 22-8 (Rev.1)-FR.docx": ("CWG-Internet 22/8 (Rev.1)", "fr"),
        "22-8-rev1-fr.docx": ("CWG-Internet 22/8 (Rev.1)", "fr"),
        "22-9-F.docx": None,  # of two groups
        "wg-wsis-22-9-f.docx": ("WG-WSIS 22/9", "fr"),
        "8-F.docx": None,
        "22-8.docx": None,
        "22-8-D.docx": None,
        "22-8-R.docx": None,  # not due in Russian
        "F.docx": None,
        ".docx": None,
        "": None,
        "../../22-8-F.docx": ("CWG-Internet 22/8", "fr"),  # nothing is opened by it
    }.items(),
)
def test_other_names_mean_one_translation_or_none(name: str, meant: tuple[str, str] | None) -> None:
    assert match(name) == meant
