"""Link targets and places of files: what is followed by a person, what starts something, what is local."""

import re
from enum import Enum
from urllib.parse import unquote

PLAIN_LINK_PATTERN = re.compile(r"\s*(https?://|mailto:|tel:|www\.|#)", re.IGNORECASE)
SCHEME_PATTERN = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Schemes that only name something, or that a program opens which shows and starts nothing by itself.
FOREIGN_SCHEMES = {
    *("http", "https", "ftp", "ftps", "sip", "sips", "urn", "doi", "hdl", "news", "nntp", "about"),
    *("consultantplus", "garant"),
}
EMPTY_SCRIPT_PATTERN = re.compile(r"javascript:(void\(0?\);?|;)?", re.IGNORECASE)
# Names of files that Windows, a Mac or Linux starts instead of showing them.
PROGRAM_PATTERN = re.compile(
    r"\.(exe|bat|cmd|scr|pif|msi|msp|msix|appx|appinstaller|application|cpl|dll|hta|chm|hlp|jar|jnlp|js|jse|vbs?|vbe|"
    r"ws[cfh]?|ps1|psm1|psc1|sct|reg|inf|lnk|url|website|scf|library-ms|search-ms|searchconnector-ms|settingcontent-ms|"
    r"theme|iso|img|vhdx?|docm|dotm|xlsm|xltm|xlam|xll|pptm|potm|ppam|ppsm|one|rdp|diagcab|command|app|pkg|dmg|workflow|"
    r"sh|run|desktop|py|pyw|slk|iqy)\W*$",
    re.IGNORECASE,
)
# A letter and a colon, or a file address from the root, also as Word for Mac writes it with one stroke more: never
# \\server\share or file://server.
LOCAL_DRIVE_PATTERN = re.compile(
    r"(file:///|file://localhost/)?[a-z]:[\\/]|(file:///|file://localhost/)(?![/\\])|file:////(Users|Applications|Volumes|"
    r"Library|private)/",
    re.IGNORECASE,
)
MAC_DISK_PATTERN = re.compile(
    r"[^/\\:]{2,}:(Users|Applications|Library|Volumes|Documents|private):[^/\\]+$", re.IGNORECASE
)
SERVER_PATTERN = re.compile(r"\s*(\\\\|//|[a-z][a-z0-9+.-]+:)", re.IGNORECASE)


class LinkKind(Enum):
    """What becomes of a link that a reader follows."""

    PLAIN = "plain"
    FOREIGN = "foreign"
    STARTING = "starting"


def classify_link(target: str) -> LinkKind:
    """Return what a link does: it leads to the web, a mailbox, a telephone or a place in the document; it is dead or
    foreign and starts nothing; or it opens a file, a server or a program."""
    place = unquote(target).strip()
    if not place or PLAIN_LINK_PATTERN.match(place):
        return LinkKind.PLAIN
    scheme = SCHEME_PATTERN.match(place)
    if scheme:
        is_foreign = scheme[1].lower() in FOREIGN_SCHEMES or EMPTY_SCRIPT_PATTERN.fullmatch(place)
        return LinkKind.FOREIGN if is_foreign else LinkKind.STARTING
    if (
        place.startswith(("/", "\\"))
        or ":" in place
        or "\\\\" in place
        or PROGRAM_PATTERN.search(re.split("[?#]", place)[0])
    ):
        return LinkKind.STARTING
    return LinkKind.FOREIGN


def is_on_local_drive(target: str) -> bool:
    """Return whether a target is a path on the author's own machine, which no other machine can open; a bare file
    name counts too."""
    path = unquote(target).strip()
    bare = not any(mark in path for mark in "/\\:")
    return bare or any(pattern.match(path) for pattern in (LOCAL_DRIVE_PATTERN, MAC_DISK_PATTERN))


def names_other_place(argument: str) -> bool:
    """Return whether a file is named with a scheme, a server, a drive or a path from the root, not by a bare or
    relative local name."""
    place = unquote(argument).strip()
    return ":" in place or place.startswith(("/", "\\"))


def names_server(place: str) -> bool:
    """Return whether a place is on a server (UNC) or at an address with a scheme; a drive has a single letter."""
    return SERVER_PATTERN.match(place) is not None
