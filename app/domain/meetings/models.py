"""Tables of meetings, agenda items and the documents under them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, Titles
from app.domain.bodies.models import Body
from app.domain.documents.models import Document


class Meeting(Entity):
    """A meeting of a body. `contributions_due_at` is the last second of the deadline, in UTC.

    `agenda_version` counts the changes of the agenda; whoever saves says on which one they worked.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("body_id", "number"),
        CheckConstraint("closes_on >= opens_on", name="closes_after_it_opens"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    number: Mapped[int]
    place: Mapped[Titles]
    zone: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    contributions_due_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    agenda_version: Mapped[int] = mapped_column(default=0)


class AgendaItem(Entity):
    """A point on the agenda; `position` orders them and is their number."""

    __tablename__ = "agenda_item"
    __table_args__ = (UniqueConstraint("meeting_id", "position", deferrable=True, initially="DEFERRED"),)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    position: Mapped[int]
    titles: Mapped[Titles]


class Allocation(Base):
    """A document stands under an agenda item. It stands under one at most."""

    __tablename__ = "allocation"

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(AgendaItem.id), index=True)
