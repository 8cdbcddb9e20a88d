"""Table of the full-text index: one row for each language version of each edition."""

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base
from app.domain.documents.models import Document, LanguageVersion


class DocumentText(Base):
    """The indexed words of a text in one language: title, abstract, and paragraphs once they are extracted.

    It holds words only; what is shown of a text comes from the document and its rendition.
    """

    __tablename__ = "document_text"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "language"], [LanguageVersion.edition_id, LanguageVersion.language]),
        Index(None, "words", postgresql_using="gin"),
        {"info": {UNRECORDED: "Words to find a text by; what is shown comes from the document and its rendition."}},
    )

    edition_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), index=True)
    words: Mapped[str] = mapped_column(TSVECTOR)
