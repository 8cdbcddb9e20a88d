"""Tables of letters of invitation. No row is ever changed: what was made, was made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting


class InvitationTemplate(Entity):
    """The template of the letters of invitation of a body in one language from `put_at` on. `sha256` is None for the
    default template."""

    __tablename__ = "invitation_template"
    __table_args__ = (Index(None, "body_id", "lang"),)

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    lang: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int]
    name: Mapped[str]
    put_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    put_at: Mapped[datetime]


class InvitationSet(Entity):
    """Letters of invitation to a meeting that were made at once, with one reference number and one signatory."""

    __tablename__ = "invitation_set"
    __table_args__ = (Index(None, "meeting_id", "made_at"),)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    reference: Mapped[str]
    signatory: Mapped[str]
    function: Mapped[str]
    made_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]


class InvitationLetter(Base):
    """The letter of a set to the administration of one Member State. `template` is the SHA-256 digest of the template
    that it was made with, None for the default one."""

    __tablename__ = "invitation_letter"

    set_id: Mapped[UUID] = mapped_column(ForeignKey(InvitationSet.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    lang: Mapped[str]
    template: Mapped[str | None] = mapped_column(String(64))
