"""Sizes that pictures in a PDF say of themselves, by which decoders take memory, whatever the PDF says."""

import struct
from collections.abc import Callable, Iterator

Size = tuple[int, int]

FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
BARE_MARKERS = {0x00, 0x01, 0xFF, *range(0xD0, 0xD9)}  # no length follows
JPX_SIZE_MARKERS = b"\xff\x4f\xff\x51"
# Of JBIG2: segments that begin with a width and a height, the page and the regions on it.
SIZED_SEGMENTS = {4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43, 48}
UNKNOWN_LENGTH = 2**32 - 1
MAX_SEGMENTS = 10_000


def list_jpeg_sizes(data: bytes) -> Iterator[Size]:
    """Yield width and height of each frame of a JPEG (ITU-T T.81, B.2.2).

    Bytes between its markers are passed over, as programs do.
    """
    at = data.find(b"\xff\xd8") + 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 < len(data):
        kind = data[at + 1]
        if kind in FRAME_MARKERS:
            yield int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
            return
        has_length = kind not in BARE_MARKERS
        at += 2 + int.from_bytes(data[at + 2 : at + 4]) if has_length else 1


def list_jpx_sizes(data: bytes) -> Iterator[Size]:
    """Yield width and height of a JPEG 2000 (ITU-T T.800, A.5.1)."""
    at = data.find(JPX_SIZE_MARKERS)
    size = data[at + 8 : at + 16] if at >= 0 else b""
    if len(size) == 8:
        yield int.from_bytes(size[:4]), int.from_bytes(size[4:])


def list_jbig2_sizes(data: bytes) -> Iterator[Size]:
    """Yield width and height of the page and of each region of a JBIG2 (ITU-T T.88, 7.2 and 7.4)."""
    at = 0
    for _ignored in range(MAX_SEGMENTS):
        head = data[at : at + 6]
        if len(head) < 6:
            return
        number, flags, counted = struct.unpack(">IBB", head)
        count = counted >> 5
        at += 6
        if count == 7:  # a long form: four bytes, then a bit for each
            count = int.from_bytes(data[at - 1 : at + 3]) & 0x1FFFFFFF
            at += 3 + (count + 8) // 8
        at += count * (1 if number <= 256 else 2 if number <= 65536 else 4) + (4 if flags & 0x40 else 1)
        length, at = int.from_bytes(data[at : at + 4]), at + 4
        size = data[at : at + 8]
        if flags & 0x3F in SIZED_SEGMENTS and len(size) == 8:
            width, height = struct.unpack(">II", size)
            yield width, height if height != UNKNOWN_LENGTH else 1
        if length == UNKNOWN_LENGTH:  # it ends where its data ends, which only a decoder finds
            return
        at += length


SIZE_READERS: dict[str, Callable[[bytes], Iterator[Size]]] = {
    "/DCTDecode": list_jpeg_sizes,
    "/DCT": list_jpeg_sizes,
    "/JPXDecode": list_jpx_sizes,
    "/JBIG2Decode": list_jbig2_sizes,
}
