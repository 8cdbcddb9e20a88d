"""Table of receipts. A receipt is never changed or deleted, whatever happens to its subject."""

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.identity.models.tables import Person


class ReceiptKind(StrEnum):
    """Kind of a receipt."""

    DEPOSIT = "deposit"
    CONFIRMATION = "confirmation"
    REGISTRATION = "registration"
    ADOPTION = "adoption"
    POSITION = "position"
    RELEASE = "release"


class Receipt(Entity):
    """The canonical statement as it was signed, the signature (base64) and the public key.

    `subject` is what the receipt is about, and `version` its version at the time: a repeated request gives the same
    receipt. It is no foreign key, since a receipt outlives a contribution that was returned and deleted. `person_id` is
    empty if the portal acted: adoption by silence, release.
    """

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("subject", "kind", "version"),)

    subject: Mapped[UUID]
    kind: Mapped[str]
    version: Mapped[int]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]

    @property
    def digest(self) -> str:
        """The SHA-256 of the statement, which the journal entry of the act names."""
        return hashlib.sha256(self.statement.encode()).hexdigest()
