"""File sizes as people read them, in their language. A kilobyte has 1024 bytes, as in file managers."""

from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.units import format_unit

from app.core.i18n import LazyText

UNITS = ((1024**3, "gigabyte"), (1024**2, "megabyte"), (1024, "kilobyte"))


class FileSize(LazyText):
    """A number of bytes as a value in a message: `_("… %(most)s …", most=FileSize.from_bytes(largest))`."""

    @classmethod
    def from_bytes(cls, octets: int) -> "FileSize":
        """Build the value for a number of bytes."""
        return cls("%(octets)s", {"octets": octets})

    def translate(self, language: str) -> str:
        """Format the size in a language."""
        return format_file_size(language, int(str(self.values["octets"])))


@lru_cache(10_000)
def format_file_size(language: str, octets: int) -> str:
    """Format a number of bytes in a language: `828 bytes`, `214 kB`, `100 MB`."""
    locale = Locale.parse(language)
    for factor, unit in UNITS:
        if octets >= factor:
            return str(format_unit(round(octets / factor, 1), f"digital-{unit}", "short", locale=locale))
    # Only the long form has a plural; the Arabic data have only the short one.
    length: Literal["short", "long"] = "short" if language == "ar" else "long"
    return str(format_unit(octets, "digital-byte", length, locale=locale))
