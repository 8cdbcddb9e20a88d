"""CSV downloads that spreadsheets open correctly, streamed row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import StreamingResponse

from app.http.downloads import SANDBOX_POLICY, content_disposition

BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not recognise UTF-8
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_response(rows: Iterable[Sequence[object]], name: str) -> StreamingResponse:
    """Stream rows as a CSV attachment of that name (RFC 4180, UTF-8)."""
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "Content-Security-Policy": SANDBOX_POLICY,
    }
    return StreamingResponse(iter_csv_lines(rows), media_type="text/csv; charset=utf-8", headers=headers)


def iter_csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the rows as lines of CSV, a byte order mark before the first."""
    prefix = BYTE_ORDER_MARK
    for row in rows:
        buffer = io.StringIO(prefix)
        buffer.seek(len(prefix))
        csv.writer(buffer).writerow([escape_formula(value) for value in row])
        prefix = ""
        yield buffer.getvalue()


def escape_formula(value: object) -> str:
    """Format a value as text that no spreadsheet runs as a formula (OWASP, CSV injection)."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
