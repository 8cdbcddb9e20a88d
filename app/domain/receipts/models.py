"""Table of receipts. A receipt is never changed and never removed, whatever becomes of what it is about."""

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.identity.models import Person


class Kind(StrEnum):
    """What a receipt is of."""

    DEPOSIT = "deposit"
    REGISTRATION = "registration"
    ADOPTION = "adoption"
    POSITION = "position"
    RELEASE = "release"


class Receipt(Entity):
    """The statement as it was signed, in its canonical form, and the signature (base64) with its public key.

    `subject` is what it is about and `version` the one that was handed in: asked again, the same receipt is given.
    It is no foreign key: a receipt outlives a contribution that was returned and then thrown away. Nobody is named
    where the house acted: adoption by silence, release.
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
        """The SHA-256 of the statement; the journal's line of the same act names it."""
        return hashlib.sha256(self.statement.encode()).hexdigest()
