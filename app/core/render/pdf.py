"""The text of a PDF, its number of pages and a picture of the first. Runs in the bounded process.

A PDF knows where letters stand and nothing of paragraphs: how lines become paragraphs again is in `lines`.
"""

import io
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw

from app.core.render.lines import Line, joined
from app.core.render.paragraphs import tidy

WIDTH = 400  # pixels of the picture, wide enough for a sharp thumbnail
TALLEST = 1200
QUALITY = 75
MOST_LETTERS = 4_000_000


def read(source: BinaryIO) -> dict[str, Any]:
    """Pages, picture (WebP in base64) and paragraphs, as JSON takes them. Raises PdfiumError for what is no PDF."""
    document = pypdfium2.PdfDocument(source)
    return {
        "pages": len(document),
        "picture": b64encode(picture(document[0])).decode("ascii"),
        "paragraphs": tidy(joined(lines(document))),
    }


def picture(page: pypdfium2.PdfPage) -> bytes:
    """The page as a WebP of fixed width; what is monstrously tall is made smaller still."""
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1), TALLEST / max(height, 1))
    out = io.BytesIO()
    page.render(scale=scale).to_pil().save(out, "WEBP", quality=QUALITY)
    return out.getvalue()


def lines(document: pypdfium2.PdfDocument) -> Iterator[list[Line]]:
    """The lines of each page."""
    left = MOST_LETTERS
    for page in document:
        text = page.get_textpage()
        letters = [raw.FPDFText_GetUnicode(text, at) for at in range(min(text.count_chars(), left))]
        left -= len(letters)
        yield list(_lines(text, "".join(chr(letter) for letter in letters)))
        text.close()
        page.close()


def _lines(page: pypdfium2.PdfTextPage, letters: str) -> Iterator[Line]:
    """Each line with the place of its first and its last letter."""
    start = 0
    for line in letters.splitlines(keepends=True):
        text = line.strip()
        if text:
            first = start + line.index(text[0])
            last = first + len(text) - 1
            boxes = (page.get_charbox(first), page.get_charbox(last))
            size = raw.FPDFText_GetFontSize(page, first)
            left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
            yield Line(text, left, right, boxes[0][1], size)
        start += len(line)
