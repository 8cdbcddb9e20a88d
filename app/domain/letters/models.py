"""Tables of letters, and of what people do not want."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.core.journal import JournalLine
from app.domain.identity.models import Person


class Kind(StrEnum):
    """What a letter is about; each person stops one kind or another."""

    SILENCE_OPENED = "silence-opened"
    SILENCE_REMINDER = "silence-reminder"
    SILENCE_MOVED = "silence-moved"
    SILENCE_ENDED = "silence-ended"
    RELEASE = "release"
    DEADLINE = "deadline"
    CONTRIBUTION = "contribution"


class Fate(StrEnum):
    """What became of a letter. All but the first are an end."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDLESS = "needless"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESTORED = "restored"


class Letter(Entity):
    """One mail to one person about one line of the journal. It holds no address and no words: who has what right, and
    how things stand, is asked when it leaves. `tries` counts attempts; `due_at` is when the next one is made.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("line", "kind", "person_id"),
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index("ix_letter_due", "due_at", postgresql_where=text("fate = 'waiting'")),
        Index(None, "person_id", "written_at"),
    )

    line: Mapped[int] = mapped_column(BigInteger, ForeignKey(JournalLine.seq))
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=Fate.WAITING)
    ended_at: Mapped[datetime | None]


class StoppedKind(Base):
    """A person gets no letters of this kind. Without a row they do."""

    __tablename__ = "stopped_kind"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime]
