"""Classifies a file by its bytes and applies the rules of its format. Runs in the limited process only."""

from typing import BinaryIO

import filetype
import olefile

from app.core.i18n import lazy_gettext as _
from app.core.inspection import docx, pdf
from app.core.inspection.findings import DOCX, PDF, InspectionLimits, InspectionReport
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.signatures import find_media_type

HEAD_BYTES = 8192
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS_EITHER_REMEDY = _("Save or export the document as DOCX or PDF, then upload that file.")


def inspect_stream(source: BinaryIO, limits: InspectionLimits) -> InspectionReport:
    """Inspect one file and return the report, its findings sorted from worst to best."""
    collector = FindingsCollector(elements_left=limits.max_elements)
    kind = None
    try:
        kind = detect_media_type(source, collector)
        rules = {PDF: pdf.inspect_pdf, DOCX: docx.inspect_docx}
        rules[kind](source, limits, collector)
    except InspectionStopped:
        pass
    order = ["refused", "decide", "note", "fine"]
    findings = tuple(sorted(collector.findings, key=lambda finding: order.index(finding.level)))
    return InspectionReport(kind, findings, collector.pages, collector.title, collector.language, collector.reading)


def detect_media_type(source: BinaryIO, collector: FindingsCollector) -> str:
    """Return the media type of a PDF or DOCX (a ZIP archive at first sight). Raises InspectionStopped for anything
    else, naming it if it is known."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    source.seek(0)
    if not head:
        raise collector.add_refusal_and_build_stop(
            _("The file is empty."), "", _("Check the file on your computer, then upload it again.")
        )
    if kind := find_media_type(head):
        return kind
    if head.startswith(OLE_SIGNATURE):
        raise build_old_office_stop(source, collector)
    if b"%PDF-" in head[:1024] or b"PK\x03\x04" in head:
        raise collector.add_refusal_and_build_stop(
            _(
                "There is other content before the start of the document, so the file could be read as two "
                "different file types."
            ),
            "",
            SAVE_AS_EITHER_REMEDY,
        )
    guess = filetype.guess_extension(head)
    what = _("This is neither a PDF nor a Word document (DOCX).")
    if guess is not None:
        what = _(
            "This is neither a PDF nor a Word document (DOCX); it seems to be a file of type %(type)s.", type=guess
        )
    raise collector.add_refusal_and_build_stop(what, "", SAVE_AS_EITHER_REMEDY)


def build_old_office_stop(source: BinaryIO, collector: FindingsCollector) -> InspectionStopped:
    """Build the refusal of an OLE compound file: an encrypted DOCX, an old Word document, or another Office file."""
    try:
        with olefile.OleFileIO(source) as old:
            streams = {entry[-1] for entry in old.listdir()}
    except OSError:
        streams = set()
    if streams & {"EncryptedPackage", "EncryptionInfo"}:
        return collector.add_refusal_and_build_stop(
            _("The document is protected with a password."),
            "",
            _("In Word, open File, Info, Protect Document, remove the password, and save it again."),
        )
    if "WordDocument" in streams:
        return collector.add_refusal_and_build_stop(
            _("This is a Word document in the old format (.doc)."),
            "",
            _("In Word, use Save As and choose Word Document (.docx)."),
        )
    return collector.add_refusal_and_build_stop(
        _("This is an Office file in an old format."), "", SAVE_AS_EITHER_REMEDY
    )
