"""Links to the text, PDF and first page of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query

from app.core.db import ReadSession
from app.domain.contributions.models import ContributionFile
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.renditions import queries as renditions
from app.domain.renditions.models import Rendition, RenditionState
from app.domain.scans import queries as scans
from app.http.pdf_export import is_pdf_available

PICTURE_TYPE = "image/webp"


ReadableFile = LanguageVersion | ContributionFile


ReadingMode = Annotated[Literal["", "text", "pages"], Query(alias="as")]


@dataclass(frozen=True, slots=True)
class FilePreview:
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
    def query_string(self) -> str:
        """Query string that names the edition, or an empty string."""
        return f"?edition={self.edition}" if self.edition else ""

    @property
    def reading_url(self) -> str:
        """Path of the page on which the file is read."""
        return f"{self.here}/read/{self.language}{self.query_string}"

    @property
    def original_url(self) -> str:
        """Path of the original file."""
        return f"{self.here}{'/' if self.edition else ''}{self.edition}/files/{self.language}"

    @property
    def pdf_url(self) -> str:
        """Path of the PDF rendition."""
        return f"{self.here}/pages/{self.language}{self.query_string}"

    @property
    def picture_url(self) -> str:
        """Path of the picture of the first page."""
        return f"{self.here}/picture/{self.language}{self.query_string}"


def build_file_preview(path: str, file: ReadableFile, rendition: Rendition | None, edition: str = "") -> FilePreview:
    """Build the preview of one file; without a rendition yet its state is WAITING."""
    return FilePreview(
        path,
        edition,
        file.language,
        file.size,
        rendition.state if rendition else RenditionState.WAITING,
        rendition.pages if rendition else None,
        bool(rendition and rendition.pdf),
        bool(rendition and rendition.picture),
    )


def list_file_previews(session: ReadSession, path: str, files: Sequence[ReadableFile]) -> list[FilePreview]:
    """List the previews of files that were loaded for the actor, without those in which a virus was found."""
    digests = [file.sha256 for file in files]
    renditions_by_digest = renditions.find_renditions(session, digests)
    infected = scans.list_infected_files(session, digests)
    return [
        build_file_preview(path, file, renditions_by_digest.get(file.sha256))
        for file in files
        if file.sha256 not in infected
    ]


@dataclass(frozen=True, slots=True)
class ReadingPanel:
    """What the page of a document needs for its section on reading; `texts` are the editions that can be compared."""

    first: FilePreview
    all: Sequence[FilePreview]
    texts: Sequence[Edition]
    prints: bool


def build_reading_panel(
    session: ReadSession, document: Document, versions: Sequence[LanguageVersion], language: str
) -> ReadingPanel | None:
    """Build the section on reading for the edition in force, beginning with the reader's language if it is there.

    None if there is nothing to read.
    """
    file_previews = list_file_previews(session, f"/documents/{document.id}", versions)
    if not file_previews:
        return None
    by_language = {file_preview.language: file_preview for file_preview in file_previews}
    first = by_language.get(language) or by_language.get(document.original) or file_previews[0]
    texts = [
        edition for edition in documents.list_editions(session, document) if edition.step in documents.WHOLE_TEXT_STEPS
    ]
    return ReadingPanel(first, file_previews, texts, is_pdf_available())
