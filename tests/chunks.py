"""A file in pieces, as the script sends it: what is said beside each piece."""

import hashlib
from base64 import b64encode


def digest_field(data: bytes) -> str:
    """RFC 9530, section 2."""
    return f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"


def about(piece: bytes, offset: int = 0) -> dict[str, str]:
    """The fields that go with it."""
    return {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Content-Digest": digest_field(piece),
    }
