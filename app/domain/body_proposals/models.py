"""Table of proposals about bodies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person


class BodyProposalKind(StrEnum):
    """What a proposal is for: a new body with its first secretary, the first secretary of a body that has none, a
    change of a body, or its end."""

    NEW = "new"
    FIRST_SECRETARY = "first-secretary"
    CHANGE = "change"
    END = "end"


class BodyProposal(Entity):
    """One secretary proposes something about a body; it takes effect once another one confirms it.

    `content` is what was entered for a new body (`NewBody`), or what a body becomes (`ChangedBody`); `content_before`
    is what that body was when it was proposed. `body_id` is None until a new body is made. `person_id` is the first
    secretary, whose office lasts until `until_on`; for the end of a body, that is its last day. `because` is the reason
    of a change or an end. A proposal that was declined, or withdrawn by its proposer, has the reason.
    """

    __tablename__ = "body_proposal"
    __table_args__ = (
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by OR declined_because IS NOT NULL",
            name="confirmed_by_another",
        ),
        CheckConstraint(
            "declined_because IS NOT NULL OR decided_by IS NULL OR decided_by IS DISTINCT FROM person_id",
            name="not_by_its_secretary",
        ),
        CheckConstraint("(kind IN ('new', 'change')) = (content IS NOT NULL)", name="content"),
        CheckConstraint("(kind = 'change') = (content_before IS NOT NULL)", name="before"),
        CheckConstraint("(kind IN ('end', 'change')) = (person_id IS NULL)", name="secretary"),
        CheckConstraint("(kind = 'change') = (until_on IS NULL)", name="last_day"),
        Index("uq_body_proposal_open", "body_id", unique=True, postgresql_where=text("decided_at IS NULL")),
    )

    kind: Mapped[str]
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey(Body.id))
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    content_before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    until_on: Mapped[date | None]
    because: Mapped[str | None]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    decided_at: Mapped[datetime | None]
    declined_because: Mapped[str | None]
