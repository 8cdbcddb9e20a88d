"""What the confined process does for a clean copy: writes the copy, and on a last line what it took out."""

import json
from typing import BinaryIO

from app.core.cleaning.docx_cleaning import clean_docx
from app.core.cleaning.pdf_cleaning import clean_pdf
from app.core.cleaning.removals import CleaningObstacle
from app.core.inspection.findings import PDF
from app.core.inspection.signatures import find_media_type

HEAD_BYTES = 16


def clean_file(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the copy, and after it a line of JSON: what was taken out, or why there is no copy."""
    media_type = find_media_type(source.read(HEAD_BYTES))
    source.seek(0)
    result = clean_pdf(source) if media_type == PDF else clean_docx(source)
    if isinstance(result, CleaningObstacle):
        return b"\n" + json.dumps({"obstacle": result.value}).encode()
    copy, removals = result
    removed = {kind.value: count for kind, count in removals.items() if count}
    return copy + b"\n" + json.dumps({"removed": removed}).encode()
