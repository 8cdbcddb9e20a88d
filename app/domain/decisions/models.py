"""Tables of decisions, the positions of States on them, and action points."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingSession


class DecisionMethod(StrEnum):
    """Way in which the meeting reached a decision."""

    CONSENSUS = "consensus"
    NO_OBJECTION = "no_objection"
    OBJECTIONS = "objections"


class DecisionStance(StrEnum):
    """Kind of position that a State puts on record with a decision."""

    OBJECTION = "objection"
    RESERVATION = "reservation"
    STATEMENT = "statement"


class ActionPointProgress(StrEnum):
    """Status of an action point."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class ActionPointOwner(StrEnum):
    """Owner of an action point that is not a State: who has to see that it is done."""

    SECRETARIAT = "secretariat"
    CHAIR = "chair"


class Decision(Entity):
    """A decision, recorded when the meeting took it, under an item of the released agenda.

    `number` counts the decisions of the meeting in their order.
    """

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey(MeetingSession.id))
    item_id: Mapped[UUID | None]
    number: Mapped[int]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    how: Mapped[str] = mapped_column(default=DecisionMethod.CONSENSUS)
    taken_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    taken_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class DecisionTextBeforeCorrection(Base):
    """The text of a decision before a correction, by the version that the decision then had."""

    __tablename__ = "decision_correction"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    how: Mapped[str]
    corrected_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    corrected_at: Mapped[datetime]


class DecisionDocument(Base):
    """A document that a decision names, from version `added_in` of the decision on; `removed_in` is the version that
    names it no longer, None while it is named."""

    __tablename__ = "decision_document"
    __table_args__ = (CheckConstraint("removed_in > added_in", name="removed_after_it_was_added"),)

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True, index=True)
    added_in: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    removed_in: Mapped[int | None]


class DecisionPosition(Entity):
    """The position of a State on a decision: in its `own` words and language, or as the chair noted it."""

    __tablename__ = "position"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), index=True)
    entity: Mapped[str]
    stance: Mapped[str]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    own: Mapped[bool] = mapped_column(default=True)
    put_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    put_at: Mapped[datetime]


class ActionPoint(Entity):
    """A task that follows from a decision: by whom, until when. Open ones are shown again at the next meeting.

    `owner` is the code of a State, an `ActionPointOwner`, or free text. If one person is responsible, `owner_person` is
    that person and `owner` the member for which they act.
    """

    __tablename__ = "action_point"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), index=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey("portal.body.id"), index=True)
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    owner: Mapped[str]
    owner_person: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    due_on: Mapped[date | None]
    progress: Mapped[str] = mapped_column(default=ActionPointProgress.OPEN)
    note: Mapped[str] = mapped_column(default="")
    changed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
