"""Classifies a file by its bytes and applies the rules of its format. Runs in the limited process only."""

from typing import BinaryIO

import filetype
import olefile

from app.core.gate import docx, pdf
from app.core.gate.findings import DOCX, PDF, Bounds, Report
from app.core.gate.notes import Notes, Stop
from app.core.i18n import say

HEAD = 8192
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
SAVE_AS_EITHER = say("Save or export the document as DOCX or PDF, and hand in that.")


def look(source: BinaryIO, bounds: Bounds) -> Report:
    """Inspect one file and return the report, its findings sorted from worst to best."""
    collector = Notes()
    kind = None
    try:
        kind = kind_of(source, collector)
        rules = {PDF: pdf.look, DOCX: docx.look}
        rules[kind](source, bounds, collector)
    except Stop:
        pass
    order = ["refused", "decide", "note", "fine"]
    findings = tuple(sorted(collector.findings, key=lambda finding: order.index(finding.level)))
    return Report(kind, findings, collector.pages, collector.title, collector.language)


def kind_of(source: BinaryIO, notes: Notes) -> str:
    """Return the media type of a PDF or DOCX (a ZIP archive at first sight). Raises InspectionStopped for anything
    else, naming it if it is known."""
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    if not head:
        raise notes.stop(say("The file is empty."), "", say("Check the file on your computer and hand it in again."))
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(ZIP):
        return DOCX
    if head.startswith(OLE):
        raise old_office(source, notes)
    if b"%PDF-" in head[:1024] or b"PK\x03\x04" in head:
        raise notes.stop(
            say("There is something else in front of the document, so that it could be read as two kinds of file."),
            "",
            SAVE_AS_EITHER,
        )
    guess = filetype.guess_extension(head)
    what = say("This is neither a PDF nor a Word document (DOCX).")
    if guess is not None:
        what = say(
            "This is neither a PDF nor a Word document (DOCX); it seems to be a file of type %(type)s.", type=guess
        )
    raise notes.stop(what, "", SAVE_AS_EITHER)


def old_office(source: BinaryIO, notes: Notes) -> Stop:
    """Build the refusal of an OLE compound file: an encrypted DOCX, an old Word document, or another Office file."""
    try:
        with olefile.OleFileIO(source) as old:
            streams = {entry[-1] for entry in old.listdir()}
    except OSError:
        streams = set()
    if streams & {"EncryptedPackage", "EncryptionInfo"}:
        return notes.stop(
            say("The document is protected with a password."),
            "",
            say("In Word, open File, Info, Protect Document, remove the password, and save it again."),
        )
    if "WordDocument" in streams:
        return notes.stop(
            say("This is a Word document of the old kind (.doc)."),
            "",
            say("In Word, use Save As and choose Word Document (.docx)."),
        )
    return notes.stop(say("This is an Office file of an old kind."), "", SAVE_AS_EITHER)
