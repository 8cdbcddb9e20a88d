"""Table of uploads: what a person is sending, and how much of it has arrived."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.bodies.models import Body
from app.domain.identity.models import Person


class State(StrEnum):
    """Whether there is more to come."""

    OPEN = "open"
    WHOLE = "whole"


class Upload(Entity):
    """A file of `size` bytes, of which the first `received` are durable. It is gone once a form has taken it.

    `announced` is the digest that the sender promised, if any; `sha256` is what it is, once it is whole.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index(None, "body_id", "entity"),
        CheckConstraint("received BETWEEN 0 AND size", name="received_is_part_of_size"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    entity: Mapped[str]
    name: Mapped[str]
    size: Mapped[int]
    announced: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(default=State.OPEN)
    received: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    began_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
