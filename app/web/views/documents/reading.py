"""Links to the text, PDF and first page of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.long_texts import TextBeginning
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind
from app.domain.contributions.models import ContributionFile
from app.domain.documents.models import LanguageVersion
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
}
UndrawnLine = tuple[LazyText, int, Sequence[str]]
"""A kind of content that the PDF does not show, how often it occurs, and the text before some of it."""
UNDRAWN_CONTENT = TypeAdapter(list[UndrawnContent])
ReadableFile = LanguageVersion | ContributionFile


ReadingMode = Annotated[Literal["", "text", "pages"], Query(alias="as")]


@dataclass(frozen=True, slots=True)
class FilePreview:
    """A file and its renditions as pages show them. `here` is the path of the document or contribution; `undrawn` is
    what the PDF does not show; `replaced_typefaces` are the names of those in whose place the PDF has others."""

    here: str
    edition: str
    language: str
    size: int
    state: str
    pages: int | None
    has_pdf: bool
    has_picture: bool
    pdf_size: int | None = None
    undrawn: Sequence[UndrawnLine] = ()
    replaced_typefaces: Sequence[str] = ()

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
        rendition.pdf_size if rendition else None,
        list_undrawn_content(rendition) if rendition else (),
        list_replaced_typefaces(rendition) if rendition else (),
    )


def list_undrawn_content(rendition: AnyRendition) -> Sequence[UndrawnLine]:
    """List what the PDF of a file does not show."""
    found = read_undrawn_content(rendition)
    return [(UNDRAWN_LABELS[each.kind], each.count, each.after) for each in found if each.kind in UNDRAWN_LABELS]


def list_replaced_typefaces(rendition: AnyRendition) -> Sequence[str]:
    """List the names of the typefaces in whose place the PDF of a file has others."""
    found = read_undrawn_content(rendition)
    return [name for each in found if each.kind == UndrawnKind.TYPEFACE for name in each.names]


def read_undrawn_content(rendition: AnyRendition) -> Sequence[UndrawnContent]:
    """Read what the PDF of a file does not show, and which typefaces it replaces; nothing without a PDF."""
    return UNDRAWN_CONTENT.validate_python(rendition.undrawn or []) if rendition.pdf else []


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
class EditionText:
    """The beginning of the text of an edition in the language of `shown`, of all that there are.

    It `has_cover` if the cover page can be printed.
    """

    shown: FilePreview
    languages: Sequence[FilePreview]
    beginning: TextBeginning
    has_cover: bool


def build_edition_text(
    session: ReadSession,
    path: str,
    files: Mapping[str, LanguageVersion],
    preferred: Sequence[str],
    *,
    edition: str = "",
) -> EditionText | None:
    """Build the text of an edition in the first of the `preferred` languages that there is; None without any file.

    `path` is that of the document, `files` those of the edition by language, without infected ones, `edition` the slug
    of an edition that is not in force.
    """
    if not files:
        return None
    chosen = next((code for code in preferred if code in files), next(iter(files)))
    rendition = find_file_rendition(session, files[chosen])
    return EditionText(
        build_file_preview(path, files[chosen], rendition, edition),
        [build_file_preview(path, file, None, edition) for file in files.values()],
        file_queries.take_rendered_beginning(rendition),
        has_cover=is_pdf_available(),
    )
