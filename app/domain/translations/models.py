"""Tables of the translations that are due: to whom each is assigned, and files that were received but not added yet."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.bodies.models import Body
from app.domain.documents.models import Edition
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output
from app.domain.uploads.models import Upload


class TextKind(StrEnum):
    """Kind of a text of which a translation is due: an edition of a document, or an output."""

    EDITION = "edition"
    OUTPUT = "output"


class TranslationState(StrEnum):
    """State of a translation that is due. It is computed: once the translation is there, it is due no longer."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    RECEIVED = "received"


class TranslationAssignment(Entity):
    """Who translates an edition or an output into a language, and until which day.

    The translator is a person of the secretariat, or a name that was typed; both are empty while only the day was set.
    Without `due_on` the translation is due on the day until which the documents of its meeting are posted.
    """

    __tablename__ = "translation_assignment"
    __table_args__ = (
        UniqueConstraint("edition_id", "language"),
        UniqueConstraint("output_id", "language"),
        CheckConstraint("num_nonnulls(edition_id, output_id) = 1", name="is_of_one_text"),
        CheckConstraint("num_nonnulls(translator_id, translator_name) <= 1", name="has_one_translator"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    edition_id: Mapped[UUID | None] = mapped_column(ForeignKey(Edition.id))
    output_id: Mapped[UUID | None] = mapped_column(ForeignKey(Output.id))
    language: Mapped[str] = mapped_column(String(2))
    translator_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    translator_name: Mapped[str | None]
    due_on: Mapped[date | None]
    assigned_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    assigned_at: Mapped[datetime]


class ReceivedTranslation(Base):
    """What is known of an upload that was received as a translation: what was found in it, and the text and language
    that its name means.

    The bytes and their person are those of the upload, and the row ends with it. `title` is what an XLIFF file says.
    """

    __tablename__ = "received_translation"
    __table_args__ = (
        CheckConstraint("num_nonnulls(edition_id, output_id) <= 1", name="is_of_one_text"),
        {"info": {UNRECORDED: "A file that is not added yet; the translation that is added is recorded."}},
    )

    upload_id: Mapped[UUID] = mapped_column(ForeignKey(Upload.id, ondelete="CASCADE"), primary_key=True)
    edition_id: Mapped[UUID | None] = mapped_column(ForeignKey(Edition.id), index=True)
    output_id: Mapped[UUID | None] = mapped_column(ForeignKey(Output.id), index=True)
    language: Mapped[str | None] = mapped_column(String(2))
    found_language: Mapped[str | None] = mapped_column(String(2))
    is_xliff: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str | None]
    findings: Mapped[list[dict[str, object]]] = mapped_column(default=list)
