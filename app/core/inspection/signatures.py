"""Tells the accepted formats apart by the first bytes of a file, without parsing it."""

from app.core.inspection.findings import DOCX, PDF

PDF_SIGNATURE = b"%PDF-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some programs write it in front of a PDF, as if it were text
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def find_media_type(head: bytes) -> str | None:
    """Return the media type of a PDF or DOCX (a ZIP archive at first sight) by its first bytes; None for others."""
    if head.removeprefix(BYTE_ORDER_MARK).startswith(PDF_SIGNATURE):
        return PDF
    return DOCX if head.startswith(ZIP_SIGNATURES) else None
