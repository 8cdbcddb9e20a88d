"""Tables of the floor: sittings, requests for the floor, changes of their order, and the chair's notes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingSession

DEFAULT_SPEAKING_LIMIT = 180
"""Seconds for a statement, unless the chair sets another limit."""


NO_CAPACITY = ""
"""Capacity of a request that the chair entered for a State, until its delegation requests the floor itself."""


class ListReason(StrEnum):
    """Reason of the chair for a change of the list, chosen from buttons; others are in the chair's own words."""

    NOT_GIVEN = "not-given"
    AT_REQUEST = "at-request"
    REGIONS = "balance-of-regions"


class ItemStep(StrEnum):
    """Step of the consideration of an agenda item, in their order."""

    INTRODUCTION = "introduction"
    DISCUSSION = "discussion"
    SUMMING_UP = "summing-up"
    CONCLUSION = "conclusion"


class FloorRequestKind(StrEnum):
    """Kind of request for the floor."""

    FLOOR = "floor"
    POINT_OF_ORDER = "point_of_order"
    RIGHT_OF_REPLY = "right_of_reply"


class FloorRequestStatus(StrEnum):
    """Status of a request for the floor. `interrupted` is a speaker who waits until a point of order ends."""

    WAITING = "waiting"
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class SittingValues(BaseModel):
    """What acts of the chair change of a sitting."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    item_id: UUID | None
    item_since: datetime | None
    list_closes_at: datetime | None
    limit_seconds: int | None
    step: str | None = None
    presented_id: UUID | None = None
    state_statements: int | None = None
    state_seconds: int | None = None
    item_seconds: dict[str, int] | None = None


class FloorRequestValues(BaseModel):
    """What acts of the chair change of a request for the floor."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    standing: str
    place: int
    limit_seconds: int | None
    given_at: datetime | None
    ended_at: datetime | None
    runs_since: datetime | None
    ran_seconds: float
    reason: str


class LastAct(BaseModel):
    """The last act with the chair's tools, and everything that it concerned or changed, as it was before.

    `event` is the name of its event, `what` its code if it has one, `request` the request that it concerned. It made
    `version` of the floor, left each request in the standing of `standings_after`, and was made when `last_number` was
    the number of the latest request.
    """

    model_config = ConfigDict(frozen=True)

    event: str
    what: str
    request: UUID | None
    at: datetime
    version: int
    last_number: int
    sitting: SittingValues
    requests: list[FloorRequestValues]
    standings_after: dict[UUID, str]


class Sitting(Base):
    """A session from its opening to its closing. At most one session of a meeting is open.

    `version` counts changes made with the chair's tools; who uses them names the version that they saw. `changes`
    counts all changes and is sent to listeners. The list of speakers is open while `list_closes_at` is None or in the
    future. `last_act` is the last act of the chair as JSON (`LastAct`), if it can be undone.

    Of the current item: its `step`, the document that the chair presents, and how often and for how many seconds each
    State may speak on it. `item_seconds` is the time that each item took before `item_since`.
    """

    __tablename__ = "sitting"
    __table_args__ = (
        Index("uq_sitting_open", "meeting_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("limit_seconds > 0", name="limit_is_some_time"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey(MeetingSession.id), primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), index=True)
    opened_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    opened_at: Mapped[datetime]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    closed_at: Mapped[datetime | None]
    item_id: Mapped[UUID | None]
    item_since: Mapped[datetime | None]
    list_closes_at: Mapped[datetime | None]
    limit_seconds: Mapped[int | None]
    step: Mapped[str | None]
    presented_id: Mapped[UUID | None]
    state_statements: Mapped[int | None]
    state_seconds: Mapped[int | None]
    item_seconds: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[int]
    changes: Mapped[int]
    last_act: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class FloorRequest(Entity):
    """A request of a delegation for the floor, and its outcome.

    `number` is the order of requesting, `place` the order of calling among requests of its kind. The clock has run for
    `ran_seconds`, and runs since `runs_since` unless that is None. `reason` is why the chair declined it.
    """

    __tablename__ = "floor_request"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        Index("uq_floor_request_speaking", "session_id", unique=True, postgresql_where=text("standing = 'speaking'")),
        Index(
            "uq_floor_request_waiting",
            "session_id",
            "entity",
            "kind",
            unique=True,
            postgresql_where=text("standing = 'waiting'"),
        ),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey(Sitting.session_id))
    entity: Mapped[str]
    on_behalf_of: Mapped[str] = mapped_column(default="")
    capacity: Mapped[str]
    kind: Mapped[str]
    standing: Mapped[str] = mapped_column(default=FloorRequestStatus.WAITING)
    item_id: Mapped[UUID | None]
    number: Mapped[int]
    place: Mapped[int]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    asked_at: Mapped[datetime]
    limit_seconds: Mapped[int | None]
    given_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    runs_since: Mapped[datetime | None]
    ran_seconds: Mapped[float] = mapped_column(default=0.0)
    reason: Mapped[str] = mapped_column(default="")


class FloorRequestMove(Entity):
    """A change of the order of the list by the chair, with a `ListReason` or the reason in the chair's words; without
    either, it undid the change before."""

    __tablename__ = "floor_move"

    request_id: Mapped[UUID] = mapped_column(ForeignKey(FloorRequest.id), index=True)
    was: Mapped[int]
    becomes: Mapped[int]
    reason: Mapped[str]
    moved_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    moved_at: Mapped[datetime]


class ChairNote(Base):
    """What the chair's side noted under an item of the agenda, for itself alone: it is not on record.

    `version` counts the saves; who saves names the version that they saw. An empty text is a note that was deleted.
    """

    __tablename__ = "chair_note"
    __table_args__ = ({"info": {UNRECORDED: "It is a private note; what becomes of it is recorded with the report."}},)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str]
    version: Mapped[int]
    written_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    written_at: Mapped[datetime]


class FloorPresence(Base):
    """When the page of the floor of a person was last connected; deleted when the session closes."""

    __tablename__ = "floor_presence"
    __table_args__ = ({"prefixes": ["UNLOGGED"], "info": {UNRECORDED: "It says for a minute who follows the floor."}},)

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    seen_at: Mapped[datetime]
