"""Rows as a CSV file that spreadsheets open as it is meant, sent while it is written."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import StreamingResponse

from app.asgi.files import SANDBOX, disposition

MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def sheet(rows: Iterable[Sequence[object]], name: str) -> StreamingResponse:
    """The answer (RFC 4180, UTF-8)."""
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return StreamingResponse(written(rows), media_type="text/csv; charset=utf-8", headers=headers)


def written(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Line by line."""
    lead = MARK
    for row in rows:
        line = io.StringIO(lead)
        line.seek(len(lead))
        csv.writer(line).writerow([harmless(value) for value in row])
        lead = ""
        yield line.getvalue()


def harmless(value: object) -> str:
    """As text that no spreadsheet runs as a formula (OWASP, CSV injection)."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
