"""Rendering pipeline from a file to text, pages, picture and PDF. The file passed the inspection, but is still
untrusted."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.core.file_service.client import FileServiceOptions, get_service_status
from app.core.file_service.fair_slots import RENDITIONS
from app.core.file_service.limits import MIB
from app.core.file_service.tasks import CONVERT, FORMULAS, WITH_HEADINGS
from app.core.file_service.typefaces import WITH_TYPEFACES
from app.core.inspection.findings import PDF
from app.core.rendering.template_filling import (
    RenderingBusy,
    RenderingCutOff,
    RenderingError,
    convert_docx_to_pdf,
    read_rendering,
)
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind

ResultT = TypeVar("ResultT")

MAX_PICTURE_LENGTH = 2 * MIB


class ExtractedText(BaseModel):
    """The text in an answer of the process."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    paragraphs: list[str]


class ExtractedDocxText(ExtractedText):
    """Answer of the process about a DOCX. An earlier service tells no headings."""

    heading_levels: list[int] | None = None
    undrawn: list[UndrawnContent] = []

    @model_validator(mode="after")
    def require_a_level_of_each_paragraph(self) -> Self:
        """Raise ValueError unless there is one level for each paragraph, or none at all."""
        if self.heading_levels is not None and len(self.heading_levels) != len(self.paragraphs):
            raise ValueError("there is not one level for each paragraph")
        return self


class ExtractedPdfContent(ExtractedText):
    """Answer of the process about a PDF."""

    pages: int = Field(ge=1)
    picture: str = Field(max_length=MAX_PICTURE_LENGTH)


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """Everything made of a file. `heading_levels` are those of its paragraphs, 0 where one is no heading, None without
    headings; `pdf` is in the given folder, `undrawn` what it does not show; `is_complete` is false if something is
    missing that should exist."""

    paragraphs: list[str] | None = None
    heading_levels: list[int] | None = None
    pages: int | None = None
    picture: bytes | None = None
    pdf: Path | None = None
    undrawn: tuple[UndrawnContent, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class RenderingSlot:
    """As whom, and whether alone, a file is opened by the service."""

    options: FileServiceOptions
    party: str
    is_alone: bool


def render_document(
    source: Path,
    media_type: str,
    folder: Path,
    options: FileServiceOptions,
    *,
    party: str = RENDITIONS,
    is_alone: bool = False,
) -> RenderedDocument:
    """Render a file of a party, working in `folder`, with `is_alone` while the service opens nothing else. Where there
    is no LibreOffice, a DOCX gets no PDF.

    Because of the file it raises nothing: what could not be made, or was cut off, is None, and `is_complete` is false.
    Raises RenderingBusy or Unavailable if it was not tried, and ServiceInterrupted if the service ended meanwhile.
    """
    slot = RenderingSlot(options, party, is_alone)
    if media_type == PDF:
        pages = _read_pages(source, slot)
        return _add_pages(RenderedDocument(pdf=source, paragraphs=pages.paragraphs if pages else None), pages)
    content = _run_or_none(lambda: _read_docx_text(source, slot))
    rendered = _take_docx_text(content) if content else RenderedDocument(is_complete=False)
    if CONVERT not in get_service_status(options).tasks:
        return rendered
    pdf = _run_or_none(lambda: _convert(source, folder / "document.pdf", slot))
    undrawn = _select_undrawn(content.undrawn, options) if pdf and content else ()
    pages = _read_pages(pdf, slot) if pdf else None
    return _add_pages(replace(rendered, pdf=pdf, undrawn=undrawn), pages)


def _read_docx_text(source: Path, slot: RenderingSlot) -> ExtractedDocxText:
    answer = _read("words", source, slot, b" ".join((WITH_TYPEFACES, WITH_HEADINGS)))
    content = ExtractedDocxText.model_validate_json(answer)
    if content.heading_levels is None:  # an earlier service, which knows typefaces alone
        content = ExtractedDocxText.model_validate_json(_read("words", source, slot, WITH_TYPEFACES))
    return content


def _take_docx_text(content: ExtractedDocxText) -> RenderedDocument:
    levels = content.heading_levels
    return RenderedDocument(content.paragraphs, levels if levels and any(levels) else None)


def _select_undrawn(found: Sequence[UndrawnContent], options: FileServiceOptions) -> tuple[UndrawnContent, ...]:
    """Select what the converter of the service does not draw: formulas only without its module for them."""
    drawn = {UndrawnKind.FORMULA} if FORMULAS in get_service_status(options).tasks else set()
    return tuple(each for each in found if each.kind not in drawn)


def _read(task: str, source: Path, slot: RenderingSlot, arguments: bytes = b"") -> bytes:
    with source.open("rb") as file:
        return read_rendering(task, file, arguments, party=slot.party, is_alone=slot.is_alone, options=slot.options)


def _read_pages(source: Path, slot: RenderingSlot) -> ExtractedPdfContent | None:
    return _run_or_none(lambda: ExtractedPdfContent.model_validate_json(_read("pages", source, slot)))


def _convert(source: Path, target: Path, slot: RenderingSlot) -> Path:
    """Convert a DOCX to a PDF at `target` and return that. Raises RenderingError or Unavailable."""
    with source.open("rb") as document, target.open("xb") as pdf:
        convert_docx_to_pdf(document, pdf, slot.options, party=slot.party, is_alone=slot.is_alone)
    return target


def _add_pages(rendered: RenderedDocument, pages: ExtractedPdfContent | None) -> RenderedDocument:
    """Add what is known of the pages; a PDF that could not be read is not offered."""
    if pages is None:
        return replace(rendered, pdf=None, undrawn=(), is_complete=False)
    return replace(rendered, pages=pages.pages, picture=b64decode(pages.picture))


def _run_or_none(step: Callable[[], ResultT]) -> ResultT | None:
    """Return the result of a step, or None if the process failed or was cut off, or its answer is invalid. Raises
    RenderingBusy or Unavailable."""
    try:
        return step()
    except RenderingCutOff:
        return None
    except RenderingBusy:
        raise
    except (RenderingError, ValidationError):
        return None
