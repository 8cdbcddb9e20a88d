"""Rows of a table, and the reader of CSV: UTF-8, separated by commas, semicolons or tabs."""

import csv
import io
from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 1000, 40, 1000
SEPARATORS = ",;\t"
TOO_LARGE = _(
    "The table is too large. Upload at most %(rows)s rows, and at most %(cell)s characters in a cell.",
    rows=MAX_ROWS,
    cell=MAX_CELL,
)


class RowStatus(StrEnum):
    """What a row of an imported table is, compared with what is there."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table that is not empty, with its number in the file; the first row is number 1."""

    number: int
    cells: tuple[str, ...]


def decode_csv(content: bytes) -> str:
    """Decode a CSV file, with or without byte order mark. Raises BadRequest if it is not in UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest(
            _("The file is not in UTF-8. Save it again as “CSV UTF-8” or as an OpenDocument spreadsheet (ODS).")
        ) from None


def parse_csv(text: str) -> list[TableRow]:
    """Parse the rows of CSV. Raises BadRequest for a quotation mark that is not closed, or too large a table."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=_find_separator(text), strict=True)
    rows: list[TableRow] = []
    try:
        for number, cells in enumerate(reader, start=1):
            add_row(rows, number, cells)
    except csv.Error:
        raise BadRequest(
            _("The table cannot be read as CSV. Check the quotation marks near row %(row)s.", row=len(rows) + 1)
        ) from None
    return rows


def add_row(rows: list[TableRow], number: int, cells: list[str]) -> None:
    """Add a row unless it is empty. Raises BadRequest if the table becomes too large."""
    texts = tuple(" ".join(cell.split()) for cell in cells)
    while texts and not texts[-1]:
        texts = texts[:-1]
    if not texts:
        return
    if len(rows) > MAX_ROWS or len(texts) > MAX_COLUMNS or max(map(len, texts)) > MAX_CELL:
        raise BadRequest(TOO_LARGE)
    rows.append(TableRow(number, texts))


def format_csv(rows: list[TableRow]) -> str:
    """Format rows as CSV, each in the line of its number, so that the numbers stay the same."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    line = 1
    for row in rows:
        buffer.write("\r\n" * (row.number - line))
        writer.writerow(row.cells)
        line = row.number + 1
    return buffer.getvalue()


def _find_separator(text: str) -> str:
    """Return the separator that the first line has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count)
