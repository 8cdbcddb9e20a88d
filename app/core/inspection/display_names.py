"""Cleans names and texts from files and people for display. Nothing is decided by them."""

import unicodedata

from app.core.inspection.findings import DOCX, PDF

EXTENSIONS = {PDF: ".pdf", DOCX: ".docx"}
MAX_DISPLAY_LENGTH = 200
# Joiners are part of the spelling of Persian and other languages; every other invisible character is dropped:
# controls, bidirectional controls, lone surrogates, private use (Unicode TR 36, section 3).
JOINERS = "\u200c\u200d"
FORBIDDEN_CHARACTERS = frozenset('<>:"|?*')


def to_display_text(text: str, max_length: int = MAX_DISPLAY_LENGTH) -> str:
    """Return one line in NFC without invisible or direction-changing characters, cut to `max_length`."""
    visible = "".join(
        character if is_visible_character(character) else " " * character.isspace()
        for character in text[: max_length * 4]
    )
    line = " ".join(unicodedata.normalize("NFC", visible).split())
    return line if len(line) <= max_length else line[: max_length - 1].rstrip() + "…"


def to_display_prose(text: str, max_length: int) -> str:
    """Return the lines of a text, each as `to_display_text` returns it, without empty ones; cut to `max_length`."""
    lines = (to_display_text(line, max_length) for line in text[: max_length * 4].splitlines())
    prose = "\n".join(line for line in lines if line)
    return prose if len(prose) <= max_length else prose[: max_length - 1].rstrip() + "…"


def is_visible_character(character: str) -> bool:
    """Return whether a character may be displayed."""
    return character in JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def to_display_name(offered_name: str, media_type: str | None = None) -> str:
    """Clean a file name for display: no folders, one line, and the extension of its real media type."""
    base_name = offered_name.replace("\\", "/").rsplit("/", 1)[-1]
    name = (
        "".join(
            character
            for character in to_display_text(base_name, 4 * MAX_DISPLAY_LENGTH)
            if character not in FORBIDDEN_CHARACTERS
        ).strip(" .")
        or "unnamed"
    )
    ending = EXTENSIONS.get(media_type or "", "")
    wrong_or_right = tuple(EXTENSIONS.values()) if ending else ()
    stem = name.rpartition(".")[0] if name.lower().endswith(wrong_or_right) else name
    return (stem.strip(" .") or "unnamed")[: MAX_DISPLAY_LENGTH - len(ending)].rstrip(" .") + ending


def name_pdf(name: str) -> str:
    """Return the name of the PDF of a file with this name."""
    return f"{name.rpartition('.')[0] or name}.pdf"


def display_extension(offered_name: str) -> str:
    """Return the extension of the cleaned name in lower case, such as `.pdf`; empty if it has none."""
    # Its end alone: a long name is cut for display, and keeps its extension.
    stem, dot, ending = to_display_name(offered_name[-MAX_DISPLAY_LENGTH:]).rpartition(".")
    return dot + ending.lower() if stem else ""
