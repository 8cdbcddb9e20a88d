"""Links to the text, PDF and first page of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query

from app.asgi.printing import is_available
from app.core.db import ReadSession
from app.domain.contributions.models import ContributionFile
from app.domain.documents import queries as documents
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.renditions import queries as renditions
from app.domain.renditions.models import Rendition, State
from app.domain.scans import queries as scans

PICTURE = "image/webp"


File = LanguageVersion | ContributionFile


As = Annotated[Literal["", "text", "pages"], Query(alias="as")]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file and its renditions as pages show them. `here` is the path of the document or contribution."""

    here: str
    edition: str
    language: str
    size: int
    state: str
    pages: int | None
    has_pdf: bool
    has_picture: bool

    @property
    def asked(self) -> str:
        """Query string that names the edition, or an empty string."""
        return f"?edition={self.edition}" if self.edition else ""

    @property
    def read(self) -> str:
        """Path of the page on which the file is read."""
        return f"{self.here}/read/{self.language}{self.asked}"

    @property
    def original(self) -> str:
        """Path of the original file."""
        return f"{self.here}{'/' if self.edition else ''}{self.edition}/files/{self.language}"

    @property
    def pdf(self) -> str:
        """Path of the PDF rendition."""
        return f"{self.here}/pages/{self.language}{self.asked}"

    @property
    def picture(self) -> str:
        """Path of the picture of the first page."""
        return f"{self.here}/picture/{self.language}{self.asked}"


def preview(here: str, file: File, made: Rendition | None, edition: str = "") -> Preview:
    """Build the preview of one file; without a rendition yet its state is WAITING."""
    return Preview(
        here,
        edition,
        file.language,
        file.size,
        made.state if made else State.WAITING,
        made.pages if made else None,
        bool(made and made.pdf),
        bool(made and made.picture),
    )


def previews(session: ReadSession, here: str, files: Sequence[File]) -> list[Preview]:
    """List the previews of files that were loaded for the actor, without those in which a virus was found."""
    digests = [file.sha256 for file in files]
    renditions_by_digest, infected = renditions.of_all(session, digests), scans.infected(session, digests)
    return [preview(here, file, renditions_by_digest.get(file.sha256)) for file in files if file.sha256 not in infected]


@dataclass(frozen=True, slots=True)
class AboutReading:
    """What the page of a document needs for its section on reading; `texts` are the editions that can be compared."""

    first: Preview
    all: Sequence[Preview]
    texts: Sequence[Edition]
    prints: bool


def about(
    session: ReadSession, document: Document, versions: Sequence[LanguageVersion], language: str
) -> AboutReading | None:
    """Build the section on reading for the edition in force, beginning with the reader's language if it is there.

    None if there is nothing to read.
    """
    file_previews = previews(session, f"/documents/{document.id}", versions)
    if not file_previews:
        return None
    by_language = {file_preview.language: file_preview for file_preview in file_previews}
    first = by_language.get(language) or by_language.get(document.original) or file_previews[0]
    texts = [edition for edition in documents.editions(session, document) if edition.step in documents.TEXTS]
    return AboutReading(first, file_previews, texts, is_available())
