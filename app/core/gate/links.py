"""Which addresses a document may point to: the web, a mailbox, a telephone, or a place in itself."""

import re
from urllib.parse import unquote

PLAIN = re.compile(r"\s*(https?://|mailto:|tel:|www\.|#)", re.IGNORECASE)
# A letter and a colon (Windows), or a file address from the root (Mac, Linux): never \\server\share or file://server.
LOCAL_DRIVE = re.compile(
    r"(file:///|file://localhost/)?[a-z]:[\\/]|(file:///|file://localhost/)(?![/\\])", re.IGNORECASE
)


def is_plain_link(target: str) -> bool:
    """http, https, mailto, tel, or within the document. Nothing that opens a file or starts a program."""
    return not target.strip() or PLAIN.match(target) is not None


def is_on_local_drive(target: str) -> bool:
    """A path on the author's own machine, which nobody else's machine can follow; a bare name counts too."""
    path = unquote(target).strip()
    bare = not any(mark in path for mark in "/\\:")
    return bare or LOCAL_DRIVE.match(path) is not None
