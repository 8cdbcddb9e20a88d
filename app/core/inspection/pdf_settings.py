"""Settings of Acrobat Distiller, which it attaches to each PDF that it makes where its user says so (`.joboptions`)."""

import re

import pikepdf

NAME_PATTERN = re.compile(r"[^\\/:]+\.joboptions", re.IGNORECASE)
MAX_SETTINGS_BYTES, MAX_PACKED_BYTES = 256 * 1024, 64 * 1024
# Values and the two operators that use them. A program would need another operator or a procedure in braces.
SETTINGS_PATTERN = re.compile(
    rb"(?:\s+|/[^\s()<>\[\]{}/%]*|\((?:\\.|[^()\\])*\)|<[0-9A-Fa-f\s]*>|(?:[+-]?[\d.]+|true|false|null)\b|<<|>>|\[|\]"
    rb"|(?:setdistillerparams|setpagedevice)\b)*+",
    re.DOTALL,
)


def find_distiller_settings(document: pikepdf.Pdf) -> set[tuple[int, int]]:
    """Return the attached files that hold settings and nothing else, by the numbers of their objects."""
    found: set[tuple[int, int]] = set()
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            found |= list_settings_of(item)
    return found


def list_settings_of(holder: pikepdf.Object) -> set[tuple[int, int]]:
    """Return the files that a dictionary names, if each is called so and holds settings; else none."""
    names = [holder.get(key) for key in ("/F", "/UF", "/Unix", "/Mac", "/DOS") if key in holder]
    files = holder.get("/EF")
    if not names or not isinstance(files, pikepdf.Dictionary):
        return set()
    if not all(isinstance(name, pikepdf.String) and NAME_PATTERN.fullmatch(str(name)) for name in names):
        return set()
    streams = [stream for _ignored, stream in files.items()]
    return {stream.objgen for stream in streams} if all(map(is_settings_file, streams)) else set()


def is_settings_file(stream: object) -> bool:
    """Return whether a stream holds settings: values only, in plain text."""
    if not isinstance(stream, pikepdf.Stream) or len(stream.read_raw_bytes()) > MAX_PACKED_BYTES:
        return False
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return False
    return len(data) <= MAX_SETTINGS_BYTES and SETTINGS_PATTERN.fullmatch(data) is not None
