"""Tables of bodies, accreditations and offices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.identity.models.tables import Person


class Capacity(StrEnum):
    """Role in which a person is accredited in a body: for a State or other admitted member; or, where a body is one of
    the staff of ITU, as a member of it, who acts for no entity and only reads."""

    DELEGATE = "delegate"
    HEAD_OF_DELEGATION = "head_of_delegation"
    FOCAL_POINT = "focal_point"
    STAFF_MEMBER = "staff_member"


class Office(StrEnum):
    """Office to which two secretaries appoint a person."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    SECRETARY = "secretary"
    GENERAL_SECRETARIAT = "general_secretariat"
    TSB = "tsb"
    BR = "br"
    BDT = "bdt"


REPRESENTATIVES = (Capacity.DELEGATE, Capacity.HEAD_OF_DELEGATION, Capacity.FOCAL_POINT)
"""The capacities in which a person acts for a State or other member."""
OFFICES_OF_A_BODY = (Office.CHAIR, Office.VICE_CHAIR, Office.SECRETARY)
UNIT_OFFICES = (Office.GENERAL_SECRETARIAT, Office.TSB, Office.BR, Office.BDT)
"""The staff offices, each of a unit of ITU, in the order in which units are shown."""


class PositionAudience(StrEnum):
    """Who sees the position of a State while its silence procedure runs: every delegation, or its own delegation, the
    chairs and the secretariat."""

    EVERY_DELEGATION = "every-delegation"
    OWN_DELEGATION = "own-delegation"


class StateAct(StrEnum):
    """What a State may leave to its head of delegation: positions on texts and decisions, withdrawals of its documents,
    and access of more readers to them."""

    POSITION = "positions"
    WITHDRAWAL = "withdrawals"
    WIDER_ACCESS = "wider_access"


class Body(Entity):
    """A group. Its names, legal basis, admission rule and working rules are data.

    `languages` are those in which every document is wanted besides the original one; empty if it works in one language.
    The `…_days` are counted back from the opening of a meeting: deadlines for contributions, for the posting of all
    documents, for proposals of agenda items, and for the registration of participants. A silence procedure runs for at
    least `silence_hours`; an extension is for at most `silence_extension_hours`. Procedures opened from now on show the
    positions of States to `positions_shown_to`, a `PositionAudience`; None is every delegation, as before it could be
    chosen. `largest_file` is in bytes.

    `admission_words` say whom it admits, by language, where that is more than `admits` tells. It exists from
    `begins_on` (None: before it was recorded) to `ends_on`, both included; then it is read, and nothing begins in it.
    A body of the staff of ITU admits them alone, from the beginning.
    `version` counts its changes; None if it was not changed since they are counted. `questions_required` is whether
    each contribution names a Question of the body; None is no, as before it could be set.
    """

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint(
            "NOT ('itu_staff' = ANY (admits)) OR admits = ARRAY['itu_staff']::varchar[]", name="staff_alone"
        ),
    )

    code: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str]
    names: Mapped[LocalizedText]
    legal_basis: Mapped[str]
    admits: Mapped[list[str]]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("portal.body.id"))
    deadline_days: Mapped[int]
    posting_days: Mapped[int]
    proposal_days: Mapped[int]
    registration_days: Mapped[int]
    largest_file: Mapped[int]
    silence_hours: Mapped[int] = mapped_column(default=72)
    silence_extension_hours: Mapped[int] = mapped_column(default=168)
    positions_shown_to: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(default=list)
    admission_words: Mapped[LocalizedText | None] = mapped_column(JSONB(none_as_null=True))
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    version: Mapped[int | None]
    questions_required: Mapped[bool | None]

    def has_ended(self, today: date) -> bool:
        """Return whether its last day is past."""
        return self.ends_on is not None and self.ends_on < today


class Accreditation(Entity):
    """The right of a person to act for an entity in a body, from one day to another, unless it is ended earlier."""

    __tablename__ = "accreditation"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        Index(None, "person_id", "body_id"),
        Index(None, "body_id", "entity"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    entity: Mapped[str]
    capacity: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    granted_at: Mapped[datetime]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]


class AccreditationRequest(Entity):
    """A person without a seat in a body asks to act for their entity in it: its focal points answer, or the secretariat
    where it has none.

    Once answered, it has an accreditation, or the reason why it was declined.
    """

    __tablename__ = "accreditation_request"
    __table_args__ = (
        Index(
            "uq_accreditation_request_open",
            "person_id",
            "body_id",
            "entity",
            unique=True,
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(None, "body_id", "entity"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    entity: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    accreditation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Accreditation.id))
    declined_because: Mapped[str | None]


class Appointment(Entity):
    """An office of a person, in force once a second secretary confirms it. `body_id` is None for staff offices.

    `entity` is the State or the unit of ITU that the person belonged to when it was proposed: the office counts while
    their token names that one.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="confirmed_by_another"),
        CheckConstraint("(body_id IS NULL) = (office NOT IN ('chair', 'vice_chair', 'secretary'))", name="place"),
        Index(None, "person_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey(Body.id), index=True)
    office: Mapped[str]
    entity: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]


class StateDecision(Base):
    """A State's choice for one body: the acts that only its head of delegation does, each a `StateAct`."""

    __tablename__ = "state_decision"

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    by_head: Mapped[list[str]]
    set_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    set_at: Mapped[datetime]
