"""Inspection of PDF: complete, readable without repair, and without active content. Runs in the limited process only.

All objects are inspected, wherever they are referenced and also inside object streams, since a reader finds them too. A
file that only restricts printing or copying (owner password) can be inspected, so it is accepted with a finding.
"""

from contextlib import closing
from dataclasses import replace
from typing import BinaryIO

import pikepdf
import pypdfium2

from app.core.i18n import lazy_gettext as _
from app.core.inspection.cover_reading import NOTHING_READ, CoverReading
from app.core.inspection.display_names import to_display_text
from app.core.inspection.findings import FindingCode, InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.language_detection import detect_language
from app.core.inspection.pdf_active import ActiveContentInspector
from app.core.inspection.pdf_cover import read_pdf_cover

TAIL_BYTES = 65_600
LANGUAGE_PAGES = 3
BLANK_BYTES = b"\0\t\n\x0c\r "

EXPORT_AGAIN_REMEDY = _(
    "Open the document in the program that created it, export it to PDF again, and upload that file."
)
PRINT_AGAIN_REMEDY = _(
    "Export it to PDF again from the program that created it. If it is a scan of a paper document, open it and "
    "print it to a new PDF."
)
CLEAR_PROPERTIES_REMEDY = _(
    "If you do not want this to be known, remove it in the document’s properties and export the PDF again."
)


def inspect_pdf(source: BinaryIO, limits: InspectionLimits, collector: FindingsCollector) -> None:
    """Inspect a PDF and collect findings. Raises InspectionStopped where reading on is pointless."""
    check_end(source, collector)
    source.seek(0)
    with open_pdf_strictly(source, collector) as document:
        collector.pages = len(document.pages)
        if not 0 < collector.pages <= limits.max_pages:
            raise collector.add_refusal_and_build_stop(
                _(
                    "The document has %(pages)s pages; it must have from 1 to %(most)s pages.",
                    pages=collector.pages,
                    most=limits.max_pages,
                ),
                "",
                _("Split it into several documents."),
            )
        named = check_document_properties(document, collector)
        inspector = ActiveContentInspector(document, limits, collector)
        inspector.inspect()
        for name, where in inspector.named_people.items():
            if name not in named:
                add_person_note(name, f"XMP, {where}", collector)
    text, collector.reading = read_first_pages(source, collector.title)
    collector.language = detect_language(text) or collector.language
    if not collector.reading.title:
        collector.reading = replace(collector.reading, title_is_property=collector.title is not None)
    collector.title = to_display_text(collector.reading.title or "") or collector.title


def inspect_pdf_picture(source: BinaryIO, limits: InspectionLimits, collector: FindingsCollector) -> None:
    """Inspect a picture that is a PDF, as Word for Mac keeps them: the same rules on active content.

    Raises InspectionStopped as `inspect_pdf` does.
    """
    check_end(source, collector)
    source.seek(0)
    with open_pdf_strictly(source, collector) as document:
        ActiveContentInspector(document, limits, collector).inspect()


def check_end(source: BinaryIO, collector: FindingsCollector) -> None:
    """Check that nothing is after the end, and that the file is no second format too (polyglot).

    What is before the start was refused when the kind was detected; after it, a paper may quote what attacks are made
    of. Raises InspectionStopped.
    """
    length = source.seek(0, 2)
    source.seek(max(0, length - TAIL_BYTES))
    tail = source.read()
    if ends_as_zip(tail):
        raise build_polyglot_stop(collector)
    _ignored, marker, trailing = tail.rpartition(b"%%EOF")
    if not marker:
        raise collector.add_refusal_and_build_stop(
            _("The file is truncated: its end is missing."),
            "",
            _("Copy the complete file again, then upload it again."),
        )
    if trailing.strip(BLANK_BYTES):
        raise collector.add_refusal_and_build_stop(
            _("There are bytes after the end of the document; they may be a second file or a truncated part."),
            "",
            EXPORT_AGAIN_REMEDY,
        )


def build_polyglot_stop(collector: FindingsCollector) -> InspectionStopped:
    """Build the refusal of a polyglot file."""
    return collector.add_refusal_and_build_stop(
        _("The file can be read as a PDF and also as another type of file."), "", EXPORT_AGAIN_REMEDY
    )


def ends_as_zip(tail: bytes) -> bool:
    """Return whether a ZIP archive ends exactly where the file ends, its comment hiding the rest of the PDF."""
    offset = tail.find(b"PK\x05\x06")
    while offset >= 0:
        if offset + 22 + int.from_bytes(tail[offset + 20 : offset + 22], "little") == len(tail):
            return True
        offset = tail.find(b"PK\x05\x06", offset + 1)
    return False


def open_pdf_strictly(source: BinaryIO, collector: FindingsCollector) -> pikepdf.Pdf:
    """Open a PDF without repair, since readers repair differently. Raises InspectionStopped if it is encrypted or
    damaged."""
    try:
        return pikepdf.open(source, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise collector.add_refusal_and_build_stop(
            _("The document is protected with a password."), "", _("Export it to PDF again without a password.")
        ) from None
    except pikepdf.PdfError as error:
        if "encrypt" in str(error):  # a certificate, another program, or a filter that only it knows
            raise collector.add_refusal_and_build_stop(
                _("The document is protected by a certificate or an unusual kind of encryption."),
                "",
                _("Export it to PDF again without protection."),
            ) from None
        raise collector.add_refusal_and_build_stop(
            _("The PDF is damaged and cannot be read reliably."), "", PRINT_AGAIN_REMEDY
        ) from None


def check_document_properties(document: pikepdf.Pdf, collector: FindingsCollector) -> set[str]:
    """Inspect properties of the whole document: restrictions, portfolios, layers, authors, title, language.

    Returns the people whom they name.
    """
    named: set[str] = set()
    if document.is_encrypted:
        collector.add_finding_to_decide(
            FindingCode.RESTRICTED,
            _("Anyone can open the document, but it asks readers not to copy, print or change it."),
            "",
            _(
                "This may be an obstacle for translators and people using screen readers. It is better to export "
                "the document without restrictions."
            ),
        )
    if "/Collection" in document.Root:
        collector.add_refusal(
            _("This is a PDF portfolio: a folder of other files."),
            "",
            _("Upload each file as a separate document."),
        )
    layers = document.Root.get("/OCProperties")
    if isinstance(layers, pikepdf.Dictionary) and has_hidden_layers(layers):
        collector.add_finding_to_decide(
            FindingCode.LAYERS,
            _("The document has layers that are not shown when it is opened."),
            "",
            _("Check that they are not meant to be confidential; if they are, delete them and export the PDF again."),
        )
    information = document.trailer.get("/Info")
    if isinstance(information, pikepdf.Dictionary):
        collector.title = read_display_string(information, "/Title")
        for key in ("/Author", "/Company", "/Manager"):
            if name := read_display_string(information, key):
                named.add(name)
                add_person_note(name, key[1:], collector)
    if language := read_display_string(document.Root, "/Lang"):
        collector.language = language[:40]
    return named


def add_person_note(name: str, where: str, collector: FindingsCollector) -> None:
    """Add the note that the file names somebody."""
    collector.add_note(
        _("The file’s properties contain the name of a person: %(who)s.", who=name), where, CLEAR_PROPERTIES_REMEDY
    )


def has_hidden_layers(layers: pikepdf.Dictionary) -> bool:
    """Return whether some optional content is off when the document opens (ISO 32000-2, 8.11.4)."""
    default_configuration = layers.get("/D")
    off = default_configuration.get("/OFF") if isinstance(default_configuration, pikepdf.Dictionary) else None
    return isinstance(off, pikepdf.Array) and len(off) > 0


def read_first_pages(source: BinaryIO, title: str | None) -> tuple[str, CoverReading]:
    """Return the text of the first pages, to detect the language, and what the first one says on the cover; nothing if
    they cannot be read. `title` is that of the document's properties."""
    source.seek(0)
    try:
        with closing(pypdfium2.PdfDocument(source)) as document:
            pages = [document[number].get_textpage() for number in range(min(len(document), LANGUAGE_PAGES))]
            return "".join(page.get_text_range() for page in pages), read_pdf_cover(pages[0], title)
    except pypdfium2.PdfiumError:
        return "", NOTHING_READ


def read_display_string(holder: pikepdf.Object, key: str) -> str | None:
    """Return a string value cleaned for display, None if there is none."""
    value = holder.get(key)
    return to_display_text(str(value)) or None if isinstance(value, pikepdf.String) else None
