"""Tables of invitations to a role, and of the e-mails that inform the people invited."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.bodies.models import Accreditation, Body
from app.domain.identity.models.tables import Person


class PersonInvitation(Entity):
    """A role in a body, for the person who first signs in with an e-mail address and for an entity.

    The address is not stored: `mail_digest` is its digest. `name` is the name by which the inviting person knows the
    other one; it decides nothing. Once accepted, an invitation has an accreditation.
    """

    __tablename__ = "person_invitation"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        CheckConstraint("(accepted_at IS NULL) = (accreditation_id IS NULL)", name="accepted"),
        CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),
        Index(
            "uq_person_invitation_open",
            "body_id",
            "entity",
            "mail_digest",
            "capacity",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index(None, "mail_digest"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    entity: Mapped[str]
    capacity: Mapped[str]
    name: Mapped[str]
    mail_digest: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    invited_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accreditation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Accreditation.id))
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    withdrawn_at: Mapped[datetime | None]


class InvitationEmailStatus(StrEnum):
    """What became of the e-mail about an invitation. All but WAITING are final."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDLESS = "needless"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESTORED = "restored"


class InvitationEmail(Base):
    """The e-mail that informs a person of an invitation. `address` is kept until the e-mail was sent or given up, and
    is then removed. `tries` counts attempts; `due_at` is the time of the next one."""

    __tablename__ = "invitation_email"
    __table_args__ = (
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(fate = 'waiting') = (address IS NOT NULL)", name="address"),
        Index("ix_invitation_email_due", "due_at", postgresql_where=text("fate = 'waiting'")),
        {"info": {UNRECORDED: "The invitation is recorded; whether its e-mail arrives is not up to the portal."}},
    )

    invitation_id: Mapped[UUID] = mapped_column(ForeignKey(PersonInvitation.id), primary_key=True)
    address: Mapped[str | None]
    lang: Mapped[str]
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=InvitationEmailStatus.WAITING)
    ended_at: Mapped[datetime | None]
