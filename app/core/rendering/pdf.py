"""Reads text, page count and a picture of the first page from a PDF. Runs in the limited process.

A PDF stores positions of letters, not paragraphs; `pdf_lines` joins lines into paragraphs.
"""

import io
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw

from app.core.rendering.paragraphs import tidy_paragraphs
from app.core.rendering.pdf_lines import TextLine, join_lines_into_paragraphs

PICTURE_WIDTH = 400  # pixels of the picture, wide enough for a sharp thumbnail
MAX_PICTURE_HEIGHT = 1200
PICTURE_QUALITY = 75
MAX_LETTERS = 4_000_000


def extract_picture_and_paragraphs(source: BinaryIO) -> dict[str, Any]:
    """Return pages, picture (WebP in base64) and paragraphs as JSON values. Raises PdfiumError for a file that is no
    PDF."""
    document = pypdfium2.PdfDocument(source)
    return {
        "pages": len(document),
        "picture": b64encode(render_page_picture(document[0])).decode("ascii"),
        "paragraphs": tidy_paragraphs(join_lines_into_paragraphs(extract_page_lines(document))),
    }


def render_page_picture(page: pypdfium2.PdfPage) -> bytes:
    """Render a page as WebP of fixed width; a very tall page is made smaller."""
    width, height = page.get_size()
    scale = min(PICTURE_WIDTH / max(width, 1), MAX_PICTURE_HEIGHT / max(height, 1))
    buffer = io.BytesIO()
    page.render(scale=scale).to_pil().save(buffer, "WEBP", quality=PICTURE_QUALITY)
    return buffer.getvalue()


def extract_page_lines(document: pypdfium2.PdfDocument) -> Iterator[list[TextLine]]:
    """Yield the lines of each page."""
    remaining = MAX_LETTERS
    for page in document:
        text = page.get_textpage()
        letters = [raw.FPDFText_GetUnicode(text, at) for at in range(min(text.count_chars(), remaining))]
        remaining -= len(letters)
        yield list(_page_lines(text, "".join(chr(letter) for letter in letters)))
        text.close()
        page.close()


def _page_lines(page: pypdfium2.PdfTextPage, letters: str) -> Iterator[TextLine]:
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
            yield TextLine(text, left, right, boxes[0][1], size)
        start += len(line)
