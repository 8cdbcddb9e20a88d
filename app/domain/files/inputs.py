"""Input of renditions: the result of rendering a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.rendering.undrawn import UndrawnContent


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
