"""Inputs about files: the result of rendering one, and a Word template that was uploaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.rendering.undrawn import UndrawnContent
from app.core.validation import InputModel


@dataclass(frozen=True, slots=True)
class RenditionResult:
    """Result of rendering a file. `pdf` and `picture` are digests in the store; None if it could not be made.

    `heading_levels` are those of its paragraphs, 0 where one is no heading, None without headings. `undrawn` is what
    the PDF does not show. `whole` is False if a part that is None should have been made.
    """

    paragraphs: list[str] | None
    pages: int | None
    pdf: str | None
    pdf_size: int | None
    picture: str | None
    whole: bool
    undrawn: Sequence[UndrawnContent] = ()
    heading_levels: list[int] | None = None


class NewWordTemplate(InputModel):
    """A file that passed inspection, and its fields: the name of each, and whether it is alone in its paragraph."""

    sha256: str
    size: int
    media: str
    name: str
    fields: tuple[tuple[str, bool], ...]
