"""Reads a table that somebody handed in: CSV here, a spreadsheet by the service that opens files."""

import json

from app.core.errors import BadRequest, Unavailable
from app.core.file_service.client import TaskError, open_bytes, read_task
from app.core.file_service.fair_slots import PAGES
from app.core.i18n import lazy_gettext as _
from app.core.spreadsheets.rows import TableRow, add_row, decode_csv, parse_csv

MAX_TABLE_BYTES = 1024 * 1024
ZIP_BEGINNING = b"PK\x03\x04"
NO_SPREADSHEET = _(
    "The file is neither CSV nor an OpenDocument spreadsheet (ODS). Save the table as one of them, then upload it."
)


def read_table_file(content: bytes) -> list[TableRow]:
    """Read the rows of a file. Raises BadRequest if it is too large or no table; Unavailable."""
    if len(content) > MAX_TABLE_BYTES:
        raise BadRequest(_("The file is larger than 1 MB. Upload a file with the table alone."))
    if content.startswith(ZIP_BEGINNING):
        return _read_spreadsheet(content)
    if b"\0" in content:
        raise BadRequest(NO_SPREADSHEET)
    return parse_csv(decode_csv(content))


def _read_spreadsheet(content: bytes) -> list[TableRow]:
    """Have a spreadsheet read. Raises BadRequest if it is none; Unavailable if the service does not answer."""
    try:
        with open_bytes(content) as source:
            found = json.loads(read_task("table", source, party=PAGES))
    except TaskError:
        raise BadRequest(NO_SPREADSHEET) from None
    except ValueError:
        raise Unavailable(_("The file could not be read. Try again in a moment.")) from None
    if found is None:
        raise BadRequest(NO_SPREADSHEET)
    rows: list[TableRow] = []
    for number, cells in found:
        add_row(rows, int(number), [str(cell) for cell in cells])
    return rows
