"""Styles of a DOCX: which hide text, and which are those of headings.

Source: ECMA-376 part 1, 17.3.1.20 (outlineLvl), 17.3.2.41 (vanish), 17.7.3 (toggle properties).
"""

import re

from app.core.inspection.xml import XmlPartReader, XmlTag

WORD_NAMESPACE = "wordprocessingml"
FALSE_VALUES = {"0", "false", "off"}
MAX_NAME_LENGTH = 80
MAX_BASES = 50  # styles that build on each other; a loop ends here too
# Word writes the English name in every language; other programs write that of theirs, and no level.
HEADING_NAME_PATTERN = re.compile(r"(?:heading|titre|título|заголовок|标题|عنوان|العنوان) ?([1-9])", re.IGNORECASE)


def read_switch(values: dict[str, str]) -> bool:
    """Return the value of a property that is on or off."""
    return values.get(":val", "true") not in FALSE_VALUES


def read_heading_level(values: dict[str, str]) -> int:
    """Return the level of a heading, 1 the highest, from a property that counts from 0; 0 for other paragraphs, whose
    value is 9."""
    value = values.get(":val", "")
    return int(value) + 1 if value in set("012345678") else 0


class DocxStylesReader(XmlPartReader):
    """SAX handler for the styles: which of them hide the text that has them, their names and levels of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.hiding: dict[str, bool] = {}
        self.kinds: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.bases: dict[str, str] = {}
        self.heading_levels: dict[str, int] = {}
        self.default_paragraph = ""
        self.hides_by_default = False
        self.style = ""
        self.path: list[str] = []

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Read a style and what it says of its text; properties of a paragraph mark do not count."""
        self.path.append(tag.name if WORD_NAMESPACE in tag.space else "")
        if self.path[-1] == "style":
            self.style = values.get(":styleId", "")
            self.kinds[self.style] = values.get(":type", "paragraph")
            if values.get(":type") == "paragraph" and read_switch({":val": values.get(":default", "0")}):
                self.default_paragraph = self.style
        elif self.path[-2:] == ["style", "name"]:
            self.names[self.style] = values.get(":val", "")[:MAX_NAME_LENGTH]
        elif self.path[-1] == "basedOn":
            self.bases[self.style] = values.get(":val", "")
        elif self.path[-3:] == ["style", "pPr", "outlineLvl"]:
            self.heading_levels[self.style] = read_heading_level(values)
        elif self.path[-3:] == ["style", "rPr", "vanish"]:
            self.hiding[self.style] = read_switch(values)
        elif self.path[-3:] == ["rPrDefault", "rPr", "vanish"]:
            self.hides_by_default = read_switch(values)

    def end_element(self, _: XmlTag) -> None:
        """Leave an element."""
        self.path.pop()

    def is_hiding(self, style: str, kind: str) -> bool:
        """Return whether a style of that kind hides, itself or by the one that it builds on; programs pass over one of
        another kind."""
        if self.kinds.get(style) != kind:
            return False
        for _ignored in range(MAX_BASES):
            if style in self.hiding:
                return self.hiding[style]
            style = self.bases.get(style, "")
        return False

    def hides_text(self, paragraph_style: str, run_style: str) -> bool:
        """Return whether text without a setting of its own is hidden: one style hides it, two show it again."""
        by_paragraph = self.is_hiding(paragraph_style or self.default_paragraph, "paragraph")
        return self.hides_by_default or by_paragraph != self.is_hiding(run_style, "character")

    def get_heading_level(self, style: str) -> int:
        """Return the level of a heading with this style, 1 the highest; 0 if the style is not one of headings."""
        style = style or self.default_paragraph
        for _ignored in range(MAX_BASES):
            if style not in self.kinds:
                return 0
            if style in self.heading_levels:
                return self.heading_levels[style]
            if named := HEADING_NAME_PATTERN.fullmatch(self.names.get(style, "")):
                return int(named[1])
            style = self.bases.get(style, "")
        return 0


class RunVisibility:
    """Whether the text at hand is hidden: by its run, or by the styles of its paragraph and run."""

    def __init__(self, styles: DocxStylesReader | None = None) -> None:
        self.styles = styles or DocxStylesReader()
        self.paragraphs: list[str] = []
        self.run_style = ""
        self.own: bool | None = None

    def begin_paragraph(self) -> None:
        """Enter a paragraph, which may be in a text box in another."""
        self.paragraphs.append("")

    def end_paragraph(self) -> None:
        """Leave a paragraph."""
        if self.paragraphs:
            self.paragraphs.pop()

    def set_paragraph_style(self, style: str) -> None:
        """Note the style of the paragraph."""
        if self.paragraphs:
            self.paragraphs[-1] = style

    def begin_run(self) -> None:
        """Enter a run."""
        self.run_style, self.own = "", None

    @property
    def paragraph_style(self) -> str:
        """Style of the paragraph, empty for the default one."""
        return self.paragraphs[-1] if self.paragraphs else ""

    @property
    def is_hidden(self) -> bool:
        """Whether text here is hidden."""
        if self.own is not None:
            return self.own
        return self.styles.hides_text(self.paragraph_style, self.run_style)
