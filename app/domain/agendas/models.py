"""Tables of agendas. The draft is the chair's; everybody else sees releases, which are copies that never change."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import CitedCodes
from app.domain.meetings.models import Meeting, MeetingSession


class AgendaItemKind(StrEnum):
    """Kind of business under an item."""

    OPENING = "opening"
    ADOPTION = "adoption"
    DECISION = "decision"
    DISCUSSION = "discussion"
    INFORMATION = "information"
    OTHER_BUSINESS = "other_business"


class ItemProposalState(StrEnum):
    """State of an item that a delegation proposed."""

    PROPOSED = "proposed"
    TAKEN_UP = "taken_up"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class AgendaItem(Entity):
    """An item of the draft, at `position` (from 0) among the items under the same parent.

    `minutes` is its time budget without that of its sub-items, `session_id` the session it is planned for; a sub-item
    without a session is taken up in that of its parent. `mandates` and `action_lines` are the codes that it cites.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint(
            "meeting_id",
            "parent_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("portal.agenda_item.id", deferrable=True, initially="DEFERRED")
    )
    position: Mapped[int]
    titles: Mapped[LocalizedText]
    kind: Mapped[str] = mapped_column(default=AgendaItemKind.DISCUSSION)
    minutes: Mapped[int | None]
    responsible: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    restricted: Mapped[bool] = mapped_column(default=False)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey(MeetingSession.id))
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True, default=list)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True, default=list)


class DraftAllocation(Base):
    """A document under an item of the draft, at `position` (from 0). A document is under one item at most.

    Documents of one item with the same number in `together` are discussed jointly.
    """

    __tablename__ = "allocation"

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(AgendaItem.id, deferrable=True, initially="DEFERRED"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    together: Mapped[int | None]


class AgendaChange(Base):
    """A change of the draft, by its version, with the draft as it was before: the state that undo restores."""

    __tablename__ = "agenda_change"

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    item_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    undone: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    changed_at: Mapped[datetime]


class AgendaRelease(Entity):
    """A numbered release of the agenda for everybody. Its items are copies and do not follow the draft.

    `released_by` is None for releases that a migration made from agendas older than the release feature.
    """

    __tablename__ = "agenda_release"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number"),
        Index("uq_agenda_release_current", "meeting_id", unique=True, postgresql_where=text("is_current")),
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    number: Mapped[int]
    note: Mapped[str]
    draft_version: Mapped[int]
    is_current: Mapped[bool]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    released_at: Mapped[datetime]
    adopted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    adopted_at: Mapped[datetime | None]


class ReleasedAgendaItem(Base):
    """An item in a release. `place` is its place from the top (from 1), `label` its number in the meeting's style."""

    __tablename__ = "released_item"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(AgendaRelease.id), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int]
    depth: Mapped[int]
    label: Mapped[str]
    parent_id: Mapped[UUID | None]
    titles: Mapped[LocalizedText]
    kind: Mapped[str]
    minutes: Mapped[int | None]
    responsible: Mapped[str]
    notes: Mapped[str]
    restricted: Mapped[bool]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey(MeetingSession.id))
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)


class ReleasedAllocation(Base):
    """A document under an item in a release."""

    __tablename__ = "released_allocation"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(AgendaRelease.id), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True, index=True)
    item_id: Mapped[UUID]
    position: Mapped[int]
    together: Mapped[int | None]


class ItemProposal(Entity):
    """An item that a delegation proposes for the agenda. The chair takes it up or answers."""

    __tablename__ = "item_proposal"

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), index=True)
    entity: Mapped[str]
    title: Mapped[str]
    lang: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default=ItemProposalState.PROPOSED)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    item_id: Mapped[UUID | None]
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime | None]
