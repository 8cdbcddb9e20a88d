"""Finds the typefaces in which a DOCX sets its text, as its runs, styles and theme name them, and that the converter
does not have. Runs in the limited process.

A typeface of a table style, a symbol or a number of a list is not looked for. Sources: ECMA-376 part 1, 17.3.2.26
(rFonts), 17.7 (styles), 17.8.3 (font table), 20.1.4.1.16 (typefaces of a theme).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.core.file_service.typefaces import list_replaceable_typefaces
from app.core.inspection.docx_styles import MAX_BASES
from app.core.inspection.xml import XmlPartReader, XmlTag
from app.core.rendering.docx_text import OpenedDocx
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind

MAX_NAMES: Final = 10
MAX_NAME_LENGTH: Final = 60
THEME_FONTS: Final = {"latin": "HAnsi", "ea": "EastAsia", "cs": "Bidi"}
WIDE_LETTERS: Final = "\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
COMPLEX_LETTERS: Final = "\u0590-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefc"
SCRIPTS: Final = {
    "ascii": re.compile(r"[A-Za-z]"),
    "hAnsi": re.compile(f"(?![A-Za-z{WIDE_LETTERS}{COMPLEX_LETTERS}])[^\\W\\d_]"),
    "eastAsia": re.compile(f"(?=[{WIDE_LETTERS}])[^\\W\\d_]"),
    "cs": re.compile(f"(?=[{COMPLEX_LETTERS}])[^\\W\\d_]"),
}
"""Letters of each of the four kinds for which a run names a typeface."""
Typefaces = Mapping[str, str]
"""By the kind of letters; empty for a typeface of the theme that is not named there."""


class ThemeReader(XmlPartReader):
    """SAX handler for the theme: its typefaces, by the names that are used in runs (`minorHAnsi`)."""

    def __init__(self) -> None:
        super().__init__()
        self.typefaces: dict[str, str] = {}
        self.group = ""

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Note a typeface."""
        if tag.name in {"majorFont", "minorFont"}:
            self.group = tag.name.removesuffix("Font")
        elif tag.name in THEME_FONTS and self.group:
            self.typefaces[self.group + THEME_FONTS[tag.name]] = values.get("typeface", "")

    def end_element(self, tag: XmlTag) -> None:
        """Leave the typefaces of headings, or of text."""
        if tag.name in {"majorFont", "minorFont"}:
            self.group = ""


class FontTableReader(XmlPartReader):
    """SAX handler for the font table: other names of typefaces, and those that the document brings along."""

    def __init__(self) -> None:
        super().__init__()
        self.other_names: dict[str, list[str]] = {}
        self.embedded: set[str] = set()
        self.name = ""

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Note what is said of a typeface."""
        if tag.name == "font":
            self.name = values.get(":name", "").lower()
        elif tag.name == "altName":
            self.other_names[self.name] = [each.strip().lower() for each in values.get(":val", "").split(",")]
        elif tag.name.startswith("embed"):
            self.embedded.add(self.name)


class TypefaceStylesReader(XmlPartReader):
    """SAX handler for the styles: the typefaces that each names, and on which one it builds."""

    def __init__(self, theme: Typefaces) -> None:
        super().__init__()
        self.theme = theme
        self.typefaces: dict[str, Typefaces] = {}
        self.bases: dict[str, str] = {}
        self.defaults: Typefaces = {}
        self.default_paragraph = self.style = ""
        self.path: list[str] = []

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Read a style and the typefaces of its text."""
        self.path.append(tag.name)
        if tag.name == "style":
            self.style = values.get(":styleId", "")
            if values.get(":type") == "paragraph" and values.get(":default") in {"1", "true", "on"}:
                self.default_paragraph = self.style
        elif tag.name == "basedOn":
            self.bases[self.style] = values.get(":val", "")
        elif self.path[-3:] == ["style", "rPr", "rFonts"]:
            self.typefaces[self.style] = read_typefaces(values, self.theme)
        elif self.path[-3:] == ["rPrDefault", "rPr", "rFonts"]:
            self.defaults = read_typefaces(values, self.theme)

    def end_element(self, _: XmlTag) -> None:
        """Leave an element."""
        self.path.pop()

    def iter_typefaces(self, paragraph_style: str, run_style: str) -> Iterator[Typefaces]:
        """Yield what the styles of a run and of its paragraph name, the first one that counts first."""
        for first in (run_style, paragraph_style or self.default_paragraph):
            style = first
            for _ignored in range(MAX_BASES if first else 0):
                if style in self.typefaces:
                    yield self.typefaces[style]
                style = self.bases.get(style, "")
        yield self.defaults


def read_typefaces(values: Mapping[str, str], theme: Typefaces) -> Typefaces:
    """Return the typefaces that `rFonts` names; one of the theme counts before a name."""
    found: dict[str, str] = {}
    for kind in SCRIPTS:
        of_theme = values.get(f":{kind}Theme", values.get(":cstheme", "") if kind == "cs" else "")
        if of_theme:
            found[kind] = theme.get(of_theme.replace("Ascii", "HAnsi"), "")
        elif f":{kind}" in values:
            found[kind] = values[f":{kind}"]
    return found


@dataclass(slots=True)
class MissingTypefaces:
    """The typefaces of the text at hand that are not among those `installed`, as the document writes them."""

    installed: frozenset[str]
    replaceable: frozenset[str]
    theme: Typefaces
    styles: TypefaceStylesReader
    fonts: FontTableReader
    own: Typefaces = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def begin_run(self) -> None:
        """Enter a run."""
        self.own = {}

    def set_own(self, values: Mapping[str, str]) -> None:
        """Note the typefaces of the run."""
        self.own = read_typefaces(values, self.theme)

    def add_text(self, content: str, paragraph_style: str, run_style: str) -> None:
        """Note the missing typefaces of characters in the run."""
        for kind, letters in SCRIPTS.items():
            if letters.search(content):
                sources = (self.own, *self.styles.iter_typefaces(paragraph_style, run_style))
                name = next((each[kind] for each in sources if kind in each), "")
                if name and not self._is_drawn(name.lower(), kind):
                    self.names[name] = None

    def describe(self) -> list[UndrawnContent]:
        """Return what is to be said of them: nothing if none is missing."""
        names = [name[:MAX_NAME_LENGTH] for name in self.names]
        return [UndrawnContent(UndrawnKind.TYPEFACE, len(names), names=names[:MAX_NAMES])] if names else []

    def _is_drawn(self, name: str, kind: str) -> bool:
        if name in self.fonts.embedded:
            return True
        usable = self.installed | self.replaceable if kind in {"ascii", "hAnsi"} else self.installed
        return any(each in usable for each in (name, *self.fonts.other_names.get(name, ())))


def open_typefaces(document: OpenedDocx, installed: frozenset[str]) -> MissingTypefaces:
    """Read the theme, styles and font table of a document. Raises InspectionStopped for a file that the inspection
    would have refused."""
    theme, fonts = ThemeReader(), FontTableReader()
    document.parse_related("theme", theme)
    styles = TypefaceStylesReader(theme.typefaces)
    document.parse_related("styles", styles)
    document.parse_related("fontTable", fonts)
    return MissingTypefaces(installed, list_replaceable_typefaces(installed), theme.typefaces, styles, fonts)
