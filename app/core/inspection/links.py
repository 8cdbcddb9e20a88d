"""Link targets that a document may have: the web, a mailbox, a telephone, or a place in itself."""

import re
from urllib.parse import unquote

PLAIN_LINK_PATTERN = re.compile(r"\s*(https?://|mailto:|tel:|www\.|#)", re.IGNORECASE)
# A letter and a colon (Windows), or a file address from the root (Mac, Linux): never \\server\share or file://server.
LOCAL_DRIVE_PATTERN = re.compile(
    r"(file:///|file://localhost/)?[a-z]:[\\/]|(file:///|file://localhost/)(?![/\\])", re.IGNORECASE
)
SERVER_PATTERN = re.compile(r"\s*(\\\\|//|[a-z][a-z0-9+.-]+:)", re.IGNORECASE)


def is_plain_link(target: str) -> bool:
    """Return whether a target is http, https, mailto, tel, or inside the document, and so opens no file and no
    program."""
    return not target.strip() or PLAIN_LINK_PATTERN.match(target) is not None


def is_on_local_drive(target: str) -> bool:
    """Return whether a target is a path on the author's own machine, which no other machine can open; a bare file
    name counts too."""
    path = unquote(target).strip()
    bare = not any(mark in path for mark in "/\\:")
    return bare or LOCAL_DRIVE_PATTERN.match(path) is not None


def names_other_place(argument: str) -> bool:
    """Return whether a file is named with a scheme, a server, a drive or a path from the root, not by a bare or
    relative local name."""
    place = unquote(argument).strip()
    return ":" in place or place.startswith(("/", "\\"))


def names_server(place: str) -> bool:
    """Return whether a place is on a server (UNC) or at an address with a scheme; a drive has a single letter."""
    return SERVER_PATTERN.match(place) is not None
