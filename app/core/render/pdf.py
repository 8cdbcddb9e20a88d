"""Reads text, page count and a picture of the first page from a PDF. Runs in the limited process.

A PDF stores positions of letters, not paragraphs; `pdf_lines` joins lines into paragraphs.
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
    """Return pages, picture (WebP in base64) and paragraphs as JSON values. Raises PdfiumError for a file that is no
    PDF."""
    document = pypdfium2.PdfDocument(source)
    return {
        "pages": len(document),
        "picture": b64encode(picture(document[0])).decode("ascii"),
        "paragraphs": tidy(joined(lines(document))),
    }


def picture(page: pypdfium2.PdfPage) -> bytes:
    """Render a page as WebP of fixed width; a very tall page is made smaller."""
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1), TALLEST / max(height, 1))
    buffer = io.BytesIO()
    page.render(scale=scale).to_pil().save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()


def lines(document: pypdfium2.PdfDocument) -> Iterator[list[Line]]:
    """Yield the lines of each page."""
    remaining = MOST_LETTERS
    for page in document:
        text = page.get_textpage()
        letters = [raw.FPDFText_GetUnicode(text, at) for at in range(min(text.count_chars(), remaining))]
        remaining -= len(letters)
        yield list(_page_lines(text, "".join(chr(letter) for letter in letters)))
        text.close()
        page.close()


def _page_lines(page: pypdfium2.PdfTextPage, letters: str) -> Iterator[Line]:
    """Yield each line with the positions of its first and last letter."""
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
