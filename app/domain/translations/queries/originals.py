"""The originals of texts that leave for translation: their files, and their segments where a file is no document that
can be edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, literal, null, select

from app.core.db import ReadSession
from app.core.inspection.findings import DOCX
from app.domain.documents.models import Edition, LanguageVersion
from app.domain.files.models import Rendition
from app.domain.outputs.models import Output, OutputFile
from app.domain.translations.queries.due import DueTranslationRow


@dataclass(frozen=True, slots=True)
class OriginalText:
    """The file of a text in its original language. `paragraphs` are those of a file that is no DOCX, as far as its text
    was read."""

    sha256: str
    size: int
    media: str
    abstract: str
    paragraphs: Sequence[str]


def index_originals(session: ReadSession, rows: Sequence[DueTranslationRow]) -> dict[UUID, OriginalText]:
    """Load the originals of texts that were listed for the actor, by edition or output."""
    editions = [row.edition_id for row in rows if row.edition_id]
    outputs = [row.output_id for row in rows if row.output_id]
    of_edition = and_(LanguageVersion.edition_id == Edition.id, LanguageVersion.language == Edition.original)
    of_output = and_(OutputFile.output_id == Output.id, OutputFile.language == Output.original)
    found: dict[UUID, OriginalText] = {}
    for table, key, abstract, is_of, chosen in (
        (LanguageVersion, Edition.id, Edition.abstract, of_edition, editions),
        (OutputFile, Output.id, literal(""), of_output, outputs),
    ):
        paragraphs = case((table.media == DOCX, null()), else_=Rendition.paragraphs)
        statement = (
            select(key, table.sha256, table.size, table.media, abstract, paragraphs)
            .join(table, is_of)
            .outerjoin(Rendition, Rendition.sha256 == table.sha256)
            .where(key.in_(chosen))
        )
        for text_id, sha256, size, media, summary, lines in session.execute(statement):
            found[text_id] = OriginalText(sha256, size, media, summary, lines or ())
    return found
