"""Links to the text, PDF and first page of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind
from app.domain.contributions.models import ContributionFile
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.files import queries as file_queries
from app.domain.files.models import RenditionState
from app.domain.files.queries import AnyRendition
from app.http.exports.pdf_export import is_pdf_available

PICTURE_TYPE = "image/webp"


UNDRAWN_LABELS = {
    UndrawnKind.CHART: _("Charts of a newer kind"),
    UndrawnKind.DIAGRAM: _("Diagrams (SmartArt)"),
    UndrawnKind.INK: _("Handwriting"),
    UndrawnKind.PICTURE: _("Pictures that are damaged, or of an unusual kind"),
    UndrawnKind.FORMULA: _("Formulas"),
    UndrawnKind.FIELD: _("Fields with a barcode or a formula"),
    UndrawnKind.OBJECT: _("Other objects"),
    UndrawnKind.TYPEFACE: _("Typefaces that are replaced in the PDF, so that lines and pages may break elsewhere"),
}
UNDRAWN_CONTENT = TypeAdapter(list[UndrawnContent])
ReadableFile = LanguageVersion | ContributionFile


ReadingMode = Annotated[Literal["", "text", "pages"], Query(alias="as")]


@dataclass(frozen=True, slots=True)
class FilePreview:
    """A file and its renditions as pages show them. `here` is the path of the document or contribution; `undrawn` is
    what the PDF does not show: kind, number, the text before some of it, and names."""

    here: str
    edition: str
    language: str
    size: int
    state: str
    pages: int | None
    has_pdf: bool
    has_picture: bool
    undrawn: Sequence[tuple[LazyText, int, Sequence[str], Sequence[str]]] = ()

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


def build_file_preview(path: str, file: ReadableFile, rendition: AnyRendition | None, edition: str = "") -> FilePreview:
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
        list_undrawn_content(rendition) if rendition else (),
    )


def list_undrawn_content(rendition: AnyRendition) -> Sequence[tuple[LazyText, int, Sequence[str], Sequence[str]]]:
    """List what the PDF of a file does not show: kind, number, the text before some of it, and names."""
    found = UNDRAWN_CONTENT.validate_python(rendition.undrawn or []) if rendition.pdf else []
    return [(UNDRAWN_LABELS[each.kind], each.count, each.after, each.names) for each in found]


def find_file_rendition(session: ReadSession, file: ReadableFile) -> AnyRendition | None:
    """Find the rendition of a file that was loaded for the actor, with its text."""
    return file_queries.find_rendition(session, file.sha256, contribution=_find_contribution([file]))


def _find_contribution(files: Sequence[ReadableFile]) -> UUID | None:
    """Find the contribution of these files, which belong together: None if they are those of a document."""
    return next((file.contribution_id for file in files if isinstance(file, ContributionFile)), None)


def list_file_previews(session: ReadSession, path: str, files: Sequence[ReadableFile]) -> list[FilePreview]:
    """List the previews of files that were loaded for the actor, without those in which a virus was found."""
    digests, contribution = [file.sha256 for file in files], _find_contribution(files)
    renditions_by_digest = file_queries.find_renditions(session, digests, contribution=contribution)
    infected = file_queries.list_infected_files(session, digests, contribution=contribution)
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
