"""Header fields of a file uploaded in pieces, as the script sends them."""

import hashlib
from base64 import b64encode


def digest_field(data: bytes) -> str:
    """Format a digest as RFC 9530, section 2, says."""
    return f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"


def piece_headers(piece: bytes, offset: int = 0) -> dict[str, str]:
    """Return the header fields of a piece."""
    return {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Content-Digest": digest_field(piece),
    }
