"""Render HTML from our templates as PDF. WeasyPrint needs the system's Pango; without it there is no PDF.

WeasyPrint gets HTML from our own templates only and may fetch nothing: no picture, style sheet or URL. The templates
contain what they need (style, emblem); a template that fetches something is a bug and raises an error.
"""

from functools import cache
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import cast

from starlette.responses import Response

from app.core.db import ReadSession, release_connection
from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.inspection import PDF
from app.http.downloads import SANDBOX_POLICY, content_disposition

# Layout is CPU work: one PDF at a time, so that other requests go on being answered.
PDF_LOCK = Lock()


def is_pdf_available() -> bool:
    """Tell whether this machine can render PDFs; if not, pages show no link to one."""
    return _weasyprint() is not None


def render_pdf(html: str) -> bytes:
    """Render HTML as a tagged PDF with embedded fonts.

    Raises Unavailable if `is_pdf_available()` is false, ValueError if the HTML refers to a resource to be fetched.
    """
    weasyprint = _weasyprint()
    if weasyprint is None:
        raise Unavailable(_("No PDF can be made here. What it would say stands on the page."))
    with PDF_LOCK:
        no_fetcher = weasyprint.urls.URLFetcher(allowed_protocols=(), fail_on_errors=True)
        try:
            return cast("bytes", weasyprint.HTML(string=html, url_fetcher=no_fetcher).write_pdf(pdf_tags=True))
        except weasyprint.urls.FatalURLFetchingError as fault:  # not a subclass of Exception
            raise ValueError(str(fault)) from fault


def pdf_response(session: ReadSession, html: str, name: str) -> Response:
    """Render HTML as a PDF and return it as a download. The database connection is released before the layout.

    Call it once everything has been read from the database. Raises Unavailable or ValueError like `render_pdf`.
    """
    release_connection(session)
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "Content-Security-Policy": SANDBOX_POLICY,
    }
    return Response(render_pdf(html), media_type=PDF, headers=headers)


@cache
def _weasyprint() -> ModuleType | None:
    """Import WeasyPrint on first use, which takes a second; None if it or the system's Pango is missing."""
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):
        return None
