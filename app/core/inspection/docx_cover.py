"""Reads the cover of a DOCX: the content controls of the portal's own template, styles, labels, and large text.

What is deleted, hidden or a placeholder is not read: a form is filled only with what its reader sees.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from app.core.inspection.cover_labels import LabelReader, is_unfilled, split_label
from app.core.inspection.cover_reading import (
    MAX_LINE_LENGTH,
    MAX_PROSE_LENGTH,
    MAX_READ_PROPOSALS,
    PROPOSAL_MARKS,
    CoverReading,
    ProposalReading,
)
from app.core.inspection.display_names import to_display_prose, to_display_text
from app.core.inspection.docx_styles import DocxStylesReader, read_switch
from app.core.inspection.xml import XmlTag

WORD_NAMESPACE: Final = "wordprocessingml"
CONTROL_PREFIX: Final = "contribution-"
CONTROL_FIELDS: Final = ("title", "source", "purpose", "item", "abstract", "action", "contact")
"""Fields whose content controls have `CONTROL_PREFIX` and the name of the field as their tag."""
# What is in them is not read: removed, moved away, an earlier format, a second form of a drawing.
UNREAD_ELEMENTS: Final = frozenset(
    ("del", "moveFrom", "pPrChange", "rPrChange", "sectPrChange", "tblPrChange", "Fallback")
)
MAX_COVER_PARAGRAPHS: Final = 150
MAX_PARAGRAPH_LENGTH: Final = 6_000
MAX_UNFILLED: Final = 20
LARGE_SIZE: Final = 28
"""Half-points from which a paragraph without a style may be a title."""
SYMBOL_PATTERN: Final = re.compile(r"[A-Z]{2,8}(/[\w.]+)+(#\w+)?")
PROPOSAL_PATTERN: Final = re.compile(rf"\s*({'|'.join(PROPOSAL_MARKS)})\b[ \t\u00a0:–-]*(.*)", re.DOTALL)
TITLE_STYLES: Final = ("title", "title1", "restitle", "doctitle")


@dataclass(slots=True)
class CoverParagraph:
    """A paragraph so far: its style, its text, whether a content control is in it, and its largest size."""

    style: str = ""
    text: str = ""
    has_control: bool = False
    size: int = 0


@dataclass(slots=True)
class ContentControl:
    """A content control so far: its tag, its name, its text, and whether that is only a placeholder."""

    tag: str = ""
    name: str = ""
    text: str = ""
    is_placeholder: bool = False

    @property
    def is_filled(self) -> bool:
        """Whether somebody typed into it."""
        text = self.text.strip()
        return bool(text) and not self.is_placeholder and text != f"[{self.name}]"

    @property
    def shows_placeholder(self) -> bool:
        """Whether it is one of the portal's template and its reader sees the placeholder."""
        is_shown = self.is_placeholder or self.text.strip() == f"[{self.name}]"
        return is_shown and bool(self.name) and self.tag.startswith(CONTROL_PREFIX)


class ProposalReader:
    """Collects proposals: a paragraph with a mark (style Proposal, or a mark and a symbol), and the title after it."""

    def __init__(self) -> None:
        self.proposals: list[ProposalReading] = []
        self.kind: str | None = None
        self.title = self.concerns = ""
        self.takes_next = False

    def read_paragraph(self, paragraph: CoverParagraph, style: str) -> None:
        """Read the next paragraph; `style` is the plain name of its style."""
        text = paragraph.text.strip()
        if style == "proposaltitle":
            if self.kind and not self.title and not is_unfilled(text):
                self.title = text
            return
        match = PROPOSAL_PATTERN.fullmatch(text) if text[:3] in PROPOSAL_MARKS else None
        rest = match[2].strip() if match else ""
        is_symbol = SYMBOL_PATTERN.fullmatch(rest) is not None
        if match and (style.startswith("proposal") or is_symbol):
            self.end_proposal()
            self.kind = match[1]
            self.concerns = "" if is_symbol or is_unfilled(rest) else rest
            self.takes_next = (is_symbol or not rest) and not paragraph.has_control
        elif self.takes_next and text:
            self.takes_next, self.title = False, "" if is_unfilled(text) else text

    def end_proposal(self) -> None:
        """Keep the proposal that ends here, if anything is said of it."""
        title, concerns = to_display_text(self.title, MAX_LINE_LENGTH), to_display_text(self.concerns, MAX_LINE_LENGTH)
        if self.kind and (title or concerns) and len(self.proposals) < MAX_READ_PROPOSALS:
            self.proposals.append(ProposalReading(title or concerns, self.kind, (title and concerns) or None))
        self.kind, self.title, self.concerns, self.takes_next = None, "", "", False


@dataclass(slots=True)
class DocxCoverReader:
    """Reads the cover from the elements of the main part, which the inspection hands on."""

    styles: DocxStylesReader
    is_active: bool = False
    unread_depth: int = 0
    placeholder_depth: int = 0
    row_depth: int = 0
    paragraph_count: int = 0
    in_run: bool = False
    paragraphs: list[CoverParagraph] = field(default_factory=list)
    controls: list[ContentControl] = field(default_factory=list)
    filled: dict[str, str] = field(default_factory=dict)
    unfilled: list[str] = field(default_factory=list)
    """Names of the content controls of the portal's template that show their placeholder, each once."""
    labels: LabelReader = field(default_factory=LabelReader)
    proposals: ProposalReader = field(default_factory=ProposalReader)
    styled: dict[str, str] = field(default_factory=dict)
    largest: CoverParagraph = field(default_factory=CoverParagraph)
    heading: str = ""
    has_text: bool = False
    is_template: bool = False
    """Whether it has content controls of the portal's template."""

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Begin an element of the main part."""
        name = tag.name
        if name in UNREAD_ELEMENTS:
            self.unread_depth += 1
        elif WORD_NAMESPACE not in tag.space or self.unread_depth:
            return
        elif name == "p":
            self.paragraphs.append(CoverParagraph())
        elif name == "r":
            self.in_run = True
        elif name == "pStyle" and self.paragraphs:
            self.paragraphs[-1].style = values.get(":val", "")
        elif name == "sz" and self.in_run and self.paragraphs:
            size = values.get(":val", "")
            self.paragraphs[-1].size = max(
                self.paragraphs[-1].size, int(size) if size.isdecimal() and len(size) < 5 else 0
            )
        elif name in {"tab", "br", "cr"} and self.in_run:
            self.add_text("\t" if name == "tab" else "\n")
        elif name == "tr":
            self.row_depth += 1
        else:
            self._start_control_element(name, values)

    def _start_control_element(self, name: str, values: dict[str, str]) -> None:
        if name == "sdt":
            self.controls.append(ContentControl())
            if self.paragraphs:
                self.paragraphs[-1].has_control = True
        elif not self.controls:
            return
        elif name == "tag":
            self.controls[-1].tag = values.get(":val", "")[:80]
            self.is_template |= self.controls[-1].tag.startswith(CONTROL_PREFIX)
        elif name == "alias":
            self.controls[-1].name = values.get(":val", "")[:MAX_PARAGRAPH_LENGTH]
        elif name == "showingPlcHdr" and read_switch(values) and not self.controls[-1].is_placeholder:
            self.controls[-1].is_placeholder = True
            self.placeholder_depth += 1

    def add_text(self, content: str) -> None:
        """Add text that is shown, of the paragraph and the content control at hand."""
        if self.unread_depth or self.placeholder_depth or not self.paragraphs:
            return
        if len(self.paragraphs[-1].text) < MAX_PARAGRAPH_LENGTH:
            self.paragraphs[-1].text += content
        if self.controls and len(self.controls[-1].text) < 4 * MAX_PARAGRAPH_LENGTH:
            self.controls[-1].text += content

    def end_element(self, tag: XmlTag) -> None:
        """End an element of the main part."""
        name = tag.name
        if name in UNREAD_ELEMENTS:
            self.unread_depth -= 1
        elif WORD_NAMESPACE not in tag.space or self.unread_depth:
            return
        elif name == "p" and self.paragraphs:
            self._end_paragraph(self.paragraphs.pop())
        elif name == "r":
            self.in_run = False
        elif name == "sdt" and self.controls:
            self._end_control(self.controls.pop())
        elif name == "tr":
            self.row_depth -= 1
            self.labels.end_value()

    def _end_control(self, control: ContentControl) -> None:
        self.placeholder_depth -= control.is_placeholder
        if control.is_filled:
            name = control.tag.removeprefix(CONTROL_PREFIX)
            if name != control.tag and name in CONTROL_FIELDS:
                self.filled.setdefault(name, control.text)
            if self.controls:
                self.controls[-1].text = (self.controls[-1].text + control.text)[: 4 * MAX_PARAGRAPH_LENGTH]
        elif control.shows_placeholder and control.name not in self.unfilled and len(self.unfilled) < MAX_UNFILLED:
            self.unfilled.append(control.name)

    def _end_paragraph(self, paragraph: CoverParagraph) -> None:
        if self.controls and not self.placeholder_depth:
            self.controls[-1].text += "\n"
        style = self.styles.names.get(paragraph.style, paragraph.style).casefold()
        style = style.replace(" ", "").replace("_", "")
        self.proposals.read_paragraph(paragraph, style)
        self.paragraph_count += 1
        if self.paragraph_count > MAX_COVER_PARAGRAPHS:
            if self.paragraph_count == MAX_COVER_PARAGRAPHS + 1:
                self.labels.end_value()
            return
        is_heading = style.startswith(("heading", "title", "proposal"))
        self.labels.read_paragraph(paragraph.text, is_heading=is_heading, is_in_table=self.row_depth > 0)
        text = paragraph.text.strip()
        if not text or is_unfilled(text) or split_label(text)[0] is not None:
            return
        self._read_styled(style, text, paragraph)

    def _read_styled(self, style: str, text: str, paragraph: CoverParagraph) -> None:
        """Keep what the style of a paragraph says of it; a heading above all other text is the title too."""
        if style in TITLE_STYLES or (style == "heading1" and not self.has_text):
            self.styled.setdefault("title", text)
        elif style == "source":
            self.styled.setdefault("source", text)
        elif style == "heading1":
            self.heading = self.heading or text
        elif paragraph.size >= LARGE_SIZE and paragraph.size > self.largest.size:
            self.largest = paragraph
        self.has_text = True

    def finish(self, title: str | None) -> CoverReading:
        """Return what was read.

        A title in the properties counts before a heading further down, and that before large text; the portal's own
        template has a place for the title.
        """
        self.labels.end_value()
        self.proposals.end_proposal()
        found = self.labels.values | self.styled | self.filled
        likely_title = title or ("" if self.is_template else self.heading or self.largest.text)
        return CoverReading(
            title=to_display_text(found.get("title") or likely_title, MAX_LINE_LENGTH) or None,
            source=to_display_text(found.get("source", ""), MAX_LINE_LENGTH) or None,
            purpose=to_display_text(found.get("purpose", ""), MAX_LINE_LENGTH) or None,
            item=to_display_text(found.get("item", ""), MAX_LINE_LENGTH) or None,
            abstract=to_display_prose(found.get("abstract", ""), MAX_PROSE_LENGTH) or None,
            action=to_display_prose(found.get("action", ""), MAX_PROSE_LENGTH) or None,
            contact=to_display_prose(found.get("contact", ""), MAX_PROSE_LENGTH) or None,
            proposals=tuple(self.proposals.proposals),
            title_is_property=bool(title) and not found.get("title") and title not in (self.heading, self.largest.text),
        )
