"""Reads the text of a DOCX in reading order, without deleted and hidden text.

Runs in the limited process. A table row is one paragraph, its cells separated by a bar; notes come at the end. A
paragraph is a heading by its own level or by that of its style. Sources: ECMA-376 part 1, 17.3 (paragraphs), 17.4
(tables), 17.13.5 (revisions); part 3, 10 (alternate content).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from app.core.inspection.archive import ZipArchive
from app.core.inspection.docx import read_styles
from app.core.inspection.docx_relations import PartRelationsReader
from app.core.inspection.docx_styles import DocxStylesReader, RunVisibility, read_heading_level, read_switch
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.opc import OpcPackage
from app.core.inspection.xml import XmlPartReader, XmlTag, parse_xml_part
from app.core.rendering.paragraphs import tidy_paragraphs

WORD_NAMESPACES = ("/wordprocessingml/2006/main", "/wordprocessingml/main")
OTHER_ELEMENTS = {
    ("http://schemas.openxmlformats.org/markup-compatibility/2006", "Fallback"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/math", "t"),
}
# Content of these elements is no current text; `Fallback` repeats text for old readers.
REMOVED_ELEMENTS = {"del", "moveFrom"}
BLANK_ELEMENTS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "ptab": " "}
NOTE_PARTS = ("footnotes", "endnotes")
MARGIN_KINDS = ("header", "footer")
CELL_SEPARATOR = " | "


class DocxParagraphReader(XmlPartReader):
    """SAX handler that collects the paragraphs of one part after the other."""

    def __init__(self, styles: DocxStylesReader | None = None) -> None:
        super().__init__()
        self.styles = styles or DocxStylesReader()
        self.paragraphs: list[str] = []
        self.heading_levels: list[int] = []  # of each paragraph, 0 if it is no heading
        self.element_path: list[str] = []
        self.open_paragraphs: list[str] = []  # open paragraphs, nested in text boxes
        self.open_levels: list[int | None] = []  # that they have of their own
        self.open_rows: list[list[str]] = []  # open table rows, each with its cells
        self.removed_depth = 0
        self.visibility = RunVisibility(self.styles)
        self.joins_previous = self.in_text = False

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Track the state of runs, tables and revisions."""
        name = self._known_name(tag)
        self.element_path.append(name)
        if self._is_removed(name, self.element_path[:-1]):
            self.removed_depth += 1
        elif name == "p":
            self.visibility.begin_paragraph()
            self.open_paragraphs.append("" if not self.joins_previous else self._pop_joined())
            self.open_levels.append(None)
            self.joins_previous = False
        elif name == "tr":
            self.open_rows.append([])
        elif name == "tc" and self.open_rows:
            self.open_rows[-1].append("")
        elif name == "r":
            self.visibility.begin_run()
        elif name == "pStyle" and self.element_path[-3:-1] == ["p", "pPr"]:
            self.visibility.set_paragraph_style(values.get(":val", ""))
        elif name == "outlineLvl" and self.element_path[-3:-1] == ["p", "pPr"]:
            self.open_levels[-1] = read_heading_level(values)
        elif self.element_path[-3:-1] == ["r", "rPr"] and name in {"rStyle", "vanish"}:
            self._note_run_property(name, values)
        elif name == "del" and self.element_path[-4:-1] == ["p", "pPr", "rPr"]:
            self.joins_previous = True
        elif name in BLANK_ELEMENTS and self.element_path[-2:-1] == ["r"]:
            self._append(BLANK_ELEMENTS[name])
        self.in_text = name == "t"

    def characters(self, content: str) -> None:
        """Add characters inside of a text element."""
        if self.in_text:
            self._append(content)

    def end_element(self, _: XmlTag) -> None:
        """End the paragraph or the table row."""
        name = self.element_path.pop()
        self.in_text = False
        if self._is_removed(name, self.element_path):
            self.removed_depth -= 1
        elif name == "p" and self.open_paragraphs:
            level = self._pop_level()
            self.visibility.end_paragraph()
            self._add_paragraph(self.open_paragraphs.pop(), level)
        elif name == "tr" and self.open_rows:
            row = CELL_SEPARATOR.join(cell.strip() for cell in self.open_rows.pop())
            self._add_paragraph(row if row.strip(CELL_SEPARATOR) else "")

    def _note_run_property(self, name: str, values: dict[str, str]) -> None:
        """Note what hides the text of a run, or shows it."""
        if name == "vanish":
            self.visibility.own = read_switch(values)
        else:
            self.visibility.run_style = values.get(":val", "")

    def _is_removed(self, name: str, around: list[str]) -> bool:
        """Return whether the content is no part of the text; inside run properties the element concerns the
        paragraph mark."""
        return name == "Fallback" or (name in REMOVED_ELEMENTS and around[-1:] != ["rPr"])

    def _known_name(self, tag: XmlTag) -> str:
        """Return the local name if its namespace is known, else an empty text (`r` also occurs in formulas)."""
        known = tag.space.endswith(WORD_NAMESPACES) or (tag.space, tag.name) in OTHER_ELEMENTS
        return tag.name if known else ""

    def _append(self, text: str) -> None:
        """Append text to the innermost open paragraph."""
        if self.open_paragraphs and not self.removed_depth and not self.visibility.is_hidden:
            self.open_paragraphs[-1] += text

    def _add_paragraph(self, text: str, heading_level: int = 0) -> None:
        """Store a finished paragraph, in the open table cell if there is one."""
        if self.removed_depth:
            return
        if self.open_rows and self.open_rows[-1]:
            self.open_rows[-1][-1] += f" {text}"
        else:
            self.paragraphs.append(text)
            self.heading_levels.append(heading_level)

    def _pop_level(self) -> int:
        """Return the level of the innermost open paragraph as a heading: its own, else that of its style."""
        own = self.open_levels.pop()
        return self.styles.get_heading_level(self.visibility.paragraph_style) if own is None else own

    def _pop_joined(self) -> str:
        """Return the previous paragraph, whose mark was deleted, to be continued."""
        if not self.paragraphs or self.open_rows:
            return ""
        self.heading_levels.pop()
        return self.paragraphs.pop()


@dataclass(frozen=True, slots=True)
class OpenedDocx:
    """A DOCX that passed the inspection: its parts with text in the order of reading, and its headers and footers."""

    archive: ZipArchive
    collector: FindingsCollector
    relations: list[PartRelationsReader]
    main: str
    styles: DocxStylesReader

    @property
    def text_parts(self) -> list[str]:
        """Names of the main part and of those with notes."""
        folder = self.main.rpartition("/")[0]
        notes = (f"{folder}/{kind}.xml" for kind in NOTE_PARTS)
        return [self.main, *(name for name in notes if name in self.archive.by_name)]

    @property
    def margin_parts(self) -> list[str]:
        """Names of headers and footers."""
        return self._list_related(MARGIN_KINDS)

    def _list_related(self, kinds: Collection[str]) -> list[str]:
        """List the parts to which the main part has a relationship of one of these kinds."""
        targets = {
            relation.target
            for part_relations in self.relations
            if part_relations.source_part == self.main
            for relation in part_relations.relations
            if relation.kind in kinds
        }
        return sorted(name for name in targets if name in self.archive.by_name)

    def parse_related(self, kind: str, reader: XmlPartReader) -> None:
        """Parse the parts to which the main part has a relationship of this kind. Raises InspectionStopped."""
        for name in self._list_related((kind,)):
            self.parse(name, reader)

    def parse(self, name: str, reader: XmlPartReader) -> None:
        """Parse a part. Raises InspectionStopped for one that the inspection would have refused."""
        parse_xml_part(self.archive.iter_entry_chunks(self.archive.by_name[name]), reader, name, self.collector)


def open_docx(source: BinaryIO) -> OpenedDocx:
    """Open a DOCX. Raises InspectionStopped for a file that the inspection would have refused."""
    collector = FindingsCollector()
    archive = ZipArchive(source, InspectionLimits(), collector)
    package = OpcPackage(archive, collector)
    relations = package.read_relations()
    main = package.find_main_part(relations)
    return OpenedDocx(archive, collector, relations, main, read_styles(package, relations, main))


def read_docx_paragraphs(source: BinaryIO) -> list[str]:
    """Return the paragraphs of a DOCX. Raises InspectionStopped for a file that the inspection would have refused."""
    document = open_docx(source)
    story = DocxParagraphReader(document.styles)
    for name in document.text_parts:
        document.parse(name, story)
    return tidy_paragraphs(story.paragraphs)
