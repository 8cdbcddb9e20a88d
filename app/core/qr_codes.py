"""QR codes as drawings: the modules of a symbol as one path, in units of a module, with its quiet zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import segno

QUIET_ZONE = 4
"""Modules around a symbol that are left free (ISO/IEC 18004)."""


@dataclass(frozen=True, slots=True)
class QrDrawing:
    """A square of `size` modules, and the path of those that are dark."""

    size: int
    path: str


def draw_qr_code(text: str) -> QrDrawing:
    """Draw a text of at most ten capitals and digits in the smallest symbol, a quarter of which may be damaged."""
    rows = list(segno.make_qr(text, error="h").matrix_iter(border=QUIET_ZONE))
    path = "".join(_trace_row(y, row) for y, row in enumerate(rows))
    return QrDrawing(len(rows), path)


def _trace_row(y: int, row: Iterable[int]) -> str:
    """Trace the runs of dark modules of a row."""
    runs, x = [], 0
    for is_dark, modules in groupby(row):
        width = len(list(modules))
        if is_dark:
            runs.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(runs)
