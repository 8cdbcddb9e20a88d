"""Tables of the messages of a secretariat and of their texts. Neither is ever changed: what was sent, was sent."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting


class MessageTemplate(StrEnum):
    """What a message is about. All but the last propose a text."""

    INVITATION = "invitation"
    DEADLINE = "deadline"
    DOCUMENTS = "documents"
    FREE = "free"


class MessageAudience(StrEnum):
    """Who gets a message: people with a role in the body."""

    FOCAL_POINTS = "focal-points"
    HEADS_OF_DELEGATION = "heads-of-delegation"
    DELEGATES = "delegates"
    PARTICIPANTS = "participants"
    EVERY_SEAT = "every-seat"


class SecretariatMessage(Entity):
    """A message of the secretariat of a body to an audience; `meeting_id` is None if it is about no meeting."""

    __tablename__ = "secretariat_message"
    __table_args__ = (Index(None, "body_id", "sent_at"),)

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    meeting_id: Mapped[UUID | None] = mapped_column(ForeignKey(Meeting.id))
    template: Mapped[str]
    audience: Mapped[str]
    sent_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    sent_at: Mapped[datetime]


class SecretariatMessageText(Base):
    """Subject and text of a message in one language."""

    __tablename__ = "secretariat_message_text"

    message_id: Mapped[UUID] = mapped_column(ForeignKey(SecretariatMessage.id), primary_key=True)
    lang: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    text: Mapped[str]
