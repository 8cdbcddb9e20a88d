"""Inspection of PDF: complete, readable without repair, and without active content. Runs in the limited process only.

All objects are inspected, wherever they are referenced and also inside object streams, since a reader finds them too. A
file that only restricts printing or copying (owner password) can be inspected, so it is accepted with a finding.
"""

import re
from contextlib import closing
from typing import BinaryIO

import pikepdf
import pypdfium2

from app.core.gate.findings import Bounds
from app.core.gate.names import shown
from app.core.gate.notes import Notes, Stop
from app.core.gate.pdf_active import Active
from app.core.gate.tongue import tongue_of
from app.core.i18n import say

TAIL = 65_600
PAGES_READ = 3
BLANK = b"\0\t\n\x0c\r "
WEB_PAGE = re.compile(rb"<(!doctype\s+html|html|script)\b", re.IGNORECASE)

EXPORT_AGAIN = say("Open the document in the program that made it, export it to PDF again, and hand in that file.")
INFO = say("If that should not be known, remove it in the document's properties and export the PDF again.")


def look(source: BinaryIO, bounds: Bounds, notes: Notes) -> None:
    """Inspect a PDF and collect findings. Raises InspectionStopped where reading on is pointless."""
    check_ends(source, notes)
    source.seek(0)
    with opened(source, notes) as document:
        notes.pages = len(document.pages)
        if not 0 < notes.pages <= bounds.pages:
            raise notes.stop(
                say(
                    "The document has %(pages)s pages; from 1 to %(most)s can be taken.",
                    pages=notes.pages,
                    most=bounds.pages,
                ),
                "",
                say("Divide it into several documents."),
            )
        check_whole(document, notes)
        Active(document, bounds, notes).look()
    notes.language = tongue_of(first_words(source)) or notes.language


def check_ends(source: BinaryIO, notes: Notes) -> None:
    """Check that nothing is before the start or after the end, and that the file is no second format too (polyglot).
    Raises InspectionStopped."""
    length = source.seek(0, 2)
    source.seek(0)
    head = source.read(1024)
    source.seek(max(0, length - TAIL))
    tail = source.read()
    if WEB_PAGE.search(head) or is_archive_too(tail):
        raise two_kinds(notes)
    _, marker, trailing = tail.rpartition(b"%%EOF")
    if not marker:
        raise notes.stop(
            say("The file is cut off: its end is missing."),
            "",
            say("Copy the file again in full, and hand it in again."),
        )
    if trailing.strip(BLANK):
        raise notes.stop(
            say("There are bytes after the end of the document, which may be a second file or a part cut off."),
            "",
            EXPORT_AGAIN,
        )


def two_kinds(notes: Notes) -> Stop:
    """Build the refusal of a polyglot file."""
    return notes.stop(say("The file can be read as a PDF and also as another kind of file."), "", EXPORT_AGAIN)


def is_archive_too(tail: bytes) -> bool:
    """Return whether a ZIP archive ends exactly where the file ends, its comment hiding the rest of the PDF."""
    offset = tail.find(b"PK\x05\x06")
    while offset >= 0:
        if offset + 22 + int.from_bytes(tail[offset + 20 : offset + 22], "little") == len(tail):
            return True
        offset = tail.find(b"PK\x05\x06", offset + 1)
    return False


def opened(source: BinaryIO, notes: Notes) -> pikepdf.Pdf:
    """Open a PDF without repair, since readers repair differently. Raises InspectionStopped if it is encrypted or
    damaged."""
    try:
        return pikepdf.open(source, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise notes.stop(
            say("The document is protected with a password."), "", say("Export it to PDF again without a password.")
        ) from None
    except pikepdf.PdfError:
        raise notes.stop(say("The PDF is damaged and can only be read by guessing."), "", EXPORT_AGAIN) from None


def check_whole(document: pikepdf.Pdf, notes: Notes) -> None:
    """Inspect properties of the whole document: restrictions, portfolios, layers, authors, title, language."""
    if document.is_encrypted:
        notes.decide(
            say("The document opens for everybody, but asks readers not to copy, print or change it."),
            "",
            say("Translators and people using screen readers may be hindered; better export it without restrictions."),
        )
    if "/Collection" in document.Root:
        notes.refuse(
            say("This is a PDF portfolio, a folder of other files."),
            "",
            say("Hand in each file as a document of its own."),
        )
    layers = document.Root.get("/OCProperties")
    if isinstance(layers, pikepdf.Dictionary) and are_hidden(layers):
        notes.decide(
            say("The document has layers that are not shown when it is opened."),
            "",
            say("Check that they are not meant to be secret; if they are, delete them and export the PDF again."),
        )
    information = document.trailer.get("/Info")
    if isinstance(information, pikepdf.Dictionary):
        notes.title = text(information, "/Title")
        for key in ("/Author", "/Company", "/Manager"):
            if name := text(information, key):
                notes.note(say("The file's properties name somebody: %(who)s.", who=name), key[1:], INFO)
    if language := text(document.Root, "/Lang"):
        notes.language = language[:40]


def are_hidden(layers: pikepdf.Dictionary) -> bool:
    """Return whether some optional content is off when the document opens (ISO 32000-2, 8.11.4)."""
    default_configuration = layers.get("/D")
    off = default_configuration.get("/OFF") if isinstance(default_configuration, pikepdf.Dictionary) else None
    return isinstance(off, pikepdf.Array) and len(off) > 0


def first_words(source: BinaryIO) -> str:
    """Return the text of the first pages, used only to detect the language; empty if it cannot be read."""
    source.seek(0)
    try:
        with closing(pypdfium2.PdfDocument(source)) as document:
            return "".join(
                document[number].get_textpage().get_text_range() for number in range(min(len(document), PAGES_READ))
            )
    except pypdfium2.PdfiumError:
        return ""


def text(holder: pikepdf.Object, key: str) -> str | None:
    """Return a string value cleaned for display, None if there is none."""
    value = holder.get(key)
    return shown(str(value)) or None if isinstance(value, pikepdf.String) else None
