"""Render HTML from our templates as PDF, by the service that opens files. Without Pango there, there is no PDF.

WeasyPrint gets HTML from our own templates only and may fetch nothing: no picture, style sheet or URL. The templates
contain what they need (style, emblem); a template that fetches something is a bug and raises an error.
"""

from starlette.responses import Response

from app.core.db import ReadSession, release_connection
from app.core.errors import Unavailable
from app.core.file_service.client import TaskError, TaskFailure, can_do_task, open_bytes, read_task
from app.core.file_service.fair_slots import PAGES
from app.core.file_service.tasks import PRINT
from app.core.i18n import lazy_gettext as _
from app.core.inspection import PDF
from app.http.downloads import SANDBOX_POLICY, content_disposition

NO_PDF = _("A PDF cannot be created here. The page contains the same information.")
PRINTER_BUSY = _("Other documents are being printed. Try again in a moment.")


def is_pdf_available() -> bool:
    """Tell whether PDFs can be made; if not, pages show no link to one."""
    return can_do_task(PRINT)


def render_pdf(html: str) -> bytes:
    """Render HTML as a tagged PDF with embedded fonts.

    Raises Unavailable if `is_pdf_available()` is false or others are first, ValueError if it cannot be rendered: the
    HTML refers to a resource to be fetched.
    """
    if not is_pdf_available():
        raise Unavailable(NO_PDF)
    try:
        with open_bytes(html.encode()) as source:
            return read_task(PRINT, source, party=PAGES)
    except TaskError as error:
        if error.failure in (TaskFailure.BUSY, TaskFailure.CUT_OFF):
            raise Unavailable(PRINTER_BUSY) from None
        raise ValueError(str(error)) from error


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
