"""Rendering pipeline from a file to text, pages, picture and PDF. The file passed the inspection, but is still
untrusted."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.inspection.findings import PDF
from app.core.rendering.libreoffice import convert_docx_to_pdf
from app.core.rendering.subprocess_limits import MIB, ProcessLimits, ProcessTask, RenderingError, run_in_limited_process

ResultT = TypeVar("ResultT")

READING_LIMITS = ProcessLimits()
MAX_PICTURE_LENGTH = 2 * MIB


class ExtractedDocxText(BaseModel):
    """Answer of the process about a DOCX."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    paragraphs: list[str]


class ExtractedPdfContent(ExtractedDocxText):
    """Answer of the process about a PDF."""

    pages: int = Field(ge=1)
    picture: str = Field(max_length=MAX_PICTURE_LENGTH)


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """Everything made of a file. `pdf` is in the given folder; `is_complete` is false if something is missing that
    should exist."""

    paragraphs: list[str] | None = None
    pages: int | None = None
    picture: bytes | None = None
    pdf: Path | None = None
    is_complete: bool = True


def render_document(
    source: Path, media_type: str, folder: Path, soffice: str, limits: ProcessLimits = READING_LIMITS
) -> RenderedDocument:
    """Render a file, working in `folder`. Without `soffice`, a DOCX gets no PDF.

    Raises nothing because of the file: what could not be made is None, and `is_complete` is false.
    """
    if media_type == PDF:
        pages = _run_or_none(
            lambda: ExtractedPdfContent.model_validate_json(
                run_in_limited_process(ProcessTask("pages", folder), source, limits)
            )
        )
        return _add_pages(RenderedDocument(pdf=source, paragraphs=pages.paragraphs if pages else None), pages)
    content = _run_or_none(
        lambda: ExtractedDocxText.model_validate_json(
            run_in_limited_process(ProcessTask("words", folder), source, limits)
        )
    )
    rendered = RenderedDocument(paragraphs=content.paragraphs if content else None, is_complete=content is not None)
    if not soffice:
        return rendered
    pdf = _run_or_none(lambda: convert_docx_to_pdf(soffice, source, folder))
    pages = (
        _run_or_none(
            lambda: ExtractedPdfContent.model_validate_json(
                run_in_limited_process(ProcessTask("pages", folder), pdf, limits)
            )
        )
        if pdf
        else None
    )
    return _add_pages(replace(rendered, pdf=pdf), pages)


def _add_pages(rendered: RenderedDocument, pages: ExtractedPdfContent | None) -> RenderedDocument:
    """Add what is known of the pages; a PDF that could not be read is not offered."""
    if pages is None:
        return replace(rendered, pdf=None, is_complete=False)
    return replace(rendered, pages=pages.pages, picture=b64decode(pages.picture))


def _run_or_none(step: Callable[[], ResultT]) -> ResultT | None:
    """Return the result of a step, or None if the process failed or its answer is invalid."""
    try:
        return step()
    except (RenderingError, ValidationError):
        return None
