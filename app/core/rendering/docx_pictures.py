"""Tells which pictures of a DOCX the converter draws. Runs in the limited process.

Formats and damage as tried with LibreOffice 25.2: half of a PNG or JPEG is drawn, a metafile that is shorter than it
says is not. Sources: MS-EMF 2.2.9 (length of the file), MS-WMF 2.3.2.2 (the same, in words).
"""

import io
import struct

from PIL import Image

DRAWN_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
DRAWN_ENDINGS = ("svg", "emz", "wmz", "pict", "pct")
"""Endings of what is not looked into: the converter draws ordinary ones."""
MIN_EMF_BYTES = 108  # of its shortest header, and of the record that ends it
EMF_START, EMF_MARK_AT, EMF_LENGTH_AT = b"\x01\0\0\0", 40, 48
PLACEABLE_WMF_START, PLACEABLE_BYTES, WMF_LENGTH_AT = b"\xd7\xcd\xc6\x9a", 22, 6
WMF_STARTS = (b"\x01\0\x09\0", b"\x02\0\x09\0")


def is_picture_drawn(name: str, content: bytes) -> bool:
    """Return whether the converter draws the picture of a part with this name; only its header is read."""
    if content.startswith(EMF_START) and content[EMF_MARK_AT : EMF_MARK_AT + 4] == b" EMF":
        return MIN_EMF_BYTES <= _read_length(content, EMF_LENGTH_AT) <= len(content)
    metafile = content[PLACEABLE_BYTES:] if content.startswith(PLACEABLE_WMF_START) else content
    if metafile.startswith(WMF_STARTS):
        return 2 * _read_length(metafile, WMF_LENGTH_AT) <= len(metafile)
    if name.casefold().rpartition(".")[2] in DRAWN_ENDINGS:
        return True
    try:
        with Image.open(io.BytesIO(content), formats=DRAWN_FORMATS):
            return True
    except Image.DecompressionBombError:  # the inspection has bounded its size
        return True
    except (OSError, ValueError, SyntaxError, struct.error):
        return False


def _read_length(content: bytes, at: int) -> int:
    """Return the length that a metafile states; more than any has if it ends before."""
    return int.from_bytes(content[at : at + 4].ljust(4, b"\xff"), "little")
