"""Pages on paper: HTML of ours made into a PDF. WeasyPrint needs Pango of the system; without it there is no PDF.

It is given HTML from our own templates only, and fetches nothing: no picture, no style sheet, no address at all. What
its templates need (style, emblem) is written in them. One that asks for more is a fault of ours and is raised as one.
"""

from functools import cache
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import cast

from starlette.responses import Response

from app.asgi.files import SANDBOX, disposition
from app.core.db import ReadSession, let_go
from app.core.errors import Unavailable
from app.core.gate import PDF
from app.core.i18n import say

# Laying out is work for a processor: one page at a time, and the others wait, so that reading goes on beside it.
TURN = Lock()


def is_available() -> bool:
    """Whether this machine can make PDFs; where not, pages show no link to one."""
    return _weasyprint() is not None


def pdf_of(html: str) -> bytes:
    """The document as a tagged PDF, with its fonts in it.

    Raises Unavailable where `is_available()` is not, ValueError for HTML that wants something fetched.
    """
    weasyprint = _weasyprint()
    if weasyprint is None:
        raise Unavailable(say("No PDF can be made here. What it would say stands on the page."))
    with TURN:
        nothing = weasyprint.urls.URLFetcher(allowed_protocols=(), fail_on_errors=True)
        try:
            return cast("bytes", weasyprint.HTML(string=html, url_fetcher=nothing).write_pdf(pdf_tags=True))
        except weasyprint.urls.FatalURLFetchingError as fault:  # no Exception to them
            raise ValueError(str(fault)) from fault


def attached_pdf(session: ReadSession, html: str, name: str) -> Response:
    """The answer with that document. Laying it out takes a while: no connection to the database is held meanwhile.

    Call it once everything has been read. Raises what `pdf_of` raises.
    """
    let_go(session)
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return Response(pdf_of(html), media_type=PDF, headers=headers)


@cache
def _weasyprint() -> ModuleType | None:
    """Imported when it is first needed: it takes a second, and raises OSError where the system has no Pango."""
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):
        return None
