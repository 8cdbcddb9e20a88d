"""Table of the addressees of outputs."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.domain.bodies.models import Body
from app.domain.organizations.models import Organization


class RequestedAct(StrEnum):
    """What a liaison asks of the party that it is addressed to."""

    ACTION = "action"
    COMMENT = "comment"
    INFORMATION = "information"
    REPLY = "reply"


class OutputAddressee(Base):
    """To whom an output is addressed: an organization, a body, or neither; then in words alone.

    `words` is the name as the body adopts it, in the original language of the output, also of a party whose name
    changes later. `in_reply_to` is the liaison of that party that the output answers.
    """

    __tablename__ = "output_addressee"
    __table_args__ = (
        CheckConstraint("num_nonnulls(organization, body_id) <= 1", name="has_one_party_at_most"),
        CheckConstraint("words <> ''", name="has_words"),
    )

    output_id: Mapped[UUID] = mapped_column(ForeignKey("portal.output.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organization: Mapped[str | None] = mapped_column(ForeignKey(Organization.code), index=True)
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey(Body.id), index=True)
    words: Mapped[str]
    wants: Mapped[str]
    reply_by: Mapped[date | None]
    in_reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("portal.liaison.id"), index=True)
