"""From a file to all that is made of it. The file has passed the gate; it is a stranger's all the same."""

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
    """What `child` answers about a DOCX."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    paragraphs: list[str]


class Pages(Words):
    """What `child` answers about a PDF."""

    pages: int = Field(ge=1)
    picture: str = Field(max_length=LONGEST_PICTURE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was made. `pdf` lies in the folder that was given; `whole` is false if something that ought to be is not."""

    paragraphs: list[str] | None = None
    pages: int | None = None
    picture: bytes | None = None
    pdf: Path | None = None
    whole: bool = True


def make(source: Path, media: str, folder: Path, soffice: str, limits: Limits = READING) -> Rendered:
    """Make what can be made of a file, working in `folder`. Without `soffice` there is no PDF of a DOCX.

    Never raises for what is in the file: what could not be made is None, and `whole` says so.
    """
    if media == PDF:
        pages = _tried(lambda: Pages.model_validate_json(run(Task("pages", folder), source, limits)))
        return _seen(Rendered(pdf=source, paragraphs=pages.paragraphs if pages else None), pages)
    words = _tried(lambda: Words.model_validate_json(run(Task("words", folder), source, limits)))
    made = Rendered(paragraphs=words.paragraphs if words else None, whole=words is not None)
    if not soffice:
        return made
    pdf = _tried(lambda: to_pdf(soffice, source, folder))
    pages = _tried(lambda: Pages.model_validate_json(run(Task("pages", folder), pdf, limits))) if pdf else None
    return _seen(replace(made, pdf=pdf), pages)


def _seen(made: Rendered, pages: Pages | None) -> Rendered:
    """With what is known of the pages; a PDF that we cannot open ourselves is not offered for reading."""
    if pages is None:
        return replace(made, pdf=None, whole=False)
    return replace(made, pages=pages.pages, picture=b64decode(pages.picture))


def _tried(act: Callable[[], T]) -> T | None:
    """What it gives, or None if the process failed or answered nonsense."""
    try:
        return act()
    except (Failed, ValidationError):
        return None
