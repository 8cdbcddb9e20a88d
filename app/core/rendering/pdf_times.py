"""Copying the PDF that LibreOffice wrote without the time of its conversion.

The date, and the two values that depend on it, are overwritten with blanks of the same length, so that no place in the
file moves. So a document gives the same PDF each time, and the PDF does not tell when a draft was begun.
"""

import re
from typing import BinaryIO, Final

CHUNK_BYTES: Final = 1024 * 1024
LONGEST_MATCH: Final = 256
TIMES: Final = re.compile(
    rb"/CreationDate\(D:[0-9+\-'Z]{14,24}\)"
    rb"|/ID\s{0,2}\[\s{0,2}<[0-9A-F]{32}>\s{0,2}<[0-9A-F]{32}>\s{0,2}\]"
    rb"|/DocChecksum\s{0,2}/[0-9A-F]{32}"
)


def copy_pdf_without_times(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a PDF. The end of what was read is held back, so that nothing is missed where two pieces meet."""
    held_back = b""
    while chunk := source.read(CHUNK_BYTES):
        blanked = blank_times(held_back + chunk)
        target.write(blanked[:-LONGEST_MATCH])
        held_back = blanked[-LONGEST_MATCH:]
    target.write(held_back)


def blank_times(content: bytes) -> bytes:
    """Return the content with blanks in the place of what depends on the time of its conversion."""
    return TIMES.sub(lambda match: b" " * len(match[0]), content)
