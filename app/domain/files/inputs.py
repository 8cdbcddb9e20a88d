"""Input of renditions: the result of rendering a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenditionResult:
    """Result of rendering a file. `pdf` and `picture` are digests in the store; None if it could not be made.

    `whole` is False if a part that is None should have been made.
    """

    paragraphs: list[str] | None
    pages: int | None
    pdf: str | None
    pdf_size: int | None
    picture: str | None
    whole: bool
