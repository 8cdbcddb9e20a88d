"""Words out of a stranger's file or mouth, made fit to be shown. Nothing here decides anything."""

import unicodedata

from app.core.gate.findings import DOCX, PDF

ENDINGS = {PDF: ".pdf", DOCX: ".docx"}
LONGEST = 200
# Joiners belong to the spelling of Persian and other languages; every other invisible character is dropped:
# controls, bidirectional controls, lone surrogates, private use (Unicode TR 36, section 3).
JOINERS = "\u200c\u200d"
FORBIDDEN = frozenset('<>:"|?*')


def shown(text: str, longest: int = LONGEST) -> str:
    """One line in NFC without invisible or direction-changing characters, cut to length."""
    plain = "".join(letter if is_visible(letter) else " " * letter.isspace() for letter in text[: longest * 4])
    line = " ".join(unicodedata.normalize("NFC", plain).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def is_visible(letter: str) -> bool:
    return letter in JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown_name(offered: str, kind: str | None = None) -> str:
    """An offered file name for display: no folders, one line, and the ending of what the file really is."""
    last = offered.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in shown(last, 4 * LONGEST) if letter not in FORBIDDEN).strip(" .") or "unnamed"
    ending = ENDINGS.get(kind or "", "")
    stem = name[: -len(ending)] if ending and name.lower().endswith(ending) else name
    return (stem.strip(" .") or "unnamed")[: LONGEST - len(ending)].rstrip(" .") + ending


def ending_of(offered: str) -> str:
    """The ending of a name as it is shown, in lower case: `.pdf`; empty if it has none."""
    stem, dot, ending = shown_name(offered).rpartition(".")
    return dot + ending.lower() if stem else ""
