"""Tables that people hand in: CSV as programs write it, spreadsheets, and what is refused."""

import io
import json
import zipfile

import pytest

from app.core.errors import BadRequest
from app.core.spreadsheets import ods
from app.core.spreadsheets.reading import read_table_file
from app.core.spreadsheets.rows import MAX_ROWS, TableRow, format_csv, parse_csv

SPREADSHEET = """<?xml version="1.0" encoding="UTF-8"?>{before}
<office:document-content xmlns:office="{office}" xmlns:table="{table}" xmlns:text="{text}"><office:body>
<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"""
CELL = "<table:table-cell>"
SPACES = {"office": ods.OFFICE, "table": ods.TABLE, "text": ods.TEXT}


def spreadsheet(*rows: str, before: str = "", more: str = "") -> bytes:
    """An ODS file whose first table has these rows."""
    tables = f'<table:table table:name="A">{"".join(rows)}</table:table>{more}'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", SPREADSHEET.format(before=before, tables=tables, **SPACES))
    return buffer.getvalue()


def row(*cells: str, repeated: int = 1) -> str:
    texts = (
        cell if cell.startswith("<") else f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(texts)}</table:table-row>'


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_with_each_separator_and_with_or_without_a_byte_order_mark(separator: str, mark: str) -> None:
    text = mark + separator.join(("State", "Name")) + "\r\n\r\n" + separator.join(("KEN", f'"Otieno{separator} Amina"'))

    assert read_table_file(text.encode()) == [
        TableRow(1, ("State", "Name")),
        TableRow(3, ("KEN", f"Otieno{separator.strip()} Amina" if separator != "\t" else "Otieno Amina")),
    ]


def test_the_numbers_of_rows_survive_the_way_through_text() -> None:
    rows = [TableRow(1, ("a", "b")), TableRow(4, ('x "y", z',)), TableRow(5, ("", "c"))]

    assert parse_csv(format_csv(rows)) == rows


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Nom;Prénom\nÉ;É".encode("latin-1"), "not in UTF-8"),
        (b'a,b\n"c,d', "quotation marks"),
        (b"a\n" * (MAX_ROWS + 2), "too large"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
        (b"%PDF-1.7\0\0", "neither CSV nor"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        read_table_file(content)


def test_a_spreadsheet_is_read_as_it_is_shown_and_days_as_days() -> None:
    day = '<table:table-cell office:date-value="2027-02-08T00:00:00"><text:p>08.02.27</text:p></table:table-cell>'
    annotation = "<office:annotation><text:p>a note</text:p></office:annotation>"
    note = f"{CELL}{annotation}<text:p>KEN</text:p></table:table-cell>"
    twice = '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
    other = "<table:table>" + row("of another table") + "</table:table>"
    rows = (row("State", "Day"), row("", repeated=3), row(note, day, twice), row("", repeated=9**6))

    assert read_table_file(spreadsheet(*rows, more=other)) == [
        TableRow(1, ("State", "Day")),
        TableRow(5, ("KEN", "2027-02-08", "x", "x")),
    ]


@pytest.mark.parametrize(
    "content",
    [
        spreadsheet(row("&a;"), before='<!DOCTYPE x [<!ENTITY a "b">]>'),
        spreadsheet(row("x", repeated=5000)),
        spreadsheet("<table:table-row><unclosed></table:table-row>"),
        b"PK\x03\x04 no archive",
    ],
    ids=["entities", "too many rows", "malformed", "no archive"],
)
def test_a_hostile_spreadsheet_is_refused(content: bytes) -> None:
    assert json.loads(ods.read_table(io.BytesIO(spreadsheet(row("fine"))), b"")) == [[1, ["fine"]]]

    with pytest.raises(BadRequest, match=r"neither CSV nor|too large"):
        read_table_file(content)
