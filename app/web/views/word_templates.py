"""Word templates of a body: opening one to fill it, making a PDF of it, sending one, and its page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol

from fastapi import Response

from app.core.db import release_connection
from app.core.errors import DomainError, Unavailable
from app.core.file_service.client import can_do_task, open_bytes
from app.core.file_service.tasks import CONVERT
from app.core.i18n import LazyText
from app.core.inspection import DOCX
from app.core.rendering.template_filling import RenderingBusy, RenderingError, render_docx_to_pdf
from app.domain.bodies.models import Body
from app.domain.files import queries as file_queries
from app.http.downloads import PRIVATE_CACHE, attachment_response, download_response
from app.http.page_context import ReadContext
from app.http.portal_state import PortalState
from app.web.forms.file_fields import describe_file_refusal
from app.web.forms.template_files import BUSY_MESSAGE
from app.web.views.documents.titles import localize_title

ONLY_DEFAULT = "default"
"""Value of the query parameter `of` that asks for the default template, even if the body has one of its own."""


class StoredTemplate(Protocol):
    """A template of a body's own: the digest of its file (None where it returned to the default one), and its name."""

    sha256: Any
    name: Any


@dataclass(frozen=True, slots=True)
class WordTemplatePage:
    """What the page of a template says of it: its address, title and description, what an upload applies to, and the
    fields and styles that it may contain. `languages` are those that have templates of their own: address, name and
    whether it is shown."""

    here: str
    title: LazyText
    standfirst: LazyText
    hint: LazyText
    fields: Mapping[str, LazyText]
    styles: Mapping[str, LazyText]
    languages: Sequence[tuple[str, str, bool]] = ()

    @property
    def field_rows(self) -> list[tuple[str, LazyText]]:
        """The fields as they are written in a template."""
        return [(f"{{{{ {name} }}}}", words) for name, words in self.fields.items()]


def render_template_page(
    context: ReadContext,
    page: WordTemplatePage,
    body: Body,
    current: StoredTemplate | None,
    earlier: Sequence[object],
    refused: DomainError | None,
) -> Response:
    """Render the page of a template: the current one, those of before with who put them, and why an upload was
    refused, if one was."""
    return context.render(
        "web/word_template.html",
        status=refused.status if refused else 200,
        page=page,
        body=body,
        body_name=localize_title(body.names, context.language),
        now=current,
        before=earlier,
        refused=describe_file_refusal(refused),
    )


def send_template(
    context: ReadContext, template: StoredTemplate | None, build_default: Callable[[], bytes], default_name: str
) -> Response:
    """Send a template of a body's own, or without one the default template under a name, to be edited in Word. Raises
    Conflict if the virus scanner holds it back."""
    if template is None:
        release_connection(context.session)
        return attachment_response(build_default(), DOCX, default_name)
    file_queries.require_clean_scans(context.session, [str(template.sha256)])
    return download_response(
        context.request,
        context.portal.store,
        sha256=str(template.sha256),
        media_type=DOCX,
        name=template.name,
        cache_control=PRIVATE_CACHE,
    )


@contextmanager
def explain_rendering_failures(failed: LazyText) -> Iterator[None]:
    """Context manager: raise Unavailable if rendering is busy or fails; `failed` says what to do then."""
    try:
        yield
    except RenderingBusy as fault:
        raise Unavailable(BUSY_MESSAGE) from fault
    except RenderingError as fault:
        raise Unavailable(failed) from fault


@contextmanager
def open_template(portal: PortalState, sha256: str | None, build_default: Callable[[], bytes]) -> Iterator[BinaryIO]:
    """Context manager: open a temporary file with a template, or with the default one if there is no digest. Raises
    Unavailable."""
    if not sha256:
        with open_bytes(build_default()) as template:
            yield template
        return
    with TemporaryFile() as template:
        template.writelines(portal.store.iter_chunks(sha256))
        template.seek(0)
        yield template


def can_create_pdf(portal: PortalState) -> bool:
    """Return whether a filled template can be had as PDF."""
    return can_do_task(CONVERT, portal.settings.file_service_options)


def create_pdf(portal: PortalState, build_document: Callable[[], bytes], missing: LazyText, failed: LazyText) -> bytes:
    """Create the PDF of a filled template. Raises Unavailable if it fails, or with `missing` where no LibreOffice is
    installed."""
    if not can_create_pdf(portal):
        raise Unavailable(missing)
    document = build_document()
    with explain_rendering_failures(failed):
        return render_docx_to_pdf(document, portal.settings.file_service_options)
