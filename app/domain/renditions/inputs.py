"""What the worker made of a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """`pdf` and `picture` are digests in the store; what is None could not be made, and `whole` says if it ought to."""

    paragraphs: list[str] | None
    pages: int | None
    pdf: str | None
    pdf_size: int | None
    picture: str | None
    whole: bool
