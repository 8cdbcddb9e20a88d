"""The text of a DOCX in the order of reading: what stands there now, not what was deleted or is hidden.

Runs in the bounded process. A row of a table is one paragraph, its cells apart by a bar; notes come at the end.
Sources: ECMA-376 part 1, 17.3 (paragraphs), 17.4 (tables), 17.13.5 (revisions); part 3, 10 (alternate content).
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
# What is in these is not part of the text as it stands; `Fallback` is the same once more, for old readers.
GONE = {"del", "moveFrom"}
BLANKS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "ptab": " "}
NOTES = ("footnotes", "endnotes")
BAR = " | "
NO = {"0", "false", "off"}


class Story(Part):
    """Collects the paragraphs of one part after the other in `found`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.path: list[str] = []
        self.texts: list[str] = []  # the paragraphs that are open, one inside the other by way of a text box
        self.rows: list[list[str]] = []  # the rows that are open, each with its cells
        self.gone = 0
        self.hidden = self.unmarked = self.reads = False

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        name = self._known(tag)
        self.path.append(name)
        if self._is_gone(name, self.path[:-1]):
            self.gone += 1
        elif name == "p":
            self.texts.append("" if not self.unmarked else self._take_back())
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
            self._write(BLANKS[name])
        self.reads = name == "t"

    def characters(self, content: str) -> None:
        if self.reads:
            self._write(content)

    def closed(self, _: Tag) -> None:
        name = self.path.pop()
        self.reads = False
        if self._is_gone(name, self.path):
            self.gone -= 1
        elif name == "p" and self.texts:
            self._put(self.texts.pop())
        elif name == "tr" and self.rows:
            row = BAR.join(cell.strip() for cell in self.rows.pop())
            self._put(row if row.strip(BAR) else "")

    def _is_gone(self, name: str, around: list[str]) -> bool:
        """Whether its content is no part of the text; in properties of a run it speaks of the paragraph's mark."""
        return name == "Fallback" or (name in GONE and around[-1:] != ["rPr"])

    def _known(self, tag: Tag) -> str:
        """The name, if it means something here; what has it by chance (`r` in a formula) does not."""
        known = tag.space.endswith(WORD) or (tag.space, tag.name) in OTHERS
        return tag.name if known else ""

    def _write(self, text: str) -> None:
        if self.texts and not self.gone and not self.hidden:
            self.texts[-1] += text

    def _put(self, text: str) -> None:
        if self.gone:
            return
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += f" {text}"
        else:
            self.found.append(text)

    def _take_back(self) -> str:
        """The mark that ended the paragraph before was deleted: what follows belongs to it."""
        return self.found.pop() if self.found and not self.rows else ""


def read(source: BinaryIO) -> list[str]:
    """Its paragraphs. Raises Stop for a file that the gate would not have let in."""
    notes = Notes()
    archive = Archive(source, Bounds(), notes)
    package = Package(archive, notes)
    main = package.main_part(package.relations())
    story = Story()
    parse(archive.pieces(archive.by_name[main]), story, main, notes)
    folder = main.rpartition("/")[0]
    for name in (f"{folder}/{kind}.xml" for kind in NOTES):
        if name in archive.by_name:
            parse(archive.pieces(archive.by_name[name]), story, name, notes)
    return tidy(story.found)
