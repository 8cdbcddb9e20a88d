"""Tables of packs and of the private notes of delegations."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting


class PackFormat(StrEnum):
    """The files of a pack: PDF where there is one, the files as submitted, or both."""

    PDF = "pdf"
    SUBMITTED = "submitted"
    BOTH = "both"


class MeetingPack(Entity):
    """A pack that a person downloaded of a meeting. `files` has the SHA-256 of each document in it by its path."""

    __tablename__ = "meeting_pack"
    __table_args__ = (
        Index(None, "person_id", "meeting_id"),
        {"info": {UNRECORDED: "It says what a person has already, and changes nothing of the record."}},
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]
    format: Mapped[str]
    files: Mapped[dict[str, str]] = mapped_column(JSONB)


class DelegationNote(Base):
    """What a delegation noted for itself about an item of the agenda or a document of a meeting; it is not on record.

    `subject_id` is the item or the document. `version` counts the saves; who saves names the version that they saw. An
    empty text is a note that was deleted.
    """

    __tablename__ = "delegation_note"
    __table_args__ = ({"info": {UNRECORDED: "It is a private note of a delegation."}},)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str]
    version: Mapped[int]
    written_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    written_at: Mapped[datetime]
