"""The rules for PDF: whole, readable without repair, and without anything that acts. Runs in the bounded process only.

All objects are walked, wherever they hang and also those inside object streams, since a reader finds them too.
A file that only asks its reader not to print or copy (an owner's password) can be examined, so it comes in, with a
word to its author.
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
    """Write down all there is to say about a PDF. Raises Stop where reading on makes no sense."""
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
    """Nothing before the beginning, nothing after the end, and no second kind of file in between (polyglots)."""
    length = source.seek(0, 2)
    source.seek(0)
    head = source.read(1024)
    source.seek(max(0, length - TAIL))
    tail = source.read()
    if WEB_PAGE.search(head) or is_archive_too(tail):
        raise two_kinds(notes)
    _, mark, after = tail.rpartition(b"%%EOF")
    if not mark:
        raise notes.stop(
            say("The file is cut off: its end is missing."),
            "",
            say("Copy the file again in full, and hand it in again."),
        )
    if after.strip(BLANK):
        raise notes.stop(
            say("There are bytes after the end of the document, which may be a second file or a part cut off."),
            "",
            EXPORT_AGAIN,
        )


def two_kinds(notes: Notes) -> Stop:
    return notes.stop(say("The file can be read as a PDF and also as another kind of file."), "", EXPORT_AGAIN)


def is_archive_too(tail: bytes) -> bool:
    """Does a ZIP archive end exactly where the file ends, its comment hiding what is left of the PDF?"""
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        if at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
            return True
        at = tail.find(b"PK\x05\x06", at + 1)
    return False


def opened(source: BinaryIO, notes: Notes) -> pikepdf.Pdf:
    """Without repairing: what must be guessed at, other readers guess differently."""
    try:
        return pikepdf.open(source, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise notes.stop(
            say("The document is protected with a password."), "", say("Export it to PDF again without a password.")
        ) from None
    except pikepdf.PdfError:
        raise notes.stop(say("The PDF is damaged and can only be read by guessing."), "", EXPORT_AGAIN) from None


def check_whole(document: pikepdf.Pdf, notes: Notes) -> None:
    """What holds for the document as a whole: restrictions, forms of another kind, who made it, title, language."""
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
            if who := text(information, key):
                notes.note(say("The file's properties name somebody: %(who)s.", who=who), key[1:], INFO)
    if language := text(document.Root, "/Lang"):
        notes.language = language[:40]


def are_hidden(layers: pikepdf.Dictionary) -> bool:
    """Whether some optional content is off at first (ISO 32000-2, 8.11.4)."""
    usual = layers.get("/D")
    off = usual.get("/OFF") if isinstance(usual, pikepdf.Dictionary) else None
    return isinstance(off, pikepdf.Array) and len(off) > 0


def first_words(source: BinaryIO) -> str:
    """The text of the first pages, only to tell its language: what cannot be read there has no say in anything."""
    source.seek(0)
    try:
        with closing(pypdfium2.PdfDocument(source)) as document:
            return "".join(
                document[number].get_textpage().get_text_range() for number in range(min(len(document), PAGES_READ))
            )
    except pypdfium2.PdfiumError:
        return ""


def text(holder: pikepdf.Object, key: str) -> str | None:
    """A string fit to be shown, if there is one."""
    value = holder.get(key)
    return shown(str(value)) or None if isinstance(value, pikepdf.String) else None
