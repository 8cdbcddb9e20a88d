"""Tables of notifications, and of the categories that people have stopped."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person


class NotificationCategory(StrEnum):
    """Categories of notifications, which people can stop one by one."""

    SILENCE_OPENED = "silence-opened"
    SILENCE_REMINDER = "silence-reminder"
    SILENCE_MOVED = "silence-moved"
    SILENCE_ENDED = "silence-ended"
    RELEASE = "release"
    DEADLINE = "deadline"
    CONTRIBUTION = "contribution"
    STATE_ANSWER = "state-answer"


class DeliveryStatus(StrEnum):
    """Delivery status of a notification. All but WAITING are final."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDLESS = "needless"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESTORED = "restored"


class EmailNotification(Entity):
    """One e-mail to one person about one journal line. It stores no address and no text: rights and the current state
    are checked when it is sent. `tries` counts attempts; `due_at` is the time of the next one.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("line", "kind", "person_id"),
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index("ix_letter_due", "due_at", postgresql_where=text("fate = 'waiting'")),
        Index(None, "person_id", "written_at"),
        {"info": {UNRECORDED: "What it tells of is recorded; whether it arrives is not up to the portal."}},
    )

    line: Mapped[int] = mapped_column(BigInteger, ForeignKey(JournalLine.seq))
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=DeliveryStatus.WAITING)
    ended_at: Mapped[datetime | None]


class StoppedCategory(Base):
    """A notification category that a person has stopped. Without a row they get it."""

    __tablename__ = "stopped_kind"
    __table_args__ = (
        {"info": {UNRECORDED: "It decides which e-mails a person gets, and nothing that is on the record."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime]
