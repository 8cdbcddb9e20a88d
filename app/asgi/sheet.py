"""CSV downloads that spreadsheets open correctly, streamed row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import StreamingResponse

from app.asgi.files import SANDBOX, disposition

MARK = "\ufeff"  # without it Excel does not recognise UTF-8
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def sheet(rows: Iterable[Sequence[object]], name: str) -> StreamingResponse:
    """Stream rows as a CSV attachment of that name (RFC 4180, UTF-8)."""
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return StreamingResponse(written(rows), media_type="text/csv; charset=utf-8", headers=headers)


def written(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the rows as lines of CSV, a byte order mark before the first."""
    prefix = MARK
    for row in rows:
        buffer = io.StringIO(prefix)
        buffer.seek(len(prefix))
        csv.writer(buffer).writerow([harmless(value) for value in row])
        prefix = ""
        yield buffer.getvalue()


def harmless(value: object) -> str:
    """Format a value as text that no spreadsheet runs as a formula (OWASP, CSV injection)."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
