"""Names of files in a store: SHA-256 as 64 lower-case hexadecimal digits."""

import hashlib
import re
from pathlib import Path

DIGEST_PATTERN = re.compile(r"[0-9a-f]{64}", re.ASCII)


def require_digest(sha256: str) -> str:
    """Return the digest, which is then safe as part of a path. Raises ValueError for anything else (ASVS 5.3.2)."""
    if not DIGEST_PATTERN.fullmatch(sha256):
        raise ValueError("a file is named by its SHA-256: 64 digits of 0-9 and a-f")
    return sha256


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
