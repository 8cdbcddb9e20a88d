"""Word files and PDFs of a given size: a short text, and pictures of noise, which no compression makes smaller."""

import struct
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import docx
import pikepdf
from docx.shared import Cm
from pikepdf import Dictionary, Name

from app.demo.files import DemoText, render_docx, render_pdf

WIDTH = 1000  # pixels of a picture
PICTURE = "word/media/image1.png"


def write_paper(path: Path, number: int, size: int, chance: Random) -> None:
    """Write a paper of about this number of bytes: every third one is a PDF, by the ending of `path`."""
    title = f"Proposals of delegation {number}"
    rows = max(1, size // (3 * WIDTH))
    pixels = chance.randbytes(3 * WIDTH * rows)
    if path.suffix == ".pdf":
        _write_pdf(path, title, pixels, rows)
    else:
        _write_docx(path, title, build_png(pixels, rows))


def build_png(pixels: bytes, rows: int) -> bytes:
    """Build a PNG of these pixels, without compression."""
    lines = b"".join(b"\0" + pixels[row * 3 * WIDTH : (row + 1) * 3 * WIDTH] for row in range(rows))
    header = struct.pack(">IIBBBBB", WIDTH, rows, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


@cache
def make_pattern() -> bytes:
    """Make a Word file with a picture of one row."""
    text = DemoText("en", "Pattern", [("Purpose", "A text of one paragraph.")] * 5)
    document = docx.Document(BytesIO(render_docx(text)))
    document.add_picture(BytesIO(build_png(bytes(3 * WIDTH), 1)), width=Cm(15))
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _write_docx(path: Path, title: str, picture: bytes) -> None:
    with ZipFile(BytesIO(make_pattern())) as pattern, ZipFile(path, "w", ZIP_DEFLATED) as paper:
        for name in pattern.namelist():
            if name == PICTURE:
                paper.writestr(name, picture, ZIP_STORED)
            else:
                paper.writestr(name, pattern.read(name).replace(b"Pattern", title.encode()))


def _write_pdf(path: Path, title: str, pixels: bytes, rows: int) -> None:
    text = DemoText("en", title, [("Purpose", "A text of one paragraph.")] * 5)
    with pikepdf.open(BytesIO(render_pdf(text))) as document:
        kind = {"Width": WIDTH, "Height": rows, "ColorSpace": Name.DeviceRGB, "BitsPerComponent": 8}
        picture = document.make_stream(pixels, Type=Name.XObject, Subtype=Name.Image, **kind)
        page = document.pages[-1]
        page.obj.Resources.XObject = Dictionary(Im0=picture)
        page.contents_add(b"q 300 0 0 300 100 100 cm /Im0 Do Q")
        document.save(path, compress_streams=False)
