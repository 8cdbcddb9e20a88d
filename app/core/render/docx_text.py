"""Reads the text of a DOCX in reading order, without deleted and hidden text.

Runs in the limited process. A table row is one paragraph, its cells separated by a bar; notes come at the end. Sources:
ECMA-376 part 1, 17.3 (paragraphs), 17.4 (tables), 17.13.5 (revisions); part 3, 10 (alternate content).
"""

from typing import BinaryIO

from app.core.gate.archive import Archive
from app.core.gate.docx import Package
from app.core.gate.findings import Bounds
from app.core.gate.notes import Notes
from app.core.gate.xml import Part, Tag, parse
from app.core.render.paragraphs import tidy

WORD = ("/wordprocessingml/2006/main", "/wordprocessingml/main")
OTHERS = {
    ("http://schemas.openxmlformats.org/markup-compatibility/2006", "Fallback"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/math", "t"),
}
# Content of these elements is no current text; `Fallback` repeats text for old readers.
GONE = {"del", "moveFrom"}
BLANKS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "ptab": " "}
NOTES = ("footnotes", "endnotes")
BAR = " | "
NO = {"0", "false", "off"}


class Story(Part):
    """SAX handler that collects the paragraphs of one part after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.path: list[str] = []
        self.texts: list[str] = []  # open paragraphs, nested in text boxes
        self.rows: list[list[str]] = []  # open table rows, each with its cells
        self.gone = 0
        self.hidden = self.unmarked = self.reads = False

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """Track the state of runs, tables and revisions."""
        name = self._known_name(tag)
        self.path.append(name)
        if self._is_removed(name, self.path[:-1]):
            self.gone += 1
        elif name == "p":
            self.texts.append("" if not self.unmarked else self._pop_joined())
            self.unmarked = False
        elif name == "tr":
            self.rows.append([])
        elif name == "tc" and self.rows:
            self.rows[-1].append("")
        elif name == "r":
            self.hidden = False
        elif name == "vanish" and self.path[-3:-1] == ["r", "rPr"]:
            self.hidden = values.get(":val", "1") not in NO
        elif name == "del" and self.path[-4:-1] == ["p", "pPr", "rPr"]:
            self.unmarked = True
        elif name in BLANKS and self.path[-2:-1] == ["r"]:
            self._append(BLANKS[name])
        self.reads = name == "t"

    def characters(self, content: str) -> None:
        """Add characters inside of a text element."""
        if self.reads:
            self._append(content)

    def closed(self, _: Tag) -> None:
        """End the paragraph or the table row."""
        name = self.path.pop()
        self.reads = False
        if self._is_removed(name, self.path):
            self.gone -= 1
        elif name == "p" and self.texts:
            self._add_paragraph(self.texts.pop())
        elif name == "tr" and self.rows:
            row = BAR.join(cell.strip() for cell in self.rows.pop())
            self._add_paragraph(row if row.strip(BAR) else "")

    def _is_removed(self, name: str, around: list[str]) -> bool:
        """Return whether the content is no part of the text; inside run properties the element concerns the
        paragraph mark."""
        return name == "Fallback" or (name in GONE and around[-1:] != ["rPr"])

    def _known_name(self, tag: Tag) -> str:
        """Return the local name if its namespace is known, else an empty text (`r` also occurs in formulas)."""
        known = tag.space.endswith(WORD) or (tag.space, tag.name) in OTHERS
        return tag.name if known else ""

    def _append(self, text: str) -> None:
        """Append text to the innermost open paragraph."""
        if self.texts and not self.gone and not self.hidden:
            self.texts[-1] += text

    def _add_paragraph(self, text: str) -> None:
        """Store a finished paragraph, in the open table cell if there is one."""
        if self.gone:
            return
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += f" {text}"
        else:
            self.found.append(text)

    def _pop_joined(self) -> str:
        """Return the previous paragraph, whose mark was deleted, to be continued."""
        return self.found.pop() if self.found and not self.rows else ""


def read(source: BinaryIO) -> list[str]:
    """Return the paragraphs of a DOCX. Raises InspectionStopped for a file that the inspection would have refused."""
    collector = Notes()
    archive = Archive(source, Bounds(), collector)
    package = Package(archive, collector)
    main = package.main_part(package.relations())
    story = Story()
    parse(archive.pieces(archive.by_name[main]), story, main, collector)
    folder = main.rpartition("/")[0]
    for name in (f"{folder}/{kind}.xml" for kind in NOTES):
        if name in archive.by_name:
            parse(archive.pieces(archive.by_name[name]), story, name, collector)
    return tidy(story.found)
