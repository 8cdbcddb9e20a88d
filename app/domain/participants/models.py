"""The table of participants."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting

ITU_ENTITY = "ITU"
"""Entity of the participants of the secretariat."""


class ParticipantCapacity(StrEnum):
    """The capacity in which a person takes part, in the order of the list of participants."""

    HEAD_OF_DELEGATION = "head_of_delegation"
    DEPUTY = "deputy"
    DELEGATE = "delegate"
    ADVISER = "adviser"
    OBSERVER = "observer"
    SECRETARIAT = "secretariat"


class ParticipationMode(StrEnum):
    """How a participant takes part."""

    ON_SITE = "on_site"
    REMOTE = "remote"


class Participant(Entity):
    """A person registered for a meeting. This gives no rights; accreditations do.

    `entity` is the code of the State or other member; empty for observers, whose organization is `entity_name`.
    `person_id` is None for a person who is not known to the portal. `attended` is None until attendance is noted; when
    and by whom that was is None if it was noted before these were kept. `badge_made_at` is when a badge with what is
    registered now was last put on a sheet.
    """

    __tablename__ = "participant"
    __table_args__ = (
        Index(
            "uq_participant_head",
            "meeting_id",
            "entity",
            unique=True,
            postgresql_where=text("capacity = 'head_of_delegation' AND cancelled_at IS NULL"),
        ),
        Index(
            "uq_participant_person",
            "meeting_id",
            "person_id",
            unique=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    entity: Mapped[str]
    entity_name: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    name: Mapped[str]
    function: Mapped[str]
    capacity: Mapped[str]
    mode: Mapped[str]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    registered_at: Mapped[datetime]
    cancelled_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    cancelled_at: Mapped[datetime | None]
    attended: Mapped[bool | None]
    attendance_noted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    attendance_noted_at: Mapped[datetime | None]
    badge_made_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def wears_badge(self) -> bool:
        """Whether the participant comes to the place of the meeting, and so needs a badge."""
        return self.mode == ParticipationMode.ON_SITE
