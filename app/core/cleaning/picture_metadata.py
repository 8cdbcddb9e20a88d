"""Takes out of a picture what cameras and programs wrote into it, such as places; its points stay byte by byte.

Sources: ITU-T T.81, annex B (JPEG); Exif 2.32, 4.5.4 and 4.6 (Exif in JPEG); PNG 3rd edition, 5 and 11; TIFF 6.0, 2.
"""

import struct
from typing import Final

JPEG_START: Final = b"\xff\xd8"
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
TIFF_STARTS: Final = {b"II*\0": "<", b"MM\0*": ">"}
END_OF_IMAGE, START_OF_SCAN, COMMENT = 0xD9, 0xDA, 0xFE
RESTARTS: Final = range(0xD0, 0xD8)
APPLICATION_SEGMENTS: Final = range(0xE0, 0xF0)
# What a decoder needs: the kind of file, profiles of colours, and how Adobe stores colours.
KEPT_SEGMENTS: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
EXIF_SEGMENT, EXIF_MARK = 0xE1, b"Exif\0\0"
ORIENTATION_TAG, UPRIGHT = 0x0112, 1
KEPT_CHUNKS: Final = frozenset(
    {
        *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"hIST", b"tRNS", b"pHYs", b"sPLT"),
        *(b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT"),
    }
)
IS_ANCILLARY: Final = 0x20
REMOVED_TAGS: Final = frozenset(
    {
        *(269, 270, 271, 272, 285, 305, 306, 315, 316, 33432),  # names, maker, model, program, time, artist, rights
        *(700, 33723, 34377),  # XMP, IPTC, Photoshop
        *(34665, 34853),  # Exif, places
        *(33550, 33922, 34264, 34735, 34736, 34737),  # places of maps (GeoTIFF)
    }
)
DIRECTORY_TAGS: Final = {34665, 34853}
TYPE_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
ENTRY_BYTES, INLINE_BYTES = 12, 4
MAX_DIRECTORIES: Final = 100


def remove_picture_metadata(data: bytes) -> bytes:
    """Return a JPEG, PNG or TIFF without its metadata; anything else, and what is damaged, as it is."""
    try:
        if data.startswith(JPEG_START):
            return _clean_jpeg(data)
        if data.startswith(PNG_START):
            return _clean_png(data)
        if order := TIFF_STARTS.get(data[:4]):
            return _clean_tiff(data, order)
    except (struct.error, ValueError, IndexError):
        pass
    return data


def _clean_jpeg(data: bytes) -> bytes:
    """Return a JPEG without metadata and without what follows its end. Raises ValueError if it is damaged."""
    out, at = bytearray(JPEG_START), len(JPEG_START)
    while True:
        start = at
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if at - start < 2:
            raise ValueError(start)
        if marker == END_OF_IMAGE:
            return bytes(out + data[start:at])
        if marker in RESTARTS or marker == 1:
            out += data[start:at]
            continue
        end = at + struct.unpack_from(">H", data, at)[0]
        content = data[at + 2 : end]
        if end > len(data):
            raise ValueError(end)
        if marker == START_OF_SCAN:
            end = _find_scan_end(data, end)
        if _is_kept_segment(marker, content):
            out += data[start:end]
        elif marker == EXIF_SEGMENT and (turned := _format_orientation(content)):
            out += turned
        at = end


def _find_scan_end(data: bytes, at: int) -> int:
    """Return where the coded points end: at a marker that is neither a restart nor a byte of them."""
    while (at := data.index(b"\xff", at)) >= 0:
        if data[at + 1] != 0 and data[at + 1] not in RESTARTS and data[at + 1] != 0xFF:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    raise ValueError(at)


def _is_kept_segment(marker: int, content: bytes) -> bool:
    """Return whether a decoder needs a segment."""
    if marker in APPLICATION_SEGMENTS:
        return marker in KEPT_SEGMENTS and content.startswith(KEPT_SEGMENTS[marker])
    return marker != COMMENT


def _format_orientation(content: bytes) -> bytes:
    """Return an Exif segment that says how the picture is turned and nothing else; empty if it is upright."""
    exif = content.removeprefix(EXIF_MARK)
    order = TIFF_STARTS.get(exif[:4])
    if order is None or exif == content:
        return b""
    start = struct.unpack_from(f"{order}I", exif, 4)[0]
    for number in range(struct.unpack_from(f"{order}H", exif, start)[0]):
        tag, _type, _count, turned = struct.unpack_from(f"{order}HHIH", exif, start + 2 + number * ENTRY_BYTES)
        if tag == ORIENTATION_TAG and turned != UPRIGHT:
            entry = struct.pack(f"{order}HHHIHHI", 1, tag, 3, 1, turned, 0, 0)
            inside = EXIF_MARK + exif[:4] + struct.pack(f"{order}I", 8) + entry
            return struct.pack(">BBH", 0xFF, EXIF_SEGMENT, len(inside) + 2) + inside
    return b""


def _clean_png(data: bytes) -> bytes:
    """Return a PNG with the chunks that draw it. Raises ValueError if it is damaged."""
    out, at = bytearray(PNG_START), len(PNG_START)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError(end)
        if not kind[0] & IS_ANCILLARY or kind in KEPT_CHUNKS:
            out += data[at:end]
        if kind == b"IEND":
            return bytes(out)
        at = end


def _clean_tiff(data: bytes, order: str) -> bytes:
    """Return a TIFF of the same length whose directories name no metadata, and with zeros where it was."""
    out = bytearray(data)
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    for _ignored in range(MAX_DIRECTORIES):
        if not at:
            break
        at = _clean_directory(out, at, order)
    return bytes(out)


def _clean_directory(out: bytearray, at: int, order: str, *, keeps: bool = True) -> int:
    """Take entries out of a directory, all of them unless it `keeps` some, and return where the next one is."""
    count = struct.unpack_from(f"{order}H", out, at)[0]
    starts = [at + 2 + number * ENTRY_BYTES for number in range(count)]
    kept = b""
    for start in starts:
        tag, kind, values, place = struct.unpack_from(f"{order}HHII", out, start)
        if keeps and tag not in REMOVED_TAGS:
            kept += out[start : start + ENTRY_BYTES]
            continue
        length = values * TYPE_BYTES.get(kind, 1)
        if tag in DIRECTORY_TAGS and keeps:
            _clean_directory(out, place, order, keeps=False)
        elif length > INLINE_BYTES and place + length <= len(out):
            out[place : place + length] = bytes(length)
    end = at + 2 + count * ENTRY_BYTES
    following = bytes(out[end : end + 4])
    if end + 4 > len(out):
        raise ValueError(end)
    left = struct.pack(f"{order}H", len(kept) // ENTRY_BYTES) + kept + (following if keeps else bytes(4))
    out[at : end + 4] = left + bytes(end + 4 - at - len(left))
    return int(struct.unpack(f"{order}I", following)[0]) if keeps else 0
