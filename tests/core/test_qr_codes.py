"""QR codes: the smallest symbol, with its quiet zone, and the modules that the library sets."""

import re

import segno

from app.core.qr_codes import QUIET_ZONE, draw_qr_code


def test_the_path_has_exactly_the_dark_modules_of_the_symbol() -> None:
    drawing = draw_qr_code("7K3M9QXTC")
    drawn = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawing.path)
        for step in range(int(width))
    }
    symbol = segno.make_qr("7K3M9QXTC", error="h")

    assert symbol.designator == "1-H"
    assert drawing.size == 21 + 2 * QUIET_ZONE
    assert drawn == {
        (x + QUIET_ZONE, y + QUIET_ZONE) for y, row in enumerate(symbol.matrix) for x, dark in enumerate(row) if dark
    }
