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
    *("applewebdata", "x-webdoc", "x-apple-data-detectors", "cid", "mid", "blob", "sms", "fax", "geo", "skype"),
}
# What programs pass over in an address: white space, control and direction characters.
PASSED_OVER_PATTERN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
RELATIVE_FILE_PATTERN = re.compile(r"file:(?![/\\])", re.IGNORECASE)  # as TeX writes a link that has no scheme
# http as people mistype it, or with a word before it: hthttps://, htp://, v7.1http://.
MISTYPED_WEB_PATTERN = re.compile(r"[a-z0-9.]*https?|h*t+p+s*", re.IGNORECASE)
# In an address without a scheme, where a lenient program might begin to read.
STARTING_INSIDE_PATTERN = re.compile(
    r"\\\\|:\\|(?<![a-z0-9])(file|smb|data|javascript|vbscript|mk|shell|search-ms|ms-[a-z-]+):", re.IGNORECASE
)
# A script that does nothing, or that needs the page which the link was copied from (ASP.NET).
DEAD_SCRIPT_PATTERN = re.compile(
    r"javascript:(void\(0?\);?|;|__doPostBack\('[\w$:.-]*','[\w$:.-]*'\);?)?", re.IGNORECASE
)
# An address of the web without its scheme but with its port, or a mailbox after a word that is no scheme.
UNMARKED_PATTERN = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)+:\d{1,5}([/?#]|$)|e-?mail:[^\s/\\:@]+@[^\s/\\:@]+$", re.IGNORECASE
)
# A path from the root of a site; from the root of a machine these folders have programs, devices and other machines.
SITE_PATH_PATTERN = re.compile(
    r"/(?!/|\\|(usr|s?bin|opt|etc|dev|proc|net|mnt|private|system|library|applications|volumes)(/|$))", re.IGNORECASE
)
# Names of files that Windows, a Mac or Linux starts instead of showing them.
PROGRAM_PATTERN = re.compile(
    r"\.(exe|bat|cmd|scr|pif|msi|msp|msix|appx|appinstaller|application|cpl|dll|hta|chm|hlp|jar|jnlp|js|jse|vbs?|vbe|"
    r"ws[cfh]?|ps1|psm1|psc1|sct|reg|inf|lnk|url|website|scf|library-ms|search-ms|searchconnector-ms|settingcontent-ms|"
    r"theme|iso|img|vhdx?|docm|dotm|xlsm|xltm|xlam|xll|pptm|potm|ppam|ppsm|one|rdp|diagcab|command|app|pkg|dmg|workflow|"
    r"sh|run|desktop|py|pyw|slk|iqy|msc|mst|msu|(msix|appx)bundle|appref-ms|vsto|xbap|gadget|ps1xml|udl|odc|[do]qy|rqy|"
    r"xlsb|xla|xlt|wll|ppa|accd[aber]|md[abetw]|ma[dfgmqrstuvw]|ad[ep]|ocx|sh[bs]|[bckz]sh|bash|terminal|(web|inet|file)loc|scpt|mpkg|"
    r"appimage|class|pyz)\W*$",
    re.IGNORECASE,
)
# A letter and a colon, or a file address from the root, also with one stroke more, as Word and Word for Mac write it:
# never \\server\share or file://server.
LOCAL_DRIVE_PATTERN = re.compile(
    r"(file:////?|file://localhost/)?[a-z]:[\\/]|(file:///|file://localhost/)(?![/\\?])(?!.*[/\\]{2})|file:////(Users|Applications|Volumes|"
    r"Library|private)/",
    re.IGNORECASE,
)
MAC_DISK_PATTERN = re.compile(
    r"[^/\\:]{2,}:(Users|Applications|Library|Volumes|Documents|private):[^/\\]+$", re.IGNORECASE
)
# A file on a drive, or from the root of the author's machine.
LOCAL_FILE_PATTERN = re.compile(
    r"file:///(?:(?P<own>[a-z]:[\\/]|(?:users|home)/)|(?![/\\?]))(?P<path>.*)", re.IGNORECASE | re.DOTALL
)
MAX_QUOTINGS = 5
SERVER_PATTERN = re.compile(r"\s*(\\\\|//|[a-z][a-z0-9+.-]+:)", re.IGNORECASE)


def unquote_fully(target: str) -> str:
    """Return a place without percent signs, nor those that were put around them again."""
    for _ignored in range(MAX_QUOTINGS):
        if (plain := unquote(target)) == target:
            break
        target = plain
    return target


class LinkKind(Enum):
    """What becomes of a link that a reader follows."""

    PLAIN = "plain"
    FOREIGN = "foreign"
    STARTING = "starting"


def classify_link(target: str) -> LinkKind:
    """Return what a link does: it leads to the web, a mailbox, a telephone or a place in the document; it is dead or
    foreign and starts nothing; or it opens a file, a server or a program."""
    place = PASSED_OVER_PATTERN.sub("", unquote_fully(target))
    is_path = place.lower().startswith("www.") and "\\" in place  # a file in a folder of that name
    if not place or (PLAIN_LINK_PATTERN.match(place) and not is_path):
        return LinkKind.PLAIN
    if relative := RELATIVE_FILE_PATTERN.match(place):
        place = place[relative.end() :]
    if scheme := SCHEME_PATTERN.match(place):
        is_dead = (
            MISTYPED_WEB_PATTERN.fullmatch(scheme[1])
            or DEAD_SCRIPT_PATTERN.fullmatch(place)
            or UNMARKED_PATTERN.match(place)
            or is_dead_path(place)
        )
        return LinkKind.FOREIGN if is_dead or scheme[1].lower() in FOREIGN_SCHEMES else LinkKind.STARTING
    if (
        (place.startswith(("/", "\\")) and not SITE_PATH_PATTERN.match(place))
        or STARTING_INSIDE_PATTERN.search(place)
        or PROGRAM_PATTERN.search(re.split("[?#]", place)[0])
    ):
        return LinkKind.STARTING
    return LinkKind.FOREIGN


def is_dead_path(place: str) -> bool:
    """Return whether a link leads to a document or folder on the author's own machine, which no other machine has.

    A name without an ending is none, except on a drive and among people's own files: on a Mac it may be a program.
    """
    local = LOCAL_FILE_PATTERN.match(place)
    if local is None or STARTING_INSIDE_PATTERN.search(local["path"]):
        return False
    path = re.split("[?#]", local["path"])[0].rstrip("\\/")
    name = re.split(r"[\\/]", path)[-1].lower()
    is_program = PROGRAM_PATTERN.search(path) or name.endswith(".com")
    return bool(name) and not is_program and (local["own"] is not None or "." in name[1:])


def is_on_local_drive(target: str) -> bool:
    """Return whether a target is a path on the author's own machine, which no other machine can open; a bare file
    name counts too."""
    path = PASSED_OVER_PATTERN.sub("", unquote_fully(target))
    bare = not any(mark in path for mark in "/\\:")
    return bare or any(pattern.match(path) for pattern in (LOCAL_DRIVE_PATTERN, MAC_DISK_PATTERN))


def names_other_place(argument: str) -> bool:
    """Return whether a file is named with a scheme, a server, a drive or a path from the root, not by a bare or
    relative local name."""
    place = PASSED_OVER_PATTERN.sub("", unquote_fully(argument))
    return ":" in place or place.startswith(("/", "\\"))


def names_server(place: str) -> bool:
    """Return whether a place is on a server (UNC) or at an address with a scheme; a drive has a single letter."""
    return SERVER_PATTERN.match(place) is not None
