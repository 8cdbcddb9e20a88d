"""Table of uploads: files that people are sending, and the received length."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Entity
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person


class UploadState(StrEnum):
    """State of an upload: incomplete or complete."""

    OPEN = "open"
    WHOLE = "whole"


class Upload(Entity):
    """An upload of `size` bytes, of which the first `received` are durable. Deleted once a form has used the file.

    `announced` is the digest given by the sender, if any; `sha256` is the actual one, once the file is complete.
    `pieces` are the objects that hold the received part, where uploads are in a bucket.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index(None, "body_id", "entity"),
        CheckConstraint("received BETWEEN 0 AND size", name="received_is_part_of_size"),
        {"info": {UNRECORDED: "Parts of a file that is not handed in yet; the file that is handed in is recorded."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    entity: Mapped[str]
    name: Mapped[str]
    size: Mapped[int]
    announced: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(default=UploadState.OPEN)
    received: Mapped[int] = mapped_column(default=0)
    pieces: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    sha256: Mapped[str | None] = mapped_column(String(64))
    began_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
