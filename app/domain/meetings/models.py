"""Tables of meetings and their sessions."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity, LocalizedText
from app.domain.bodies.models import Body, Office


class MeetingLife(StrEnum):
    """The life-cycle state of a meeting."""

    PLANNED = "planned"
    CONVENED = "convened"
    OPEN = "open"
    IN_SESSION = "in_session"
    CLOSED = "closed"
    CANCELLED = "cancelled"


def _default_deputies() -> list[str]:
    return [Office.VICE_CHAIR, Office.SECRETARY]


class Meeting(Entity):
    """A meeting of a body. A deadline (`…_due_at`) is the last second of a day of the meeting's time zone, in UTC.

    `agenda_version` counts the changes of the agenda's draft; saving names the version that was edited. `deputies` are
    the offices that may use the chair's tools. `practical` is practical information by language. `life_before_session`
    is kept from the beginning to the first act, so that beginning can be undone, with the first day that was planned.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("body_id", "number"),
        CheckConstraint("closes_on >= opens_on", name="closes_after_it_opens"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    number: Mapped[int]
    place: Mapped[LocalizedText]
    zone: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    contributions_due_at: Mapped[datetime]
    posting_due_at: Mapped[datetime]
    proposals_due_at: Mapped[datetime]
    registration_due_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    agenda_version: Mapped[int] = mapped_column(default=0)
    numbering: Mapped[str] = mapped_column(default="decimal")
    life: Mapped[str] = mapped_column(default=MeetingLife.OPEN)
    cancelled_because: Mapped[str | None]
    remote_link: Mapped[str] = mapped_column(default="")
    practical: Mapped[LocalizedText] = mapped_column(default=dict)
    deputies: Mapped[list[str]] = mapped_column(default=_default_deputies)
    life_before_session: Mapped[str | None]
    first_day_before_session: Mapped[date | None]


class MeetingSession(Entity):
    """A session of a meeting, usually half a day, from one instant to another."""

    __tablename__ = "meeting_session"
    __table_args__ = (
        UniqueConstraint("meeting_id", "starts_at", deferrable=True, initially="DEFERRED"),  # they move together
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cancelled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
