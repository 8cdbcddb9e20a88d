"""Table of liaison statements that arrived by machine."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.domain.liaisons.models import Liaison
from app.domain.organizations.models import Organization


class IncomingTransmission(Base):
    """A signed liaison statement as an organization sent it, and the acknowledgment that it got, both as canonical
    text with signature and public key in base64. `id` is that of the sender; `sha256` is of the statement.

    It never changes: the same statement sent again gets the same acknowledgment.
    """

    __tablename__ = "incoming_transmission"

    organization: Mapped[str] = mapped_column(ForeignKey(Organization.code), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    liaison_id: Mapped[UUID] = mapped_column(ForeignKey(Liaison.id), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]
    received_at: Mapped[datetime]
    acknowledgment: Mapped[str]
    acknowledgment_signature: Mapped[str]
    acknowledgment_key: Mapped[str]
