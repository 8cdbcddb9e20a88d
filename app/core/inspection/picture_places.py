"""Finds out whether a JPEG says where it was taken (Exif 2.32, 4.6.6; TIFF 6.0, section 2)."""

EXIF_MARK = b"Exif\0\0"
GPS_TAG = 0x8825
ENTRY_BYTES = 12
MAX_ENTRIES = 200
READ_BYTES = 64 * 1024


def has_place(start: bytes) -> bool:
    """Return whether the first bytes of a JPEG hold a directory of places with an entry besides its version."""
    at = start.find(EXIF_MARK) if start.startswith(b"\xff\xd8") else -1
    if at < 0:
        return False
    exif = start[at + len(EXIF_MARK) :]
    order = {b"II": "little", b"MM": "big"}.get(exif[:2])
    if order is None:
        return False
    is_little = order == "little"
    place = list_entries(exif, read_number(exif, 4, 4, is_little=is_little), is_little=is_little).get(GPS_TAG)
    return place is not None and any(tag for tag in list_entries(exif, place, is_little=is_little))


def list_entries(exif: bytes, at: int, *, is_little: bool) -> dict[int, int]:
    """Return the values of a directory by their tags."""
    count = min(read_number(exif, at, 2, is_little=is_little), MAX_ENTRIES)
    starts = range(at + 2, at + 2 + count * ENTRY_BYTES, ENTRY_BYTES)
    return {
        read_number(exif, start, 2, is_little=is_little): read_number(exif, start + 8, 4, is_little=is_little)
        for start in starts
        if start + ENTRY_BYTES <= len(exif)
    }


def read_number(data: bytes, at: int, length: int, *, is_little: bool) -> int:
    """Read a number without sign."""
    return int.from_bytes(data[at : at + length], "little" if is_little else "big")
