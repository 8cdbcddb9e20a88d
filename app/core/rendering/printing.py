"""Prints HTML of our own templates as PDF with WeasyPrint. Runs in the confined process.

Nothing may be fetched: the templates contain what they need (style, emblem); one that fetches something is a bug.
Importing this module needs the system's Pango.
"""

from typing import BinaryIO, cast

import weasyprint


def print_html(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return a tagged PDF with embedded fonts. Raises FatalURLFetchingError if the HTML refers to something to be
    fetched."""
    no_fetcher = weasyprint.urls.URLFetcher(allowed_protocols=(), fail_on_errors=True)
    document = weasyprint.HTML(string=source.read().decode(), url_fetcher=no_fetcher)
    return cast("bytes", document.write_pdf(pdf_tags=True))
