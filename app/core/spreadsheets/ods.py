"""Reads the first table of an OpenDocument spreadsheet in a confined process: the function of that task.

The archive and its XML are read by the strict readers of the inspection: no document types, no entities, limits on what
is unpacked. Formulas are not run: a cell has the text that the program saved.
"""

import json
from typing import BinaryIO
from xml.sax.xmlreader import AttributesNSImpl

from app.core.inspection.archive import ZipArchive
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.xml import QualifiedName, XmlPartReader, XmlTag, XmlTooLarge, parse_xml_part

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
CONTENT = "content.xml"
MAX_COLUMNS, MAX_FILLED_ROWS, MAX_CELL = 60, 1100, 1100
"""A little more than a table may have, so that what is too large is seen as such and not cut."""


def read_table(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the filled rows of the first table in the source as JSON: number and texts of each; `null` if the source
    is no such spreadsheet."""
    collector = FindingsCollector()
    reader = SpreadsheetReader()
    try:
        archive = ZipArchive(source, InspectionLimits(), collector)
        if CONTENT not in archive.by_name:
            return b"null"
        parse_xml_part(archive.iter_entry_chunks(archive.by_name[CONTENT]), reader, CONTENT, collector)
    except InspectionStopped:
        return b"null"
    return json.dumps(reader.rows if reader.has_table else None).encode()


class SpreadsheetReader(XmlPartReader):
    """Collects the rows of the first table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self.has_table = False
        self._tables = 0
        self._number = 1
        self._repeated_rows = self._repeated_cells = 1
        self._cells: list[str] = []
        self._text: list[str] = []
        self._day = ""
        self._is_in_paragraph = False
        self._annotations = 0

    def startElementNS(self, name: QualifiedName, qualified: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802 - SAX names it
        """Note the day of a cell, whatever its display is, and go on."""
        if name == (TABLE, "table-cell"):
            self._day = str(attrs.get((OFFICE, "date-value"), ""))[:10]
        super().startElementNS(name, qualified, attrs)

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Begin a row, a cell or a paragraph of the first table."""
        if tag == (TABLE, "table"):
            self._tables += 1
            self.has_table = True
        if self._tables > 1:
            return
        if tag == (TABLE, "table-row"):
            self._repeated_rows, self._cells = _read_count(values.get(":number-rows-repeated")), []
        elif tag in ((TABLE, "table-cell"), (TABLE, "covered-table-cell")):
            self._repeated_cells, self._text = _read_count(values.get(":number-columns-repeated")), []
        elif tag == (OFFICE, "annotation"):
            self._annotations += 1
        elif tag == (TEXT, "p"):
            self._is_in_paragraph = not self._annotations
        elif tag.space == TEXT and tag.name in ("s", "tab", "line-break"):
            self._text.append(" ")

    def characters(self, content: str) -> None:
        """Add text to the cell. Raises XmlTooLarge if it is too long."""
        if self._is_in_paragraph and self._tables == 1:
            self._text.append(content)
            if sum(map(len, self._text)) > MAX_CELL * 4:
                raise XmlTooLarge

    def end_element(self, tag: XmlTag) -> None:
        """End a paragraph, a cell or a row of the first table."""
        if self._tables != 1:
            return
        if tag == (OFFICE, "annotation"):
            self._annotations -= 1
        elif tag == (TEXT, "p"):
            self._is_in_paragraph = False
            self._text.append(" ")
        elif tag in ((TABLE, "table-cell"), (TABLE, "covered-table-cell")):
            text = self._day or "".join(self._text).strip()[:MAX_CELL]
            self._cells.extend([text] * min(self._repeated_cells, MAX_COLUMNS - len(self._cells)))
            self._day = ""
        elif tag == (TABLE, "table-row"):
            self._end_row()

    def _end_row(self) -> None:
        """Add the row if it has text, as often as it is repeated. Raises XmlTooLarge if there are too many."""
        filled = any(self._cells)
        for offset in range(min(self._repeated_rows, MAX_FILLED_ROWS) if filled else 0):
            if len(self.rows) >= MAX_FILLED_ROWS:
                raise XmlTooLarge
            self.rows.append((self._number + offset, self._cells))
        self._number += self._repeated_rows


def _read_count(value: str | None) -> int:
    """Read how often a row or a cell is repeated. Raises ValueError for anything but a number of this size."""
    count = int(value or "1")
    if not 1 <= count <= 2**21:
        raise ValueError
    return count
