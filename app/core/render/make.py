"""Rendering pipeline from a file to text, pages, picture and PDF. The file passed the inspection, but is still
untrusted."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.gate.findings import PDF
from app.core.render.bounded import MIB, Failed, Limits, Task, run
from app.core.render.office import to_pdf

T = TypeVar("T")

READING = Limits()
LONGEST_PICTURE = 2 * MIB


class Words(BaseModel):
    """Answer of the process about a DOCX."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    paragraphs: list[str]


class Pages(Words):
    """Answer of the process about a PDF."""

    pages: int = Field(ge=1)
    picture: str = Field(max_length=LONGEST_PICTURE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything made of a file. `pdf` is in the given folder; `is_complete` is false if something is missing that
    should exist."""

    paragraphs: list[str] | None = None
    pages: int | None = None
    picture: bytes | None = None
    pdf: Path | None = None
    whole: bool = True


def make(source: Path, media: str, folder: Path, soffice: str, limits: Limits = READING) -> Rendered:
    """Render a file, working in `folder`. Without `soffice`, a DOCX gets no PDF.

    Raises nothing because of the file: what could not be made is None, and `is_complete` is false.
    """
    if media == PDF:
        pages = _run_or_none(lambda: Pages.model_validate_json(run(Task("pages", folder), source, limits)))
        return _add_pages(Rendered(pdf=source, paragraphs=pages.paragraphs if pages else None), pages)
    content = _run_or_none(lambda: Words.model_validate_json(run(Task("words", folder), source, limits)))
    rendered = Rendered(paragraphs=content.paragraphs if content else None, whole=content is not None)
    if not soffice:
        return rendered
    pdf = _run_or_none(lambda: to_pdf(soffice, source, folder))
    pages = _run_or_none(lambda: Pages.model_validate_json(run(Task("pages", folder), pdf, limits))) if pdf else None
    return _add_pages(replace(rendered, pdf=pdf), pages)


def _add_pages(rendered: Rendered, pages: Pages | None) -> Rendered:
    """Add what is known of the pages; a PDF that could not be read is not offered."""
    if pages is None:
        return replace(rendered, pdf=None, whole=False)
    return replace(rendered, pages=pages.pages, picture=b64decode(pages.picture))


def _run_or_none(step: Callable[[], T]) -> T | None:
    """Return the result of a step, or None if the process failed or its answer is invalid."""
    try:
        return step()
    except (Failed, ValidationError):
        return None
