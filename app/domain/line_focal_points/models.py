"""Table of the focal points of action lines."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import ActionLine

FOCAL_POINT_OF_LINE = "focal_point_of_line"


class LineFocalPoint(Entity):
    """A person of a unit of ITU who answers for an action line, once a second secretary confirms it.

    It is no seat: it gives no right and is in no table that rights are read from. `unit` is the office that the person
    held in that unit when it was proposed; it counts while they hold that office.
    """

    __tablename__ = "line_focal_point"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="confirmed_by_another"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> person_id", name="not_confirmed_by_itself"),
        CheckConstraint("num_nulls(ended_by, ended_at, ended_because) IN (0, 3)", name="end_is_whole"),
        Index(None, "action_line"),
        Index(None, "person_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    action_line: Mapped[str] = mapped_column(ForeignKey(ActionLine.code))
    unit: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
