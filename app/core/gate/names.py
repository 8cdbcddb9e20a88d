"""Cleans names and texts from files and people for display. Nothing is decided by them."""

import unicodedata

from app.core.gate.findings import DOCX, PDF

ENDINGS = {PDF: ".pdf", DOCX: ".docx"}
LONGEST = 200
# Joiners are part of the spelling of Persian and other languages; every other invisible character is dropped:
# controls, bidirectional controls, lone surrogates, private use (Unicode TR 36, section 3).
JOINERS = "\u200c\u200d"
FORBIDDEN = frozenset('<>:"|?*')


def shown(text: str, longest: int = LONGEST) -> str:
    """Return one line in NFC without invisible or direction-changing characters, cut to `max_length`."""
    visible = "".join(
        character if is_visible(character) else " " * character.isspace() for character in text[: longest * 4]
    )
    line = " ".join(unicodedata.normalize("NFC", visible).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def is_visible(letter: str) -> bool:
    """Return whether a character may be displayed."""
    return letter in JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown_name(offered: str, kind: str | None = None) -> str:
    """Clean a file name for display: no folders, one line, and the extension of its real media type."""
    base_name = offered.replace("\\", "/").rsplit("/", 1)[-1]
    name = (
        "".join(character for character in shown(base_name, 4 * LONGEST) if character not in FORBIDDEN).strip(" .")
        or "unnamed"
    )
    ending = ENDINGS.get(kind or "", "")
    stem = name[: -len(ending)] if ending and name.lower().endswith(ending) else name
    return (stem.strip(" .") or "unnamed")[: LONGEST - len(ending)].rstrip(" .") + ending


def ending_of(offered: str) -> str:
    """Return the extension of the cleaned name in lower case, such as `.pdf`; empty if it has none."""
    stem, dot, ending = shown_name(offered).rpartition(".")
    return dot + ending.lower() if stem else ""
