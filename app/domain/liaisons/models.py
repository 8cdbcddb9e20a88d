"""Tables of incoming liaison statements, their files, and the outputs that reply to them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.bodies.models import Body
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import CitedCodes
from app.domain.organizations.models import Organization
from app.domain.outputs.models import Output


class LiaisonState(StrEnum):
    """State of an incoming liaison. What asks for something is open while it is REGISTERED."""

    RECEIVED = "received"
    RETURNED = "returned"
    REGISTERED = "registered"
    ANSWERED = "answered"
    CLOSED = "closed"


class Liaison(Entity):
    """A liaison statement that a body received from a party: an organization, or another body.

    `symbol` is the sender's own, `answers` the output of the body that it replies to. `holder_id` prepares what is
    asked, until `held_until`. `document_id` is the sealed document that it became, `reply_id` the released output that
    answered it. `because` says why it was returned, or why it needs no answer. `withdrawn_at` is when its sender
    withdrew it; nothing of it is removed. `version` counts its changes.
    """

    __tablename__ = "liaison"
    __table_args__ = (
        CheckConstraint("(organization IS NULL) <> (sender_body_id IS NULL)", name="has_one_party"),
        CheckConstraint("(holder_id IS NULL) = (held_until IS NULL)", name="is_held_until"),
        CheckConstraint("(document_id IS NULL) = (state IN ('received', 'returned'))", name="has_its_document"),
        CheckConstraint("(reply_id IS NULL) = (state <> 'answered')", name="has_its_reply"),
        Index(None, "body_id", "state"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    organization: Mapped[str | None] = mapped_column(ForeignKey(Organization.code), index=True)
    sender_body_id: Mapped[UUID | None] = mapped_column(ForeignKey(Body.id))
    symbol: Mapped[str]
    subject: Mapped[str]
    original: Mapped[str] = mapped_column(String(2))
    topics: Mapped[list[str]]
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    wants: Mapped[str]
    reply_by: Mapped[date | None]
    answers: Mapped[UUID | None] = mapped_column(ForeignKey(Output.id))
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=LiaisonState.RECEIVED)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    held_until: Mapped[date | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id), unique=True)
    reply_id: Mapped[UUID | None] = mapped_column(ForeignKey(Output.id))
    because: Mapped[str] = mapped_column(default="")
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class LiaisonFile(Base):
    """The text of a liaison in one language, as it arrived."""

    __tablename__ = "liaison_file"

    liaison_id: Mapped[UUID] = mapped_column(ForeignKey(Liaison.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]


class LiaisonReply(Base):
    """An output that an earlier version made the reply to a liaison, outside of what was adopted. It still counts; none
    is added: the addressee of an output names the liaison that it answers."""

    __tablename__ = "liaison_reply"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    liaison_id: Mapped[UUID] = mapped_column(ForeignKey(Liaison.id), index=True)
    chosen_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    chosen_at: Mapped[datetime]
