"""What the process that unpacks an archive and its caller agree on."""

import struct
from typing import Final

ARCHIVE_EXTENSION: Final = ".zip"
HEADER_LENGTH: Final = struct.Struct(">I")
"""Length of the header of an unpacked archive, in front of it."""
